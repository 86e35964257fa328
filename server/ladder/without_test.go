package ladder

import (
	"strings"
	"testing"
)

// What is said of a picture without a rung is what would help there: smaller pictures that are turned on make none of a small source, nor on a
// machine that is too slow.
func TestWhyThereIsNoRung(t *testing.T) {
	named, err := ParseSpec("720p,360p")
	if err != nil {
		t.Fatal(err)
	}
	large, small := Picture{1280, 720, 30}, Picture{320, 180, 30}
	fast, slow := way{capacity: 1e9}, way{capacity: 1}
	for what, c := range map[string]struct {
		ladder  *Ladder
		own     Spec
		picture Picture
		says    string // "": nothing stands against it
	}{
		"no ffmpeg":                        {ladder: &Ladder{}, picture: large, says: "install ffmpeg"},
		"a fast machine":                   {ladder: &Ladder{tool: "ffmpeg", best: fast}, picture: large},
		"a slow machine":                   {ladder: &Ladder{tool: "ffmpeg", best: slow}, picture: large, says: "such as 240p"},
		"a slow machine, and rungs named":  {ladder: &Ladder{tool: "ffmpeg", best: slow}, own: named, picture: large},
		"a small picture":                  {ladder: &Ladder{tool: "ffmpeg", best: fast}, picture: Picture{128, 72, 30}, says: "as small as yours (72 lines)"},
		"named are larger than the source": {ladder: &Ladder{tool: "ffmpeg", best: fast}, own: named, picture: small, says: "(180 lines): have a smaller one named"},
	} {
		got := c.ladder.Without(c.own, c.picture)
		if (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, want %q", what, got, c.says)
		}
		if n := c.ladder.Rungs(c.own, c.picture, RungsMax); (n > 0) != (got == "") {
			t.Errorf("%s: %d rungs would be made, and it is said %q", what, n, got)
		}
	}
}
