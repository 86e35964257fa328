package origin

import (
	"cmp"
	"crypto/sha256"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/server/pack"
)

// stored is a part that can be fetched.
type stored struct {
	manifest manifest.Part
	record   []byte
	data     []byte
	init     []byte
	left     time.Time // when the playlist forgot it; zero while it is named
	asked    int       // how often, by HTTP
	sheet    *sheet
}

// track is one track of a broadcast. Its fields are guarded by the broadcast's mu; the publishing goroutine, which alone
// writes those of the first group, reads them without.
type track struct {
	next    uint64    // seq of the part to come
	prev    id.Digest // of the last record
	initRaw []byte    // the init segment of the last part, and its digest
	initSum id.Digest

	parts     []*stored // by seq, without gaps, oldest first
	bytes     int       // of parts
	window    pack.Window
	whole     bool // a segment was finished
	endRecord []byte
	wake      chan struct{} // closed, and replaced, when something was published
}

func newTrack(p Opening, n segment.Track) *track {
	return &track{window: pack.Window{Epoch: p.Epoch, Track: n, SegmentTarget: cmp.Or(p.Target, pack.DefaultSegmentTarget)}, wake: make(chan struct{})}
}

// digestInit returns the digest of an init segment, which is the same slice while it does not change.
func (t *track) digestInit(init []byte) id.Digest {
	if len(t.initRaw) != len(init) || &t.initRaw[0] != &init[0] {
		t.initRaw, t.initSum = init, sha256.Sum256(init)
	}
	return t.initSum
}

func (t *track) add(p pack.Part, m manifest.Part, record []byte, now time.Time) {
	t.parts = append(t.parts, &stored{manifest: m, record: record, data: p.Data, init: p.Init})
	t.bytes += len(p.Data)
	t.next++
	t.window.Resting = false
	t.whole = t.whole || p.Last || p.MSN != t.parts[0].manifest.MSN
	t.window.Add(p, m.Seq, m.Init)
	t.slide(now)
}

// slide moves the window on: by time, and by more than that when the bytes are too many.
func (t *track) slide(now time.Time) {
	for keep := max(Window, windowSegments*max(t.window.Longest, t.window.SegmentTarget)); keep >= time.Second; keep /= 2 {
		for _, gone := range t.window.Slide(keep) {
			if s := t.part(gone.Seq); s != nil {
				s.left = now
			}
		}
		t.expire(now)
		if t.bytes <= TrackBytesMax {
			return
		}
	}
}

// expire drops parts that left the playlist long enough ago, and sooner when the bytes are too many.
func (t *track) expire(now time.Time) {
	n := 0
	for n < len(t.parts) && !t.parts[n].left.IsZero() && (t.bytes > TrackBytesMax || now.Sub(t.parts[n].left) >= Grace) {
		t.bytes -= len(t.parts[n].data)
		t.parts[n].drop()
		t.parts[n] = nil // frees the bytes though the array is still shared
		n++
	}
	t.parts = t.parts[n:]
}

// part returns the part with this seq, or nil.
func (t *track) part(seq uint64) *stored {
	if len(t.parts) == 0 || seq < t.parts[0].manifest.Seq {
		return nil
	}
	i := seq - t.parts[0].manifest.Seq
	if i >= uint64(len(t.parts)) {
		return nil
	}
	return t.parts[i]
}

func (t *track) last() *stored {
	if len(t.parts) == 0 {
		return nil
	}
	return t.parts[len(t.parts)-1]
}

// segment returns the parts of a finished segment that is kept whole, or nil.
func (t *track) segment(msn uint64) []*stored {
	from, to := -1, -1
	for i, s := range t.parts {
		if s.manifest.MSN != msn {
			continue
		}
		if from < 0 {
			from = i
		}
		to = i + 1
	}
	if from < 0 || t.parts[from].manifest.Index != 0 {
		return nil
	}
	if to == len(t.parts) {
		if _, done := t.window.Segment(msn); !done {
			return nil
		}
	}
	return t.parts[from:to]
}

// wakeAll tells whoever waits for the track to look again.
func (t *track) wakeAll() {
	close(t.wake)
	t.wake = make(chan struct{})
}

// end is the record that follows s and says that nothing else will.
func (s *stored) end(t *track) manifest.Part {
	m := &s.manifest
	return manifest.Part{
		Channel: m.Channel, Epoch: m.Epoch, Track: m.Track, End: true, MSN: m.MSN, Index: m.Index + 1, Seq: t.next, Prev: t.prev,
		WallMS: m.WallMS + uint64(m.DurationUS/1000), StartUS: m.StartUS + uint64(m.DurationUS),
	}
}
