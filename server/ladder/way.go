package ladder

import (
	"fmt"
	"log/slog"
	"time"
)

// brokenFor is how long an encoder in hardware that failed is left alone: drivers come back after a reset, sessions are freed.
const brokenFor = 10 * time.Minute

// way is one way of making rungs here.
type way struct {
	cage     cage
	encoder  encoder
	capacity float64 // pixels a second that all Climbs may take together
}

// there reports whether it is one.
func (w way) there() bool { return w.encoder.name != "" }

// way returns the way of who begins now. The caller holds mu.
func (l *Ladder) way(now time.Time) way {
	if l.spare.there() && now.Before(l.broken) {
		return l.spare
	}
	return l.best
}

func (l *Ladder) wayNow() way {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.way(time.Now())
}

// fails takes note that the encoder of a Climb's worker failed soon after it began, and returns the way that it goes on. What
// works otherwise is kept: machines bound how many pictures their circuits encode at once, and those under way are none the worse.
func (l *Ladder) fails(used way, log *slog.Logger) way {
	if !used.encoder.hardware || !l.spare.there() {
		return used
	}
	l.mu.Lock()
	l.broken = time.Now().Add(brokenFor)
	l.mu.Unlock()
	log.Warn("the encoder in hardware fails: rungs are made in software", "encoder", used.encoder.name, "instead", l.spare.encoder.name,
		"again_for_new_broadcasts_after", fmt.Sprint(brokenFor))
	return l.spare
}
