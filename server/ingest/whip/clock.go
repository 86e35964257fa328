package whip

import "time"

// Bounds on timestamps.
const (
	// jumpMax is how far a track's timestamps may move away from the time in which its packets come before they are taken for
	// those of another clock.
	jumpMax = 3 * time.Second
	// pauseMax is how long nothing may come before what follows is a new run.
	pauseMax = 3 * time.Second
	// reportMax is how far a sender's reports may disagree with the time in which its packets come, and be believed.
	reportMax = time.Second
	// bend is how much of the time that passes may be added or left out to bring the picture to the sound: 2 %, which nobody sees.
	bend = 50
	// step is the least time between two samples of a track.
	step = 50 * time.Microsecond
)

// clock puts the RTP timestamps of a picture and a sound on one clock, which counts from the session's start. Sound goes
// by its own timestamps, so that no frame of it is ever bent; the picture is put to it by the sender's reports (RFC 3550,
// section 6.4.1), and until they come by when packets came.
type clock struct {
	tracks [2]stamps // picture, sound
	newest time.Duration
	begun  bool
}

// stamps is a track's place on the clock.
type stamps struct {
	rate  int64 // of its timestamps, a second
	begun bool
	raw   uint32        // the newest timestamp
	ticks int64         // from the first timestamp to the newest
	came  time.Duration // when the newest came
	zero  time.Duration // where the first timestamp is put

	told   bool
	wall   time.Duration // the sender's time of the first timestamp, as its newest report has it
	placed bool
	last   time.Duration // given out last
}

func newClock() *clock {
	c := &clock{}
	c.tracks[picture].rate, c.tracks[sound].rate = pictureRate, soundRate
	return c
}

// media converts ticks to time.
func (s *stamps) media(ticks int64) time.Duration {
	return time.Duration(ticks/s.rate)*time.Second + time.Duration(ticks%s.rate)*time.Second/time.Duration(s.rate)
}

// place returns when a frame is to be shown. jumped says that it does not follow from those before: a new run must begin with it.
func (c *clock) place(track int, raw uint32, came time.Duration) (at time.Duration, jumped bool) {
	s := &c.tracks[track]
	switch {
	case !s.begun:
		s.begun, s.raw, s.ticks, s.came, s.zero = true, raw, 0, came, came
		c.align(true)
	default:
		moved := s.media(int64(int32(raw - s.raw)))
		if (moved - (came - s.came)).Abs() > jumpMax {
			*s = stamps{rate: s.rate, begun: true, raw: raw, came: came, zero: came}
			c.begun = false
			c.align(true)
			return came, true
		}
		if track == picture && moved > 0 {
			c.bendBy(moved / bend)
		}
		s.ticks += int64(int32(raw - s.raw))
		s.raw, s.came = raw, came
	}
	at = s.zero + s.media(s.ticks)
	jumped = c.begun && at-c.newest > pauseMax
	c.newest, c.begun = max(c.newest, at), true
	return at, jumped
}

// give makes the times of a track grow.
func (c *clock) give(track int, at time.Duration) time.Duration {
	s := &c.tracks[track]
	if s.placed {
		at = max(at, s.last+step)
	}
	s.placed, s.last = true, at
	return at
}

// report takes a sender report: at the sender's time wall the timestamp was raw.
func (c *clock) report(track int, raw uint32, wall time.Duration) {
	s := &c.tracks[track]
	if !s.begun {
		return
	}
	first := !s.told
	s.told = true
	s.wall = wall - s.media(s.ticks+int64(int32(raw-s.raw)))
	c.align(first)
}

// aligned tells whether the sender said how its tracks lie to each other.
func (c *clock) aligned() bool { return c.tracks[picture].told && c.tracks[sound].told }

// target is where the picture's first timestamp belongs, if that is known.
func (c *clock) target() (time.Duration, bool) {
	p, s := &c.tracks[picture], &c.tracks[sound]
	if !p.begun || !s.begun || !c.aligned() {
		return 0, false
	}
	at := s.zero + p.wall - s.wall
	return at, (at - p.zero).Abs() <= reportMax
}

// align puts the picture to the sound at once while nothing of it was given out.
func (c *clock) align(fresh bool) {
	if at, ok := c.target(); ok && fresh && !c.tracks[picture].placed {
		c.tracks[picture].zero = at
	}
}

// bendBy brings the picture nearer to the sound, by most at the most.
func (c *clock) bendBy(most time.Duration) {
	if at, ok := c.target(); ok {
		p := &c.tracks[picture]
		p.zero += min(max(at-p.zero, -most), most)
	}
}
