package ladder

import "time"

const (
	// warmUp is how long a worker may take to find its pace: it starts behind and catches up.
	warmUp = 4 * time.Second
	// behindMax is how far a rung may lag behind the source, and restAfter how far before its viewers are sent elsewhere: they
	// play three seconds behind live, and need a second of these to turn.
	behindMax = time.Second
	restAfter = 1500 * time.Millisecond
	// behindFor is for how many looks in a row a worker must be behind: scenes change.
	behindFor = 8
	// hungAfter is how long a worker that is behind may give nothing at all.
	hungAfter = 1500 * time.Millisecond
	// steadyAfter is how long a worker runs before its end is no sign that the next one ends soon, too.
	steadyAfter = 20 * time.Second
	// atOnceMax is how many workers in a row that ended soon are followed at once.
	atOnceMax = 3
	// waitFirst and waitMax bound the wait before what failed is tried again. It doubles.
	waitFirst, waitMax = 15 * time.Second, 10 * time.Minute
	// calmFirst is the first wait before a rung that was too much is tried again. It doubles up to waitMax.
	calmFirst = time.Minute
)

// trials plans when what failed is tried again. The zero value may try at once.
type trials struct {
	short  int       // workers in a row that ended soon
	at     time.Time // no worker before
	behind int       // looks in a row at which the worker was behind
	calm   time.Duration
	higher time.Time // no rung that was given up before
}

// failed notes that a worker ended, or could not start, and returns how long nothing is tried.
func (t *trials) failed(now time.Time) (wait time.Duration) {
	t.short++
	if t.short > atOnceMax {
		wait = min(waitFirst<<min(t.short-atOnceMax-1, 10), waitMax)
	}
	t.at = now.Add(wait)
	return wait
}

// slow notes that a worker was too slow.
func (t *trials) slow(now time.Time, first time.Duration) {
	t.calm = min(max(2*t.calm, first), waitMax)
	t.higher, t.behind = now.Add(t.calm), 0
}

// look looks whether the worker keeps up.
func (c *Climb) look() {
	now := time.Now()
	behind := c.past.newest - c.least()
	if c.worker == nil {
		if behind > restAfter {
			c.rest(c.first, len(c.rungs))
		}
		if c.first == len(c.rungs) {
			c.rise(now)
		}
		return
	}
	age := now.Sub(c.worker.started)
	if behind > restAfter && age > warmUp {
		c.rest(c.first, len(c.rungs))
	}
	switch {
	case behind > behindMax && age > warmUp && now.Sub(c.said) > hungAfter:
		c.end(Hung)
	case behind <= behindMax || age < warmUp:
		c.trials.behind = 0
		if age > steadyAfter {
			c.trials.short = 0
			c.rise(now)
		}
	default:
		if c.trials.behind++; c.trials.behind >= behindFor {
			c.end(Overloaded)
		}
	}
}

// yield gives up the largest rung that is made: it was too much for the machine.
func (c *Climb) yield(now time.Time) {
	c.rest(c.first, c.first+1)
	c.first++
	c.trials.slow(now, c.ladder.calm)
	left := "none"
	if c.first < len(c.sizes) {
		left = words(c.sizes[c.first:])
	}
	c.log.Warn("the machine is too slow for all rungs: the largest is given up for now", "left", left, "again_after", c.trials.calm)
}

// rise tries a rung again that was given up, when it is time.
func (c *Climb) rise(now time.Time) {
	if c.first == 0 || now.Before(c.trials.higher) {
		return
	}
	c.first--
	c.rungs[c.first].some = false
	c.trials.higher = now.Add(c.trials.calm)
	c.log.Info("a larger rung is tried again", "rungs", words(c.sizes[c.first:]))
	c.end(Changed)
}
