package loop

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

func clip(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t *testing.T) *Clip {
	t.Helper()
	c, err := Read(clip(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheDemoClip(t *testing.T) {
	b := clip(t)
	if len(b) > 3<<20 {
		t.Errorf("the clip has %d bytes", len(b))
	}
	c := read(t)
	if c.Period() != 16*time.Second {
		t.Errorf("a round lasts %v", c.Period())
	}
	if len(c.Tracks) != 2 || c.Tracks[0].Kind != segment.Video || c.Tracks[1].Kind != segment.Audio || c.Tracks[1].TimeScale != 48000 {
		t.Errorf("tracks %+v", c.Tracks)
	}
	var count [2]int
	var keys []time.Duration
	first := [2]time.Duration{time.Hour, time.Hour}
	for _, s := range c.samples {
		count[s.Track]++
		first[s.Track] = min(first[s.Track], s.PTS)
		if s.Track == 0 && s.Key {
			keys = append(keys, s.PTS)
		}
	}
	if count != [2]int{480, 750} || first != [2]time.Duration{} {
		t.Errorf("%v samples, from %v", count, first)
	}
	for i, at := range keys {
		if at != time.Duration(i)*2*time.Second {
			t.Errorf("key frame %d is shown at %v", i, at)
		}
	}
}

// recorder keeps samples with the time they came.
type recorder struct {
	runs    int
	samples []ingest.Sample
	at      []time.Time
	sample  func(ingest.Sample) error
}

func (r *recorder) Tracks([]ingest.Track) error { r.runs++; return nil }

func (r *recorder) Sample(s ingest.Sample) error {
	r.samples = append(r.samples, s)
	r.at = append(r.at, time.Now())
	if r.sample != nil {
		return r.sample(s)
	}
	return nil
}

func TestRoundsHaveNoSeam(t *testing.T) {
	c := read(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		start := time.Now()
		r := &recorder{}
		if err := c.Play(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if r.runs != 1 {
			t.Errorf("%d runs", r.runs)
		}
		step := [2]time.Duration{time.Second / 30, 1024 * time.Second / 48000}
		var last [2]time.Duration
		var seen [2]int
		for i, s := range r.samples {
			if d := s.DTS - last[s.Track]; seen[s.Track] > 0 && (d-step[s.Track]).Abs() > time.Microsecond {
				t.Fatalf("track %d goes on after %v, at %v", s.Track, d, s.DTS)
			}
			seen[s.Track]++
			if late := r.at[i].Sub(start) - s.DTS; late < 0 || late > 40*time.Millisecond {
				t.Fatalf("the sample of %v came %v late", s.DTS, late)
			}
			last[s.Track] = s.DTS
		}
		if d := last[0] - last[1]; d.Abs() > 50*time.Millisecond || last[0] < 49*time.Second {
			t.Errorf("the tracks stand at %v and %v", last[0], last[1])
		}
	})
}

func TestSinkOwnsTheData(t *testing.T) {
	c := read(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		var first []byte
		rounds := 0
		r := &recorder{sample: func(s ingest.Sample) error {
			if s.Track == 0 && s.Key && s.PTS%(16*time.Second) == 0 {
				if rounds++; first == nil {
					first = bytes.Clone(s.Data)
				} else if !bytes.Equal(first, s.Data) {
					t.Error("the next round has other bytes")
				}
			}
			clear(s.Data)
			return nil
		}}
		_ = c.Play(ctx, r) // ends with ctx
		if rounds != 3 {
			t.Errorf("%d rounds", rounds)
		}
	})
}

func TestSleepStartsANewRun(t *testing.T) {
	c := read(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		r := &recorder{}
		r.sample = func(ingest.Sample) error {
			if len(r.samples) == 1000 {
				time.Sleep(time.Minute)
			}
			return nil
		}
		_ = c.Play(ctx, r) // ends with ctx
		if r.runs != 2 {
			t.Errorf("%d runs", r.runs)
		}
	})
}

func TestSinkErrorEndsPlay(t *testing.T) {
	c := read(t)
	full := errors.New("full")
	if err := c.Play(t.Context(), &recorder{sample: func(ingest.Sample) error { return full }}); !errors.Is(err, full) {
		t.Error(err)
	}
}

// TestEditLists reads a clip as ffmpeg makes it: one frame of sound that only primes the decoder, and pictures that are
// decoded before time 0.
func TestEditLists(t *testing.T) {
	b, err := os.ReadFile("testdata/small.mp4")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	first := [2]time.Duration{time.Hour, time.Hour}
	for _, s := range c.samples {
		first[s.Track] = min(first[s.Track], s.PTS)
	}
	if first != [2]time.Duration{} || len(c.samples) != 16+50 || c.samples[0].DTS >= 0 {
		t.Errorf("%d samples, shown from %v, decoded from %v", len(c.samples), first, c.samples[0].DTS)
	}
}

func TestBadClips(t *testing.T) {
	b := clip(t)
	for name, bad := range map[string][]byte{
		"empty": nil, "text": []byte("this is no MP4 at all"), "cut": b[:len(b)/2], "head only": b[:40],
	} {
		if _, err := Read(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	small, err := os.ReadFile("testdata/small.mp4")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add([]byte("\x00\x00\x00\x08moov"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(b)
		if err != nil {
			return
		}
		for _, s := range c.samples {
			if len(s.Data) == 0 || s.Track >= len(c.Tracks) {
				t.Fatalf("a sample of track %d has %d bytes", s.Track, len(s.Data))
			}
		}
	})
}
