package ladder

import (
	"fmt"
	"strings"
	"testing"
)

func TestSpecs(t *testing.T) {
	for text, want := range map[string]string{
		"auto":                "[]",
		"720p":                "[{720 2500}]",
		"360p@600, 720p":      "[{720 2500} {360 600}]",
		"96p,100p@50":         "[{100 50} {96 80}]",
		"2160p@20000,1440p":   "[{2160 20000} {1440 7000}]",
		"540p":                "[{540 1406}]",
		"720p,480p,360p,240p": "[{720 2500} {480 1200} {360 700} {240 350}]",
	} {
		s, err := ParseSpec(text)
		if got := fmt.Sprint(s.rungs); err != nil || got != want || s.Off() {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"720":                      "a rung is a height",
		"p":                        "a rung is a height",
		"720p,":                    "a rung is a height",
		"720p@fast":                "a rung is a height",
		"95p":                      "a height is 96 to 4320",
		"4321p":                    "a height is 96 to 4320",
		"720p@49":                  "a rate is 50 to 50000",
		"720p,720p@600":            "720p is there twice",
		"720p,480p,360p,240p,144p": "5 rungs are more than 4",
		"on":                       "a rung is a height",
	} {
		if _, err := ParseSpec(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "off"} {
		if s, err := ParseSpec(text); err != nil || !s.Off() || len(s.sizes(Picture{Width: 1920, Height: 1080})) != 0 {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

func TestSizesOfASource(t *testing.T) {
	for _, c := range []struct {
		spec    string
		picture Picture
		want    string
	}{
		{"auto", Picture{1920, 1080, 30}, "1280x720 at 2500 kbit/s, 640x360 at 700 kbit/s"},
		{"auto", Picture{1280, 720, 60}, "854x480 at 1200 kbit/s, 426x240 at 350 kbit/s"},
		{"auto", Picture{3840, 2160, 30}, "2560x1440 at 7000 kbit/s, 1280x720 at 2500 kbit/s"},
		{"auto", Picture{720, 1280, 30}, "480x854 at 1200 kbit/s, 240x426 at 350 kbit/s"},
		{"auto", Picture{640, 360, 30}, "426x240 at 350 kbit/s"},
		{"auto", Picture{176, 144, 15}, ""},
		{"auto", Picture{}, ""},
		{"720p,360p", Picture{1280, 720, 30}, "640x360 at 700 kbit/s"},
		{"720p,360p", Picture{640, 360, 30}, ""},
		{"2160p", Picture{1920, 1080, 30}, ""},
	} {
		s, err := ParseSpec(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := words(s.sizes(c.picture)); got != c.want {
			t.Errorf("%s of %+v: %s; want %s", c.spec, c.picture, got, c.want)
		}
	}
}

// What the machine cannot do is not begun, and what others take is not given twice; but an operator is believed.
func TestCapacityIsShared(t *testing.T) {
	p := Picture{1280, 720, 30}
	all := Spec{}.sizes(p)
	l := &Ladder{tool: "ffmpeg", best: way{capacity: cost(p, all) * 8 / 5}}
	for i, want := range []int{2, 1, 0} {
		if got := l.Rungs(Spec{}, p, RungsMax); got != want {
			t.Fatalf("broadcast %d gets %d rungs, want %d", i, got, want)
		}
		l.take(cost(p, all[len(all)-want:]))
	}
	l.take(-cost(p, all))
	own, err := ParseSpec("360p")
	if got := l.Rungs(own, p, RungsMax); err != nil || got != 1 {
		t.Errorf("%d rungs of a channel that has one of its own, %v", got, err)
	}
	if got := l.Rungs(Spec{}, p, 1); got != 1 {
		t.Errorf("room for one: %d", got)
	}
	auto, err := ParseSpec("auto")
	if err != nil {
		t.Fatal(err)
	}
	named, err := ParseSpec("480p,360p,240p")
	if err != nil {
		t.Fatal(err)
	}
	l.config.Spec, l.best.capacity = named, 0
	if got := l.Rungs(Spec{}, p, RungsMax); got != 3 {
		t.Errorf("the operator's rungs: %d", got)
	}
	l.best.capacity = cost(p, all) * 8 / 5
	if got := l.Rungs(auto, p, RungsMax); got != 2 {
		t.Errorf("of a channel that leaves it to the machine: %d", got)
	}
}
