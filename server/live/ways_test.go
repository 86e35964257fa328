package live_test

import (
	"testing"
	"time"
)

// How long a channel waits for its publisher may be changed while it waits; whether it gets rungs is settled when the broadcast begins.
func TestAChannelsOwnWays(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 2
		h.way.flat.Store(true)
		p := h.begin()
		h.way.flat.Store(false)
		p.mustSend(2 * time.Second)
		if s := h.live.State(h.channel); len(s.Tracks) != 2 || h.rungs.began != 0 {
			t.Errorf("%d rungs were begun: %+v", h.rungs.began, s)
		}
		h.way.idle.Store(int64(time.Hour))
		p.leave(errLine)
		time.Sleep(10 * time.Minute)
		if !h.live.State(h.channel).Live {
			t.Error("it is over after ten minutes of an hour")
		}
		h.way.idle.Store(int64(time.Minute))
		time.Sleep(3 * time.Second)
		if h.live.State(h.channel).Live {
			t.Error("it still waits, after ten minutes of one")
		}
		h.begin().mustSend(time.Second)
		if s := h.live.State(h.channel); len(s.Tracks) != 4 {
			t.Errorf("the next broadcast: %+v", s)
		}
	})
}
