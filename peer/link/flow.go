package link

import "time"

const (
	// slackMS, and as much again as half of the best, is how much longer a round trip may take than at best without a queue being to
	// blame: jitter, and acknowledgements that wait for more to acknowledge.
	slackMS = 5
	// bestFor is how long the best round trip counts at the least: the way may have become longer. But an uplink may be full for minutes,
	// and who forgets what it is like when it is free takes the queue for the way.
	bestFor = 3 * time.Minute
)

// flow tells what waits on the way from what is merely under way. The window takes what fits and says it is gone; on a narrow uplink it
// then waits in the modem, and with it everything else that its viewer does. A queue shows in the round trip.
type flow struct {
	best, before float64 // round trips at best, milliseconds, of this stretch of bestFor and of the one before; 0 is not known
	turned       time.Time
}

// waits returns how many of held bytes wait, in the sender or on the way, where window of them may be under way and a round trip takes srtt.
func (f *flow) waits(now time.Time, held, window int, srtt float64) int {
	if srtt <= 0 {
		return max(0, held-window)
	}
	if now.Sub(f.turned) > bestFor {
		f.turned, f.before, f.best = now, f.best, 0
	}
	if f.best == 0 || srtt < f.best {
		f.best = srtt
	}
	best := f.best
	if f.before > 0 {
		best = min(best, f.before)
	}
	under := min(held, window)
	queued := 0
	if late := srtt - 1.5*best - slackMS; late > 0 {
		queued = int(float64(under) * late / srtt)
	}
	return held - under + queued
}
