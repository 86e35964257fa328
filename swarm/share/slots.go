package share

import "shoal/span"

// How capacity is learned: a newcomer sells little and then twice as much every second; what leaves the transports
// while pieces wait is what the uplink carries; and waits that are long, or short, move the slots a little.
const (
	// SlotsFirst is what a newcomer sells before anything is known.
	SlotsFirst = 6
	// soldPercent is how much of the measured uplink is sold: the rest is for repairs, and for parts larger than most.
	soldPercent = 90
	// soldPaced is how much of it where the line's rate is known: that is a little less than it carries, and finding more takes using it.
	soldPaced = 95
	// waitLong is a wait that says the uplink is oversold; waitShort one that says it could sell more.
	waitLong  = 700 * span.Millisecond
	waitShort = 300 * span.Millisecond
	// judgeEvery is how often waits are judged.
	judgeEvery = span.Second
	// longMax is how many long waits are forgiven between judgements.
	longMax = 3
	// offStep is how much more is kept back after long waits, in percent of the uplink, and offMax how much at most: waits
	// that are long for want of parents elsewhere would be longer yet if fewer stripes were sold.
	offStep = 4
	offMax  = 12
	// pressedFor is how long pieces must have waited without a pause for what drained meanwhile to be a measurement.
	pressedFor = 100 * span.Millisecond
)

type waits struct {
	longest span.Span
	long    int
}

func (w *waits) add(wait span.Span) {
	w.longest = max(w.longest, wait)
	if wait > waitLong {
		w.long++
	}
}

// drain measures what the uplink carries: the bytes that leave the transports while more are waiting.
type drain struct {
	pressed bool
	since   span.Span
	bytes   int
	rate    int       // bytes per second; 0 is not known
	at      span.Span // when it was measured last
}

// left notes bytes that left a transport.
func (d *drain) left(bytes int) {
	if d.pressed {
		d.bytes += bytes
	}
}

// press notes at now whether pieces wait for the transports.
func (d *drain) press(now span.Span, waiting bool) {
	if took := now - d.since; d.pressed && took >= pressedFor && (!waiting || took >= 5*pressedFor) {
		rate := int(int64(d.bytes) * int64(span.Second) / int64(took))
		if d.rate == 0 {
			d.rate = rate
		}
		d.rate += (rate - d.rate) / 4
		d.at = now
		d.since, d.bytes = now, 0
	}
	if waiting != d.pressed {
		d.pressed, d.since, d.bytes = waiting, now, 0
	}
}

// overhead measures what goes out beside the pieces.
type overhead struct {
	bytes int // since the last judgement
	rate  int // bytes per second
}

// judge takes in what went out in the time it took.
func (o *overhead) judge(took span.Span) {
	rate := int(int64(o.bytes) * int64(span.Second) / int64(took))
	o.bytes = 0
	o.rate += (rate - o.rate) / 4
}

// drainFor is how long what left the transports counts where the line's rate is known, too.
const drainFor = 10 * span.Second

// carries returns what the uplink carries of pieces, bytes per second; 0 is not known. What left the transports while pieces waited says so,
// but not where the line's rate was what they waited for.
func (d *Desk) carries(now span.Span) int {
	if d.line.rate == 0 {
		return d.drain.rate
	}
	line := max(d.line.rate-d.overhead.rate, 1)
	if d.drain.rate == 0 || d.drain.at < d.line.boundAt || now-d.drain.at > drainFor {
		return line
	}
	return min(line, d.drain.rate)
}

// Slots learns how many stripes the uplink carries.
type Slots struct {
	now    int
	off    int // percent, of what the uplink carries, that is kept back
	judged span.Span
}

// Judge returns the slots from now on, and when to judge again. stripe is a stripe's bytes per second, used what is sold.
func (s *Slots) Judge(now span.Span, d *Desk, stripe, used int) (slots int, next span.Span) {
	sold := soldPercent
	if d.line.rate > 0 {
		sold = soldPaced
	}
	most := max(d.bears()-d.overhead.rate, 0) * sold / 100 / stripe
	if s.now == 0 {
		s.now, s.judged = SlotsFirst, now
	}
	if now < s.judged+judgeEvery {
		return min(s.now, most), s.judged + judgeEvery
	}
	w := d.waits
	d.overhead.judge(now - s.judged)
	d.waits, s.judged = waits{}, now
	if carries := d.carries(now); carries > 0 {
		s.measured(w, carries*sold/100/stripe)
		return min(s.now, most), now + judgeEvery
	}
	switch {
	case w.long > longMax:
		s.now -= max(1, s.now*8/100)
	case used*4 >= s.now*3 && w.longest < waitShort:
		s.now = min(2*s.now, most)
	}
	s.now = max(s.now, 1)
	return min(s.now, most), now + judgeEvery
}

// Rescale keeps what is known of the uplink when a slot becomes another size.
func (s *Slots) Rescale(from, to int) { s.now = s.now * from / to }

// measured follows what the uplink carries. Long waits take a little off that: what repairs need is not sold.
func (s *Slots) measured(w waits, carries int) {
	switch {
	case w.long > longMax:
		s.off = min(s.off+offStep, offMax)
	case w.longest < waitLong:
		s.off = max(s.off-offStep/2, 0)
	}
	s.now = max(carries*(100-s.off)/100, 1)
}
