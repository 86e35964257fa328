package share

import (
	"shoal/id"
	"shoal/span"
)

// One-way delays, as LEDBAT has them (RFC 6817): the other side's clock on arrival less ours on sending. The clocks agree in nothing, but
// what a delay is above the least of late has stood in a queue on the way there. The way back is not in it.
const (
	// bestFor is how long the least delay of a way counts, at the least; at most twice that. Clocks that drift by 20 us a second are then
	// 7 ms apart, and a line that is full for minutes has had its pauses.
	bestFor = 3 * 60 * span.Second
	// queuesMax bounds the measurements that count, queuesFor how long they do.
	queuesMax = 4
	queuesFor = 600 * span.Millisecond
	// welcomes is how many probes a new neighbour gets whatever goes on, so that its best is known before much is sent.
	welcomes = 3
)

// way is the way to a neighbour, and back.
type way struct {
	echoes    bool // it answers
	near      bool
	asked     int // how often it was asked, up to welcomes
	out, back delay
}

// delay is one way's. Delays are microseconds of two clocks modulo 2^32: only differences mean anything.
type delay struct {
	known        bool
	best, before uint32 // the least of this stretch of bestFor, and of it and the one before
	turned       span.Span
}

// above takes in a delay and returns how long it is above the best. Who is new to us while something stands there has not seen the best yet,
// and takes no part in telling of it: to reckon what others see into its best would keep that alive when it is gone.
func (d *delay) above(now span.Span, took uint32) span.Span {
	switch {
	case !d.known:
		d.known, d.turned = true, now
		d.best, d.before = took, took
	case now >= d.turned+bestFor:
		d.turned, d.before, d.best = now, d.best, took
	}
	d.best = earlier(d.best, took)
	d.before = earlier(d.before, d.best)
	return span.Span(int32(took-d.before)) * span.Microsecond
}

// earlier returns the smaller of two delays that are less than half an hour apart.
func earlier(a, b uint32) uint32 {
	if int32(b-a) < 0 {
		return b
	}
	return a
}

// clock is a time as probes carry it.
func clock(now span.Span) uint32 { return uint32(now / span.Microsecond) }

// queues are the last measurements, of all neighbours in turn.
type queues struct {
	at   [queuesMax]span.Span
	took [queuesMax]span.Span
	next int
	n    int
}

func (q *queues) add(now, took span.Span) {
	q.at[q.next], q.took[q.next] = now, took
	q.next = (q.next + 1) % queuesMax
	q.n = min(q.n+1, queuesMax)
}

// common returns the least of the last measurements: what stands on our line is on the way to everyone; what stands on another's, or came
// late by chance, is not.
func (q *queues) common(now span.Span) (took span.Span, known bool) {
	for i := range q.n {
		if now-q.at[i] <= queuesFor && (!known || q.took[i] < took) {
			took, known = q.took[i], true
		}
	}
	return took, known
}

// last returns the lesser of the last two measurements: what is seen twice in a row is not yet sure, but no time to send more.
func (q *queues) last() span.Span {
	return min(q.took[(q.next+queuesMax-1)%queuesMax], q.took[(q.next+queuesMax-2)%queuesMax])
}

// Echoes notes that a neighbour answers probes. One that is near, as in the same house, is not behind our line: it is asked only when there
// is nobody else, as whoever comes by one address may still be behind another line.
func (d *Desk) Echoes(p id.Peer, near bool) {
	if l := d.links.Get(p); l != nil {
		l.way.echoes, l.way.near, d.line.strange = true, near, true
	}
}

// Probe returns whom to ask for its clock at now, if anybody, and when to look again; ok is false if only a piece or a neighbour can
// change that. It is asked before the pieces of Pump go out: then what was sent before has gone, if the line took it, and the probe sees
// what stands there, and not how large a piece is. Clock is what the probe is to carry.
func (d *Desk) Probe(now span.Span, pieces bool) (to id.Peer, ours uint32, next span.Span, ok bool) {
	l := &d.line
	listens := l.listens(now)
	idle := !pieces && !l.strange && !listens
	if idle && (l.easy(now) || now < l.hushTo) {
		return id.Origin, 0, l.hushTo - listenFor, now < l.hushTo
	}
	if at := l.askedAt + probeIdle; idle && now < at {
		return id.Origin, 0, at, true
	}
	if at := l.askedAt + l.every(now); now < at && l.askedAt > 0 {
		return id.Origin, 0, at, l.strange || listens
	}
	var best *link
	strange := false
	d.links.All(func(p id.Peer, k *link) bool {
		if !k.way.echoes {
			return true
		}
		strange = strange || k.way.asked < welcomes
		if !idle && !pieces && k.way.asked >= welcomes && !(listens && k.askedAt < l.hushTo-listenFor) {
			return true
		}
		if best == nil || k.rather(best) {
			best, to = k, p
		}
		return true
	})
	l.strange = strange
	if best == nil {
		return id.Origin, 0, 0, false
	}
	best.askedAt, l.askedAt = now, now
	best.way.asked = min(best.way.asked+1, welcomes)
	if idle {
		return to, clock(now), now + probeIdle, true
	}
	return to, clock(now), now + l.every(now), strange || listens || l.rate > 0
}

// rather reports whether a neighbour is to be asked rather than another. Whose transport holds pieces is asked when nobody else is there:
// the probe would wait behind them.
func (l *link) rather(other *link) bool {
	switch {
	case l.way.near != other.way.near:
		return other.way.near
	case (l.buffered == 0) != (other.buffered == 0):
		return l.buffered == 0
	}
	return l.askedAt < other.askedAt
}

// Echoed takes in a neighbour's answer: asked is our clock as the probe had it, came its own.
func (d *Desk) Echoed(now span.Span, p id.Peer, asked, came uint32) {
	l := d.links.Get(p)
	trip := span.Span(clock(now)-asked) * span.Microsecond
	if l == nil || !l.way.echoes || trip > tripMax {
		return
	}
	took := l.way.out.above(now, came-asked)
	if took > trip { // nothing waits longer than the whole trip took: a clock has slept, and what was best means nothing
		l.way.out.known, l.way.back.known = false, false
		took = l.way.out.above(now, came-asked)
	}
	back := l.way.back.above(now, clock(now)-came)
	if busy := d.lag.now(now); busy > 0 {
		took = max(0, took-max(busy, back))
	}
	d.line.queues.add(now, took)
	d.line.judge(now, d.uplink.rate, d.overhead.rate, d.drain.rate)
}

// lag is how late this device does what it is to do. Who is late to be woken is as late to send a probe and to hear its answer, which is no queue
// on the line: what the way there took is then reckoned against what the way back took. (Always to do so would have a neighbour's queue hide
// ours.) Eight pages on two processors once took their own lateness for a queue, and sold next to nothing.
type lag struct {
	by span.Span
	at span.Span
}

// lagUsual is how late timers are on a device that has nothing else to do.
const lagUsual = 8 * span.Millisecond

// Late notes that what was due was done so much later.
func (d *Desk) Late(now, by span.Span) {
	if by >= d.lag.now(now) {
		d.lag = lag{by, now}
	}
}

// now returns the most of late that counts.
func (l lag) now(now span.Span) span.Span {
	if l.by <= lagUsual || now-l.at > queuesFor {
		return 0
	}
	return l.by
}

// tripMax is how late an answer may be: it tells of the line as it was.
const tripMax = 2 * span.Second
