package pack

import (
	"slices"
	"testing"
	"time"

	"shoal/server/pack/subtitle"
)

func TestFileTextsFollowEachOther(t *testing.T) {
	const s = time.Second
	got := FileTexts([]subtitle.Cue{
		{Start: 4 * s, End: 6 * s, Text: "<i>late</i> &amp; last"}, {Start: s, End: 3 * s, Text: "one"}, {Start: 2 * s, End: 3 * s, Text: "two"},
	})
	want := []FileText{{0, s, ""}, {s, 2 * s, "one"}, {2 * s, 3 * s, "one\ntwo"}, {3 * s, 4 * s, ""}, {4 * s, 6 * s, "late & last"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := FileTexts(nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func FuzzFileTexts(f *testing.F) {
	f.Add([]byte("WEBVTT\n\n00:01.000 --> 00:03.000\n<b>a</b>\n\n00:02.000 --> 00:05.000\nb &lt; c\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cues, err := subtitle.Parse(b)
		if err != nil {
			return
		}
		at := time.Duration(0)
		texts := FileTexts(cues)
		for _, x := range texts {
			if x.From != at || x.To <= x.From {
				t.Fatalf("%+v follows %v", x, at)
			}
			at = x.To
		}
		if len(texts) == 0 {
			return
		}
		init := slices.Concat(box("ftyp", nil), box("moov", box("mvex", nil)))
		if out, err := WithTexts(init, []FileTrack{{"en", texts}}); err != nil || boxIn(boxIn(out, "moov", 0), "trak", 0) == nil || boxIn(out, "mdat", 0) == nil {
			t.Fatal(err)
		}
	})
}
