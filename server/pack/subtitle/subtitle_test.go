package subtitle

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

const sample = "\ufeffWEBVTT - of the tide\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE for nobody\r\n\r\nfirst\r\n00:01.000 --> 00:00:03.500 line:0   align:left\r\n<i>The tide</i>\r\ncomes in\r\n\r\n" +
	"01:00:00.000 --> 01:00:01.000\nand out\n02:00:00.000 --> 02:00:01.000\n\n"

func TestParse(t *testing.T) {
	cues, err := Parse([]byte(sample))
	want := []Cue{
		{time.Second, 3500 * time.Millisecond, "line:0 align:left", "<i>The tide</i>\ncomes in"},
		{time.Hour, time.Hour + time.Second, "", "and out"},
	}
	if err != nil || !slices.Equal(cues, want) {
		t.Errorf("%+v, %v", cues, err)
	}
	if cues, err := Parse([]byte("00:00.000 --> 00:02.000\nWithout a head")); err != nil || len(cues) != 1 {
		t.Errorf("%+v, %v", cues, err)
	}
	if cues, err := Parse([]byte("WEBVTT\n")); err != nil || len(cues) != 0 {
		t.Errorf("%+v, %v", cues, err)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"Hello":                                "neither WEBVTT",
		"WEBVTT\n\n0:01 --> 00:02.000\nx":      "line 3: times are written",
		"WEBVTT\n\n00:03.000 --> 00:02.000\nx": "line 3: it ends before",
		"WEBVTT\n\n00:61.000 --> 01:02.000\nx": "line 3: times",
		"WEBVTT\n\n00:01.000 --> 00:02.000\n" + strings.Repeat("x", TextMax+1): "line 4: a text of 1025",
		"WEBVTT\n\n999:00:00.000 --> 999:00:02.000\nx":                         "line 3: times",
		"WEBVTT\xff": "UTF-8",
		"WEBVTT\n\n" + strings.Repeat("x", FileMax):                              "bytes, the most",
		"WEBVTT\n" + strings.Repeat("\n00:01.000 --> 00:02.000\nx\n", CuesMax+1): "more than",
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestSegmentsHoldWhatIsShownInThem(t *testing.T) {
	cues := []Cue{{time.Second, 3 * time.Second, "", "one"}, {5 * time.Second, 6 * time.Second, "line:0", "two"}, {-time.Second, 30 * time.Hour, "", "all day"}}
	want := "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:02.000\n\n1000-7a6c86f1\n00:00:01.000 --> 00:00:03.000\none\n\n-1000-298a92fe\n00:00:00.000 --> 30:00:00.000\nall day\n"
	if got := string(Segment(cues, 2*time.Second, 4*time.Second)); got != want {
		t.Errorf("%s", got)
	}
	late := string(Segment(cues, 27*time.Hour, 27*time.Hour+2*time.Second)) // 2^33 ticks are 26.5 hours
	if !strings.HasPrefix(late, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:158065408,LOCAL:27:00:00.000\n") {
		t.Errorf("%s", late)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{sample, "WEBVTT", "00:00.000 --> 00:02.000 align:left\nx", "WEBVTT\n\n00:00.000-->00:02.000\n-->\n", "00:00.000 --> 00:01.000 -->\n0"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cues, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(File(cues))
		if err != nil || !slices.Equal(again, cues) {
			t.Fatalf("%q is read as %+v, and written and read as %+v, %v", b, cues, again, err)
		}
		for _, c := range cues {
			if strings.Contains(c.Text, "\n\n") || strings.Contains(c.Text, arrow) || strings.Contains(c.Settings, arrow) || strings.Contains(c.Settings, "\n") {
				t.Fatalf("%+v would not be one cue", c)
			}
		}
	})
}
