package pack

import (
	"slices"
	"testing"
	"time"

	"shoal/server/ingest"
)

// climbed returns what an encoder without B-frames makes of a source's samples: the same pictures in the order in which they
// are shown, each decoded when the source's sample of the same rank is.
func climbed(source []ingest.Sample, track int) []ingest.Sample {
	made := slices.Clone(source)
	slices.SortFunc(made, func(a, b ingest.Sample) int { return int(a.PTS - b.PTS) })
	for i := range made {
		made[i].Track, made[i].DTS, made[i].Data = track, source[i].DTS, []byte{1, 2, 3}
	}
	return made
}

// later writes the source's samples, and the rung's so many samples later.
func (b *bench) later(source, rung []ingest.Sample, by int) {
	for i := range max(len(source), len(rung)+by) {
		if i < len(source) {
			b.write([]ingest.Sample{source[i]})
		}
		if i >= by && i-by < len(rung) {
			b.write([]ingest.Sample{rung[i-by]})
		}
	}
}

func (b *bench) describe(track int, t ingest.Track, fresh bool) {
	b.t.Helper()
	if err := b.p.Describe(track, t, fresh); err != nil {
		b.t.Fatal(err)
	}
}

// likeSource checks that a rung has the source's parts from segment msn on.
func (b *bench) likeSource(rung int, from uint64) {
	b.t.Helper()
	source := slices.DeleteFunc(slices.Clone(b.parts[0]), func(p Part) bool { return p.MSN < from })
	made := slices.DeleteFunc(slices.Clone(b.parts[rung]), func(p Part) bool { return p.MSN < from })
	if len(source) != len(made) || len(made) == 0 {
		b.t.Fatalf("the source has %d parts, the rung %d", len(source), len(made))
	}
	const frames = 70 * time.Millisecond // which picture of a part is shown first depends on the order of its B-frames
	for i, s := range source {
		m := made[i]
		if m.MSN != s.MSN || m.Index != s.Index || m.Start != s.Start || m.Duration != s.Duration || m.Independent != s.Independent || m.Wall.Sub(s.Wall).Abs() > frames {
			b.t.Errorf("source %d.%d: %v %v key %v at %v; rung %d.%d: %v %v key %v at %v", s.MSN, s.Index, s.Start, s.Duration, s.Independent, s.Wall,
				m.MSN, m.Index, m.Start, m.Duration, m.Independent, m.Wall)
		}
	}
}

// A rung lines up with its source part for part, however late it comes and though the source has B-frames.
func TestRungsLineUp(t *testing.T) {
	for _, late := range []int{0, 5, 200} {
		b := newBench(t, videoTrack(), Rung())
		b.describe(1, videoTrack(), true)
		source := video(0, 0, 20*time.Second, 30, 60, 2, true)
		b.later(source, climbed(source, 1), late)
		b.flush()
		b.likeSource(1, 0)
	}
}

// An interrupted rung goes on with a segment; what comes of it before is left out.
func TestRungGoesOnWithASegment(t *testing.T) {
	b := newBench(t, videoTrack(), Rung())
	source := video(0, 0, 20*time.Second, 30, 30, 2, true) // two groups in a segment
	made := climbed(source, 1)
	b.later(source[:90], made[:90], 3)
	if n := len(b.parts[1]); n != 0 {
		t.Fatalf("%d parts of a rung that was not described", n)
	}
	b.describe(1, videoTrack(), true)
	b.later(source[90:260], made[90:200], 3) // the first key frame is amid a segment; then the worker dies
	b.describe(1, videoTrack(), true)
	b.later(source[260:], made[250:], 3) // it goes on amid the next segment but one
	b.flush()
	segments := b.segments(1)
	if len(segments) < 5 {
		t.Fatalf("%d segments", len(segments))
	}
	for _, p := range b.parts[1] {
		if p.Index == 0 && !p.Independent {
			t.Errorf("segment %d begins without a key frame", p.MSN)
		}
	}
	first, last := b.parts[1][0].MSN, uint64(0)
	for _, p := range b.parts[1] {
		if p.MSN > last+1 && last > 0 {
			b.likeSource(1, p.MSN) // behind the gap
			if p.MSN == first {
				t.Error("no gap")
			}
			return
		}
		last = p.MSN
	}
	t.Error("the rung has no gap where it was interrupted")
}

// What a rung goes on with without a break is one run with what it stopped with.
func TestRungGoesOnWithoutABreak(t *testing.T) {
	b := newBench(t, videoTrack(), Rung())
	b.describe(1, videoTrack(), true)
	source := video(0, 0, 20*time.Second, 30, 60, 2, true)
	made := climbed(source, 1)
	b.later(source[:200], made[:130], 3)
	b.describe(1, videoTrack(), false)
	made[130].Key = true // a new encoder's first picture
	b.later(source[200:], made[130:], 3)
	b.flush()
	b.likeSource(1, 0)
}

func TestRungsOverARunsEnd(t *testing.T) {
	b := newBench(t, videoTrack(), Rung())
	b.describe(1, videoTrack(), true)
	source := video(0, 0, 5*time.Second, 30, 60, 2, true)
	b.later(source, climbed(source, 1), 3)
	if err := b.p.Discontinuity([]ingest.Track{videoTrack(), Rung()}, testWall().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b.describe(1, videoTrack(), true)
	b.later(source, climbed(source, 1), 3)
	b.flush()
	b.likeSource(1, 0)
	if err := b.p.Discontinuity([]ingest.Track{videoTrack(), videoTrack()}, testWall()); err != ErrTracksChanged {
		t.Errorf("a rung became a track: %v", err)
	}
}

func TestBadRungs(t *testing.T) {
	b := newBench(t, videoTrack(), Rung())
	for what, err := range map[string]error{
		"no rung":        b.p.Describe(0, videoTrack(), true),
		"no track":       b.p.Describe(2, videoTrack(), true),
		"no description": b.p.Describe(1, Rung(), true),
		"sound":          b.p.Describe(1, audioTrack(48000), true),
	} {
		if err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}
