package live_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/live"
	"shoal/server/origin"
)

// ledger is a Ledger in memory, which outlives a Live.
type ledger struct {
	mu sync.Mutex
	on map[id.Channel]bool
}

func (l *ledger) SetOnAir(_ context.Context, channel id.Channel, on bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on[channel] = on
	return nil
}

func (l *ledger) OnAir(context.Context) (list []id.Channel, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for channel, on := range l.on {
		if on {
			list = append(list, channel)
		}
	}
	return list, nil
}

func (l *ledger) has(h *bench) bool {
	list, _ := l.OnAir(h.t.Context())
	return slices.Contains(list, h.channel)
}

// during runs another process on the same ledger, and returns when it has ended.
func (h *bench) during(l *ledger, test func(h *bench)) {
	quiet := slog.New(slog.DiscardHandler)
	next := &bench{t: h.t, registry: h.registry, channel: h.channel}
	next.rungs = &rungs{h: next}
	next.origin = origin.New(origin.Config{Facts: next, Log: quiet})
	next.way.idle.Store(h.way.idle.Load())
	next.live = live.New(live.Config{Registry: h.registry, Ledger: l, Origin: next.origin, Facts: next, Ways: &next.way, Log: quiet})
	ctx, cancel := context.WithCancel(context.Background())
	next.live.Recall(ctx)
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{next.live.Run, next.origin.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	time.Sleep(time.Millisecond) // on a bubble's clock: all that begins has begun
	test(next)
	cancel()
	wg.Wait()
}

// A server that is started anew in the middle of a broadcast says that its publisher is awaited, for as long as if his line had broken.
func TestWhoWasCutOffIsAwaited(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		l := &ledger{on: make(map[id.Channel]bool)}
		state := func(h *bench, live, awaited, noted bool) {
			t.Helper()
			if s := h.live.State(h.channel); s.Live != live || s.Awaited != awaited || l.has(h) != noted {
				t.Errorf("live %v, awaited %v, noted %v; want %v, %v, %v", s.Live, s.Awaited, l.has(h), live, awaited, noted)
			}
		}
		h.during(l, func(h *bench) {
			state(h, false, false, false)
			p := h.begin()
			p.mustSend(3 * time.Second)
			state(h, true, false, true)
		})
		h.during(l, func(h *bench) { // it ends before he is back
			time.Sleep(live.DefaultIdle - time.Second)
			state(h, false, true, true)
		})
		h.during(l, func(h *bench) {
			time.Sleep(live.DefaultIdle - time.Second)
			p, err := h.connect()
			if err != nil {
				t.Fatal(err)
			}
			state(h, false, true, true) // nothing has come of him yet
			p.leave(nil)
			p = h.begin()
			p.mustSend(3 * time.Second)
			state(h, true, false, true)
			time.Sleep(2 * time.Second) // when he would have been given up
			state(h, true, false, true)
		})
		h.during(l, func(h *bench) { // he does not come back
			h.way.idle.Store(int64(10 * time.Second))
			time.Sleep(9 * time.Second)
			state(h, false, true, true)
			time.Sleep(2 * time.Second)
			state(h, false, false, false)
		})
		h.during(l, func(h *bench) { // what ended by itself is not awaited
			p := h.begin()
			p.mustSend(3 * time.Second)
			p.leave(nil)
			time.Sleep(live.DefaultIdle + 3*time.Second)
			state(h, false, false, false)
		})
		h.during(l, func(h *bench) { state(h, false, false, false) })
	})
}
