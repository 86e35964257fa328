package srt

import (
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

func number(seq uint32) []byte {
	return []byte{byte(seq >> 24), byte(seq >> 16), byte(seq >> 8), byte(seq)}
}

func read(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func drainAll(w *window, now time.Time) (got []uint32) {
	for b := w.take(now); b != nil; b = w.take(now) {
		got = append(got, read(b))
	}
	return got
}

func TestAGapIsAskedForWaitedForAndPassedOver(t *testing.T) {
	const isn = seqMask - 1 // it wraps at once
	now := time.Unix(0, 0)
	w := newWindow(isn, 100*ms, now)
	put := func(by int) (uint32, uint32, bool) { return w.put(next(isn, by), number(next(isn, by)), now) }
	put(0)
	if got := drainAll(w, now); len(got) != 1 || got[0] != isn {
		t.Fatalf("%v", got)
	}
	from, to, missing := put(4)
	if !missing || from != next(isn, 1) || to != next(isn, 3) {
		t.Fatalf("missing %d to %d, %v", from, to, missing)
	}
	if _, _, missing := put(2); missing {
		t.Error("what fills a gap shows another")
	}
	if runs := w.missing(10); len(runs) != 2 || runs[0] != [2]uint32{next(isn, 1), next(isn, 1)} || runs[1] != [2]uint32{next(isn, 3), next(isn, 3)} {
		t.Errorf("%v", runs)
	}
	if runs := w.missing(1); len(runs) != 1 {
		t.Errorf("%v", runs)
	}
	if got := drainAll(w, now); len(got) != 0 {
		t.Errorf("%v came before what is missing", got)
	}
	now = now.Add(50 * ms)
	put(1)
	if got := drainAll(w, now); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if w.expire(now.Add(99*ms)) != 0 || w.expire(now.Add(100*ms)) != 1 {
		t.Error("it waited too short or too long")
	}
	if got := drainAll(w, now); len(got) != 1 || got[0] != next(isn, 4) || w.held != 0 || w.lost != 1 {
		t.Errorf("%v, %d held, %d lost", got, w.held, w.lost)
	}
	put(3)
	if got := drainAll(w, now); len(got) != 0 || w.late != 1 {
		t.Errorf("%v came late", got)
	}
}

func TestWhatIsFarAheadIsNotKept(t *testing.T) {
	now := time.Unix(0, 0)
	w := newWindow(0, 100*ms, now)
	if w.put(windowMax, number(windowMax), now); w.held != 0 {
		t.Error("it is kept")
	}
	if w.put(1<<30, number(1<<30), now); w.held != 0 || w.top != 0 {
		t.Error("it is kept")
	}
	now = now.Add(time.Second) // nothing nearer came: the sender has given up what is before
	w.put(windowMax+5, number(windowMax+5), now)
	if got := drainAll(w, now); len(got) != 1 || got[0] != windowMax+5 {
		t.Errorf("%v", got)
	}
}

// Whatever is lost, comes twice or in another order: what is delivered is in order, and what was lost is counted.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		isn := uint32(r.IntN(seqMask))
		if seed%2 == 0 {
			isn = seqMask - uint32(r.IntN(500))
		}
		now := time.Unix(0, 0)
		w := newWindow(isn, 50*ms, now)
		var got []uint32
		const packets = 1000
		var flying []int
		for n := 0; n < packets || len(flying) > 0; {
			if n < packets {
				if r.IntN(20) > 0 {
					flying = append(flying, n)
				}
				if r.IntN(20) == 0 {
					flying = append(flying, n)
				}
				n++
			}
			for len(flying) > 0 && (len(flying) > 30 || n == packets || r.IntN(3) == 0) {
				at := r.IntN(len(flying))
				seq := next(isn, flying[at])
				w.put(seq, number(seq), now)
				flying = append(flying[:at], flying[at+1:]...)
				got = append(got, drainAll(w, now)...)
			}
			now = now.Add(ms)
			w.expire(now)
			got = append(got, drainAll(w, now)...)
		}
		for w.held > 0 {
			w.expire(now.Add(time.Second))
			got = append(got, drainAll(w, now)...)
		}
		last := -1
		for _, seq := range got {
			if off := ahead(isn, seq); off <= last {
				t.Fatalf("seed %d: %d after %d", seed, off, last)
			} else {
				last = off
			}
		}
		if n := len(got) + w.lost; n != ahead(isn, w.wanted) {
			t.Fatalf("seed %d: %d delivered, %d lost, and yet at %d", seed, len(got), w.lost, ahead(isn, w.wanted))
		}
	}
}
