package record

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shoal/server/event"
	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

// says has subtitles come live now.
func (b *bench) says(language, text string, lasts time.Duration, instead bool) {
	var cues []subtitle.Cue
	if text != "" {
		cues = []subtitle.Cue{{End: lasts, Text: text}}
	}
	b.recorder.hear(event.TextSaid{Channel: b.channel, Epoch: b.epoch, Language: language, At: b.now, Instead: instead, Cues: subtitle.File(cues)})
}

// said is what a recording has in a language.
func (b *bench) said(r *Recording, language string) []subtitle.Cue {
	b.t.Helper()
	whole, err := r.WholeText(language)
	if err != nil {
		b.t.Fatal(err)
	}
	cues, err := subtitle.Parse(whole)
	if err != nil {
		b.t.Fatal(err)
	}
	return cues
}

const ms = time.Millisecond

// What is said live stands in the recording at the time at which it was shown, while it grows and after it, and over a break of the
// publisher, whose time is not in the recording.
func TestWhatIsSaidLiveIsKept(t *testing.T) {
	b := newBench(t, nil)
	b.begin(7)
	b.says("de", "", 0, false)                 // announced, and never used
	b.says("en", "before", time.Second, false) // before anything is recorded
	b.publish(4, 6000, nil)
	b.now = b.now.Add(-300 * ms) // in the middle of a part
	b.says("en", "Hello", time.Second, false)
	b.now = b.now.Add(300 * ms)
	b.publish(4, 6000, nil)
	b.says("en", "over the break", 22*time.Second, false)
	b.publish(2, 6000, nil)
	b.now = b.now.Add(5 * time.Second)
	b.says("en", "nobody saw it", time.Second, false)
	b.now = b.now.Add(15 * time.Second)
	b.publish(6, 6000, nil)
	want := []subtitle.Cue{
		{Start: 0, End: time.Second, Text: "before"}, {Start: 1700 * ms, End: 2700 * ms, Text: "Hello"},
		{Start: 4 * time.Second, End: 6 * time.Second, Text: "over the break"},
	}
	r := b.find(7)
	check := func(when string, r *Recording, languages ...string) {
		t.Helper()
		if got := b.said(r, "en"); !slices.Equal(got, want) {
			t.Errorf("%s: %v", when, got)
		}
		if got := r.Languages(); !slices.Equal(got, languages) {
			t.Errorf("%s: languages %v", when, got)
		}
		text, err := r.Text("en", 7<<20)
		if err != nil || !strings.Contains(string(text), "00:00:01.700 --> 00:00:02.700\nHello\n") {
			t.Errorf("%s: %v\n%s", when, err, text)
		}
		if media, err := r.TextMedia("en"); err != nil || !strings.Contains(string(media), "text/en/s") {
			t.Errorf("%s: %v\n%s", when, err, media)
		}
	}
	check("growing", r, "de", "en")
	b.end()
	check("sealed", b.find(7), "en")
	again := newBenchAt(b)
	check("after a restart", again.find(7), "en")
	if err := again.shelf.Attach(b.channel, 7, "en", nil); err != nil {
		t.Fatal(err)
	}
	third := newBenchAt(b)
	if got := third.find(7).Languages(); len(got) != 0 {
		t.Errorf("what was taken away is back: %v", got)
	}
}

// A text that replaces the one before ends it; an empty one takes it away.
func TestATextEndsTheOneBefore(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(2, 2000, nil)
	for _, text := range []string{"one", "two", ""} {
		b.says("en", text, 8*time.Second, true)
		b.publish(3, 2000, nil)
	}
	b.end()
	want := []subtitle.Cue{{Start: time.Second, End: 2500 * ms, Text: "one"}, {Start: 2500 * ms, End: 4 * time.Second, Text: "two"}}
	if got := b.said(b.find(1), "en"); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// A server that is killed keeps what was said, up to the last part.
func TestWhatIsSaidSurvivesACrash(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(4, 2000, nil)
	b.says("en", "kept", time.Second, false)
	b.publish(4, 2000, nil)
	b.says("en", "lost", time.Second, false) // no part came behind it
	dir := filepath.Join(b.dir, b.channel.String(), "1")
	if _, err := os.Stat(filepath.Join(dir, textPrefix+"en"+textSuffix)); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("it is written while it grows: %v", err)
	}
	again := newBenchAt(b)
	want := []subtitle.Cue{{Start: 2 * time.Second, End: 3 * time.Second, Text: "kept"}}
	if got := again.said(again.find(1), "en"); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// A clip has the subtitles of its stretch, from its own beginning on.
func TestClipsKeepWhatIsSaid(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	for n := range 8 {
		b.says("en", string([]byte{'a' + byte(n)}), 2500*ms, false)
		b.publish(4, 2000, nil)
	}
	want := []subtitle.Cue{
		{Start: 0, End: 500 * ms, Text: "b"}, {Start: 0, End: 2500 * ms, Text: "c"}, {Start: 2 * time.Second, End: 4 * time.Second, Text: "d"},
	}
	cut := func() {
		t.Helper()
		s, err := b.shelf.Cut(b.find(1), 4*time.Second, 8*time.Second, "")
		if err != nil || s.Lasts != 4*time.Second {
			t.Fatal(s.Lasts, err)
		}
		clip, err := b.shelf.Find(Key{Channel: b.channel, Clip: s.Key.Clip})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.said(clip, "en"); !slices.Equal(got, want) {
			t.Error(got)
		}
	}
	cut()
	b.end()
	cut()
	if err := b.shelf.Attach(b.channel, 1, "en", []subtitle.Cue{{Start: 5 * time.Second, End: 6 * time.Second, Text: "from a file"}}); err != nil {
		t.Fatal(err)
	}
	want = []subtitle.Cue{{Start: time.Second, End: 2 * time.Second, Text: "from a file"}}
	cut()
}

// However much is said, a recording keeps what its bounds allow: the newest, in as many languages as there may be.
func TestWhatIsSaidIsBounded(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(1, 2000, nil)
	long := strings.Repeat("x", subtitle.TextMax)
	for n := range pack.SubtitlesMax + 2 {
		b.says(string([]byte{'a', byte('a' + n)}), long, 50*ms, false)
	}
	for range 3 * waitingMax {
		b.says("aa", long, 50*ms, false)
	}
	if got := len(b.recorder.tapes[b.channel].waiting); got > waitingMax {
		t.Errorf("%d wait", got)
	}
	b.publish(1, 2000, nil)
	b.end()
	if got := b.find(1).Languages(); len(got) != pack.SubtitlesMax {
		t.Error(got)
	}
	if b := b.said(b.find(1), "aa"); len(b) > subtitle.FileMax/subtitle.TextMax {
		t.Error(len(b))
	}
}

func FuzzSaying(f *testing.F) {
	f.Add(saying{"en", time.UnixMicro(1_800_000_000_000_000), true, []subtitle.Cue{{End: time.Second, Text: "Hello"}}}.record())
	f.Add(saying{"pt-BR", time.UnixMicro(0), false, nil}.record())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSaying(b)
		if err != nil {
			return
		}
		again, err := parseSaying(s.record())
		if err != nil || again.language != s.language || !again.at.Equal(s.at) || again.instead != s.instead || !slices.Equal(again.cues, s.cues) {
			t.Fatalf("%+v is written and read as %+v, %v", s, again, err)
		}
		r := newRecording(Key{}, "")
		r.say(s)
		r.index.tracks[textTrack].parts = []place{{wallMS: 1000, startUS: 5, lasts: 500_000}}
		for _, c := range r.spokenCues(s.language) {
			if c.Start < 0 || c.End <= c.Start || c.End > time.Second {
				t.Fatalf("%+v", c)
			}
		}
	})
}
