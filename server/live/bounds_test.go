package live_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shoal/id"
	"shoal/server/event"
	"shoal/server/live"
)

func TestStopPublishesWhatIsPending(t *testing.T) {
	var h *bench
	bubble(t, func(_ *testing.T, b *bench) {
		h = b
		h.begin().mustSend(1100 * time.Millisecond)
		h.expectFacts(1, 0)
	})
	if ended := of[event.BroadcastEnded](h); len(ended) != 0 {
		t.Error("viewers were told the end although the publisher will be back")
	}
	var sum time.Duration
	for _, r := range h.records(1, 0) {
		sum += time.Duration(r.DurationUS) * time.Microsecond
	}
	if (sum - 1100*time.Millisecond).Abs() > 2*frame {
		t.Errorf("%v were published", sum)
	}
}

func TestStoppedLiveTakesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live.New(live.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error, 1)
		go func() {
			_, _, err := l.Start(ctx, live.Channel{}, "here")
			waiting <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("before Run: %v", err)
		}
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
		if _, _, err := l.Start(t.Context(), live.Channel{}, "here"); !errors.Is(err, context.Canceled) {
			t.Errorf("after Run: %v", err)
		}
	})
}

func TestBroadcastsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		start := func(n int) error {
			_, _, err := h.live.Start(t.Context(), live.Channel{ID: id.Channel{byte(n), byte(n >> 8), 1}, Name: "many"}, "here")
			return err
		}
		for n := range live.BroadcastsMax {
			if err := start(n); err != nil {
				t.Fatal(err)
			}
		}
		if err := start(live.BroadcastsMax); !errors.Is(err, live.ErrFull) {
			t.Errorf("one too many: %v", err)
		}
	})
}

func TestPartLatency(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.begin().mustSend(5 * time.Second)
		if len(h.took) < 15 {
			t.Errorf("%d parts were measured", len(h.took))
		}
		for _, took := range h.took { // a sample's length shows with the next one
			if took < 0 || took > 2*frame {
				t.Errorf("a part took %v", took)
			}
		}
	})
}

// Publishers come and go, and look, at once: run it with -race.
func TestManyPublishers(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 5 {
					p, err := h.connect()
					if err != nil {
						if !errors.Is(err, live.ErrBusy) {
							t.Error(err)
						}
						time.Sleep(time.Second)
						continue
					}
					if err := errors.Join(p.sink.Tracks(h.tracks()), p.send(time.Second)); err != nil {
						t.Error(err)
					}
					p.leave(nil)
					_ = h.live.State(h.channel)
				}
			})
		}
		wg.Wait()
		h.expectFacts(1, 0)
	})
}
