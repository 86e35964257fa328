package link

import (
	"testing"
	"time"
)

func TestAQueueOnTheWayShowsInTheRoundTrip(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var f flow
	for i, step := range []struct {
		pass         time.Duration
		held, window int
		srtt         float64
		want         int
	}{
		{0, 5000, 10000, 0, 0},        // nothing is known
		{0, 12000, 10000, 0, 2000},    // but that the window is full
		{0, 10000, 20000, 40, 0},      // the best
		{0, 10000, 20000, 64, 0},      // no queue's doing
		{0, 10000, 20000, 130, 5000},  // half of it waits
		{0, 30000, 20000, 130, 20000}, // and what the window does not take
		{bestFor, 10000, 20000, 130, 5000},
		{2 * bestFor, 10000, 20000, 130, 5000}, // the stretch before it
		{2 * bestFor, 10000, 20000, 130, 0},    // the way has become longer
	} {
		now = now.Add(step.pass)
		if got := f.waits(now, step.held, step.window, step.srtt); got != step.want {
			t.Errorf("step %d: %d bytes wait, want %d", i, got, step.want)
		}
	}
}
