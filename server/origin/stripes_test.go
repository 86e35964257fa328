package origin_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
)

// reader keeps what it is sent.
type reader struct {
	from   []uint64
	pieces map[segment.Part]map[int]string
	order  []segment.Part
	twice  int
	rests  int
	slow   chan struct{} // Take waits for it, unless nil
	fails  error
}

func (r *reader) Begin(_ id.Channel, next []uint64) error {
	r.from, r.pieces = slices.Clone(next), make(map[segment.Part]map[int]string)
	return nil
}

func (r *reader) Take(part segment.Part, pieces []origin.Piece) error {
	if r.slow != nil {
		<-r.slow
	}
	if r.pieces[part] == nil {
		r.pieces[part] = make(map[int]string)
		r.order = append(r.order, part)
	}
	for _, p := range pieces {
		if r.pieces[part][p.Index] != "" {
			r.twice++
		}
		r.pieces[part][p.Index] = string(p.Data)
	}
	return r.fails
}

func (r *reader) Rest() error {
	r.rests++
	return nil
}

// stripes begins an answer of stripes.
func (h *bench) stripes(ctx context.Context, stripes uint16, r *reader) <-chan answer[int] {
	return later(func() (int, error) { return 0, h.origin.Stripes(ctx, name, h.b.Epoch(), stripes, segment.AllTracks, r) })
}

func TestStripesCarryEveryPartFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		h.run(3, 2)
		h.publish(h.part(0))
		one, other := &reader{}, &reader{}
		ends := []<-chan answer[int]{h.stripes(t.Context(), 0x8421, one), h.stripes(t.Context(), ^uint16(0x8421), other)}
		synctest.Wait()
		if !slices.Equal(one.from, []uint64{4, 3}) {
			t.Errorf("from %v", one.from)
		}
		h.publish(h.part(1))
		synctest.Wait()
		if len(one.order) != 1 || one.order[0] != h.name(1, 3) {
			t.Errorf("a part did not come at once: %v", one.order)
		}
		h.run(4, 2)
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		for _, end := range ends {
			if got := <-end; got.err != nil {
				t.Errorf("the end of the broadcast: %v", got.err)
			}
		}
		for track, parts := range h.sent {
			for seq, part := range parts {
				n := h.name(track, seq)
				got, rest := one.pieces[n], other.pieces[n]
				if uint64(seq) < one.from[track] {
					if len(got)+len(rest) > 0 {
						t.Errorf("%v was published before", n)
					}
					continue
				}
				count := len(got) + len(rest)
				whole := ""
				for piece := range count {
					if _, mine := got[piece]; mine != (0x8421&(1<<segment.Stripe(piece, count)) != 0) {
						t.Errorf("%v: piece %d went the wrong way", n, piece)
					}
					whole += got[piece] + rest[piece]
				}
				if whole != string(part.Data) {
					t.Errorf("%v: the pieces are not the part", n)
				}
			}
		}
		if one.twice+other.twice > 0 {
			t.Error("a piece was sent twice")
		}
	})
}

func TestStripesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		r := &reader{}
		began := time.Now()
		if got := <-h.stripes(t.Context(), 1, r); got.err != nil {
			t.Error(got.err)
		}
		if lasted := time.Since(began); lasted != origin.StripesLast || r.rests < 29 || r.rests > 30 {
			t.Errorf("it lasted %v, with %d empty frames", lasted, r.rests)
		}
		ctx, leave := context.WithCancel(t.Context())
		end := h.stripes(ctx, 1, &reader{})
		synctest.Wait()
		leave()
		if got := <-end; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the reader left: %v", got.err)
		}
		broken := errors.New("broken")
		end = h.stripes(t.Context(), 1, &reader{fails: broken})
		synctest.Wait()
		h.run(1, 1)
		if got := <-end; !errors.Is(got.err, broken) {
			t.Errorf("the reader failed: %v", got.err)
		}
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		if got := <-h.stripes(t.Context(), 1, r); !errors.Is(got.err, origin.ErrOver) {
			t.Errorf("the broadcast was over: %v", got.err)
		}
		if err := h.origin.Stripes(t.Context(), name, 99, 1, segment.AllTracks, r); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("no such epoch: %v", err)
		}
	})
}

func TestASlowReaderOfStripesIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		r := &reader{slow: make(chan struct{})}
		end := h.stripes(t.Context(), 1, r)
		synctest.Wait()
		h.run(origin.StripesBehindMax+1, 1) // one is being taken
		synctest.Wait()
		r.slow <- struct{}{}
		synctest.Wait()
		if !pending(end) {
			t.Fatalf("what may wait was too much: %v", <-end)
		}
		h.run(2, 1)
		r.slow <- struct{}{}
		if got := <-end; !errors.Is(got.err, origin.ErrSlow) {
			t.Errorf("%v", got.err)
		}
	})
}

// Who plays some tracks is sent no others, and is not behind on them.
func TestStripesOfSomeTracks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 3)
		r := &reader{}
		end := later(func() (int, error) { return 0, h.origin.Stripes(t.Context(), name, h.b.Epoch(), 0xffff, 1<<0|1<<2, r) })
		synctest.Wait()
		h.run(3*origin.StripesBehindMax, 3)
		synctest.Wait()
		h.run(3, 3)
		if err := h.b.End(); err != nil {
			t.Fatal(err)
		}
		if got := <-end; got.err != nil && !errors.Is(got.err, origin.ErrSlow) {
			t.Error(got.err)
		}
		if len(r.order) == 0 || len(r.from) != 3 {
			t.Errorf("%d parts, from %v", len(r.order), r.from)
		}
		for _, p := range r.order {
			if p.Track == 1 {
				t.Fatalf("%v is of a track that was not asked for", p)
			}
		}
	})
}
