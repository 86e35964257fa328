package origin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shoal/server/origin"
	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

// Subtitles go along with the first track: the same segments and parts, with what is said while these last.
func TestSubtitlesGoAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		h.run(5, 2)
		if _, err := h.media(0, origin.Reload{Text: "en"}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("before a language is announced: %v", err)
		}
		if err := h.b.Caption("en", wall(), false, nil); err != nil {
			t.Fatal(err)
		}
		if text, err := h.origin.Master(t.Context(), name); err != nil || !strings.Contains(string(text), "subtitles en") {
			t.Errorf("%s, %v", text, err)
		}
		text, err := h.media(0, origin.Reload{Text: "en"})
		for _, want := range []string{"7/text/en/s7340032.vtt\n", `URI="7/text/en/p4.vtt"`, `TYPE=PART,URI="7/text/en/p5.vtt"`} {
			if err != nil || !strings.Contains(text, want) {
				t.Errorf("%s is missing, %v:\n%s", want, err, text)
			}
		}
		if strings.Contains(text, "EXT-X-MAP") || strings.Contains(text, ".m4s") {
			t.Errorf("media in the playlist of subtitles:\n%s", text)
		}

		// Said at 2.2 s, for a second: in the parts from 2 to 3 s and the one at 3 s.
		said := later(func() ([]byte, error) { return h.origin.TextPart(t.Context(), name, h.name(0, 5), "en") })
		synctest.Wait()
		if !pending(said) {
			t.Fatal("the next part is not waited for")
		}
		if err := h.b.Caption("en", wall().Add(2200*time.Millisecond), false, []subtitle.Cue{{Start: 0, End: time.Second, Text: "Hello"}}); err != nil {
			t.Fatal(err)
		}
		h.run(3, 2)
		cue := "\n2200-f7d18982\n00:00:02.200 --> 00:00:03.200\nHello\n"
		if got := <-said; got.err != nil || string(got.value) != "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:225000,LOCAL:00:00:02.500\n"+cue {
			t.Errorf("%s, %v", got.value, got.err)
		}
		for seq, want := range []int{0, 0, 0, 0, 1, 1, 1, 0} {
			got, err := h.origin.TextPart(t.Context(), name, h.name(0, seq), "en")
			if err != nil || strings.Count(string(got), cue) != want {
				t.Errorf("part %d: %v, %s", seq, err, got)
			}
		}
		if got, err := h.origin.TextSegment(name, epochOne, 0, epochOne<<20+1, "en"); err != nil || strings.Count(string(got), cue) != 1 || !strings.Contains(string(got), "MPEGTS:180000") {
			t.Errorf("the second segment: %v, %s", err, got)
		}
		if _, err := h.origin.TextSegment(name, epochOne, 0, epochOne<<20+1, "de"); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("in a language that nobody speaks: %v", err)
		}
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		if err := h.b.Caption("en", wall(), false, nil); !errors.Is(err, origin.ErrOver) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestSubtitlesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		for n := range pack.SubtitlesMax {
			if err := h.b.Caption(fmt.Sprintf("a%c", 'a'+n), wall(), false, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.b.Caption("zz", wall(), false, nil); !errors.Is(err, origin.ErrTexts) {
			t.Errorf("one language more: %v", err)
		}
		h.run(2, 1)
		cues := make([]subtitle.Cue, 3000)
		for n := range cues {
			cues[n] = subtitle.Cue{End: time.Second, Text: fmt.Sprint("cue ", n)}
		}
		if err := h.b.Caption("aa", wall(), false, cues); err != nil {
			t.Fatal(err)
		}
		got, err := h.origin.TextPart(t.Context(), name, h.name(0, 0), "aa")
		if err != nil || strings.Count(string(got), "cue ") != 1000 || !strings.Contains(string(got), "cue 2999\n") {
			t.Errorf("%d cues of 3000 are kept, %v", strings.Count(string(got), "cue "), err)
		}
	})
}
