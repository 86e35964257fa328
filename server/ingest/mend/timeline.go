package mend

import "time"

// Bounds on timestamps.
const (
	// jumpAhead is how far beyond the newest sample of any track a timestamp may be: after a longer pause, or when a
	// publisher's clock is set, a new run starts.
	jumpAhead = 3 * time.Second
	// jumpBack is how far a track's timestamps may go back before a new run starts. Less is repaired.
	jumpBack = 500 * time.Millisecond
	// strayMax is how many samples a track may send far from the others' times before its clock is taken to be another.
	strayMax = 128
	// rungApart is how far a rung's timestamps may be from the picture's: more than is held back at the beginning.
	rungApart = 5 * time.Second
	// shownBefore is how far a presentation time may lie before its decode time, which some encoders send.
	shownBefore = time.Second
	// shownAfter is how far it may lie after it.
	shownAfter = 10 * time.Second
	// step is the least time between two samples of a track: frames come with milliseconds.
	step = time.Millisecond
)

// Jumps are paid from a credit, so that a stream of them does not become a stream of segments.
const (
	jumpCredit = 10  // jumps at once
	jumpEarned = 500 // good samples that earn one more
)

// timeline puts the publisher's timestamps, 32-bit milliseconds that may wrap, jump and go back, on the clock of a run.
type timeline struct {
	tracks    []trackTime
	started   bool
	newest    time.Duration // of any track in the run
	newestRaw uint32        // the timestamp that newest stands for
	jumps     int           // spent credit
	good      int
}

// trackTime is where a track stands in the run.
type trackTime struct {
	joined bool
	raw    uint32
	at     time.Duration // what raw stands for
	stray  int
	before bool   // it was in the run before
	old    uint32 // its timestamp there
	placed bool
	last   time.Duration // decode time last given out
	lag    time.Duration // by how much decode times are put earlier; kept over runs, for it is the encoder's habit
}

// verdict says what became of a timestamp.
type verdict int

const (
	placed    verdict = iota
	stray             // the sample is to be dropped
	jumped            // a new run must start; the timestamp is its first
	exhausted         // too many jumps
)

func newTimeline(tracks int) *timeline { return &timeline{tracks: make([]trackTime, tracks)} }

// sinceRaw is b - a on the wrapping clock.
func sinceRaw(a, b uint32) time.Duration {
	return time.Duration(int32(b-a)) * time.Millisecond
}

// seen moves a track's clock to a timestamp.
func (t *timeline) seen(track int, raw uint32) verdict {
	c := &t.tracks[track]
	if !t.started {
		t.started, t.newest, t.newestRaw = true, 0, raw
		c.joined, c.raw, c.at = true, raw, 0
		return placed
	}
	ahead := sinceRaw(t.newestRaw, raw)
	at := t.newest + ahead
	if c.joined {
		moved := sinceRaw(c.raw, raw)
		at = c.at + moved
		ahead = at - t.newest
		if moved < -jumpBack || ahead > jumpAhead {
			return t.jump()
		}
	} else if ahead > jumpAhead || ahead < -jumpAhead || c.behind(raw, ahead) {
		if c.stray++; c.stray <= strayMax {
			return stray
		}
		at, ahead = t.newest, 0
	}
	c.joined, c.raw, c.at = true, raw, at
	if ahead > 0 {
		t.newest = at
		t.newestRaw += uint32(ahead / time.Millisecond)
	}
	if t.good++; t.good >= jumpEarned {
		t.good, t.jumps = 0, max(0, t.jumps-1)
	}
	return placed
}

// follows puts a timestamp of a rung on the clock of the picture, which moves that clock alone, and reports whether it is near enough.
func (t *timeline) follows(picture, rung int, raw uint32) bool {
	c := t.tracks[picture]
	apart := sinceRaw(c.raw, raw)
	if !c.joined || apart.Abs() > rungApart {
		return false
	}
	t.tracks[rung].raw, t.tracks[rung].at = raw, c.at+apart
	return true
}

// behind tells whether a timestamp still belongs to the run before: one track jumped, and this one has not come there yet.
func (c *trackTime) behind(raw uint32, ahead time.Duration) bool {
	moved := sinceRaw(c.old, raw)
	if !c.before || moved < 0 || moved > jumpBack || ahead.Abs() <= jumpBack {
		return false
	}
	c.old = raw
	return true
}

func (t *timeline) jump() verdict {
	if t.jumps++; t.jumps > jumpCredit {
		return exhausted
	}
	t.restart()
	return jumped
}

// restart begins a run: the next timestamp is its zero.
func (t *timeline) restart() {
	t.started = false
	for i, c := range t.tracks {
		t.tracks[i] = trackTime{lag: c.lag, before: c.joined || c.before, old: c.old}
		if c.joined {
			t.tracks[i].old = c.raw
		}
	}
}

// picture returns the times of a picture that is shown offset after the timestamp last seen.
func (t *timeline) picture(track int, offset time.Duration) (dts, pts time.Duration) {
	c := &t.tracks[track]
	pts = c.at + offset
	switch {
	case offset < -shownBefore || offset > shownAfter:
		pts = c.at
	case offset < 0:
		c.lag = max(c.lag, -offset)
	}
	dts = c.give(c.at - c.lag)
	return dts, max(pts, dts)
}

// sound returns the time of a sound frame of a known duration. Times come in milliseconds, which would make gaps and
// overlaps of every frame: one that is nearly where the frame before it ended is put just there.
func (t *timeline) sound(track int, lasts, before time.Duration) time.Duration {
	c := &t.tracks[track]
	at := c.at
	if c.placed && (at-c.last-before).Abs() <= max(lasts/2, 2*step) {
		at = c.last + before
	}
	return c.give(at)
}

// give makes decode times grow.
func (c *trackTime) give(at time.Duration) time.Duration {
	if c.placed {
		at = max(at, c.last+step)
	}
	c.placed, c.last = true, at
	return at
}
