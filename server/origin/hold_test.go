package origin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/server/origin"
	"shoal/server/pack"
)

// hint is what a playlist says of the part to come.
func hint(seq int) string { return fmt.Sprintf("%d/0/p%d.m4s", epochOne, seq) }

func TestReloadWaitsForItsPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		h.run(partsASegment+1, 1) // segment 0 is whole, segment 1 has a part
		for _, test := range []struct {
			msn, part int
			after     int // how many more parts make it come
		}{
			{0, -1, 0}, {0, 2, 0}, {1, 0, 0}, {1, 1, 1}, {1, 2, 2}, {1, -1, 3}, {1, 6, 4}, {2, 0, 4}, {2, 1, 5}, {3, 0, 8},
		} {
			ask := origin.Reload{Blocking: true, MSN: epochOne<<20 + uint64(test.msn), Part: test.part}
			before := len(h.sent[0])
			answer := later(func() (string, error) { return h.media(0, ask) })
			for n := 0; ; n++ {
				synctest.Wait()
				if !pending(answer) {
					if n != test.after {
						t.Errorf("%d/%d came after %d parts, want %d", test.msn, test.part, n, test.after)
					}
					break
				}
				if n == test.after {
					t.Fatalf("%d/%d did not come after %d parts", test.msn, test.part, n)
				}
				h.run(1, 1)
			}
			if got := <-answer; got.err != nil || !strings.Contains(got.value, hint(len(h.sent[0]))) {
				t.Errorf("%d/%d: %v, and no hint at part %d", test.msn, test.part, got.err, len(h.sent[0]))
			}
			if len(h.sent[0]) != before { // the cases are about a fixed edge
				h = newBench(t, 1)
				h.run(partsASegment+1, 1)
			}
		}
	})
}

func TestReloadGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		h.run(partsASegment+1, 1)
		edge := uint64(epochOne<<20 + 1)
		if _, err := h.media(0, origin.Reload{Blocking: true, MSN: edge + origin.AheadMax + 1}); !errors.Is(err, origin.ErrTooFar) {
			t.Errorf("too far ahead: %v", err)
		}
		for _, far := range []origin.Reload{{Blocking: true, MSN: edge, Part: 7}, {Blocking: true, MSN: edge + 1, Part: 6}, {Blocking: true, MSN: edge, Part: 1 << 15}} {
			if _, err := h.media(0, far); !errors.Is(err, origin.ErrTooFar) {
				t.Errorf("part %d of segment %d, three seconds ahead: %v", far.Part, far.MSN, err)
			}
		}
		if _, err := h.media(1, origin.Reload{}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("no such track: %v", err)
		}
		if _, err := h.origin.Media(t.Context(), "sand", 0, origin.Reload{}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("no such channel: %v", err)
		}
		began := time.Now()
		if _, err := h.media(0, origin.Reload{Blocking: true, MSN: edge + 1}); !errors.Is(err, origin.ErrTimeout) {
			t.Errorf("nothing comes: %v", err)
		}
		if waited := time.Since(began); waited != 3*pack.DefaultSegmentTarget {
			t.Errorf("waited %v", waited)
		}
		ctx, cancel := context.WithCancel(t.Context())
		answer := later(func() ([]byte, error) {
			return h.origin.Media(ctx, name, 0, origin.Reload{Blocking: true, MSN: edge + 1})
		})
		synctest.Wait()
		cancel()
		if got := <-answer; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the asker went: %v", got.err)
		}
	})
}

func TestHeldRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		h.run(1, 1)
		var wg sync.WaitGroup
		answers := make([]error, origin.HeldMax)
		for i := range answers {
			wg.Go(func() { _, answers[i] = h.origin.Manifest(t.Context(), name, h.name(0, 1)) })
		}
		synctest.Wait()
		if _, err := h.get(h.name(0, 1)); !errors.Is(err, origin.ErrBusy) {
			t.Errorf("one too many: %v, want ErrBusy", err)
		}
		if _, err := h.get(h.name(0, 0)); err != nil {
			t.Errorf("what is there needs no wait: %v", err)
		}
		h.run(1, 1)
		wg.Wait()
		for _, err := range answers {
			if err != nil {
				t.Fatalf("one that waited: %v", err)
			}
		}
	})
}

func TestHintedPartComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		first := later(func() (string, error) { return h.get(h.name(0, 0)) })
		playlist := later(func() (string, error) { return h.media(0, origin.Reload{}) })
		synctest.Wait()
		if !pending(first) || !pending(playlist) {
			t.Fatal("an answer before the first part")
		}
		h.run(1, 1)
		if got := <-first; got.err != nil || got.value != string(h.sent[0][0].Data) {
			t.Errorf("the first part: %v", got.err)
		}
		if got := <-playlist; got.err != nil || !strings.Contains(got.value, hint(1)) {
			t.Errorf("the first playlist: %v", got.err)
		}
		if _, err := h.get(h.name(0, 2)); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("a part nobody hinted at: %v", err)
		}
		if _, err := h.get(segment.Part{Epoch: epochOne + 1, Seq: 1}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("a part of no epoch: %v", err)
		}
		next := later(func() (string, error) { return h.get(h.name(0, 1)) })
		synctest.Wait()
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		if got := <-next; !errors.Is(got.err, origin.ErrNotFound) {
			t.Errorf("the broadcast ended instead: %v", got.err)
		}
	})
}
