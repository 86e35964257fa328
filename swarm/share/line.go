package share

import "shoal/span"

// How fast the line takes what is sent without a queue on it. Where a queue stands, what went out meanwhile is what the line carries;
// where none does, more is tried. Whoever else uses the line fills the queue again, however little we send: so we yield.
const (
	// queueLow is what chance and clocks make of no queue; up to queueHigh the rate falls slowly, above it at once.
	queueLow  = 5 * span.Millisecond
	queueHigh = 12 * span.Millisecond
	// probeCalm is how often a neighbour is asked while no queue was ever seen, or none for long. Else it is once in so many bytes, but no more
	// often than probeMost and no less than probeLeast: the sooner a queue is seen the shorter it stays, and 100 bytes are 0.7 % of them.
	probeCalm  = 250 * span.Millisecond
	probeBytes = 14_000
	probeMost  = 40 * span.Millisecond
	probeLeast = 150 * span.Millisecond
	// A line that is full from the first moment on looks like a long way. So who sends without a pause of hushFor is quiet for so long, the first
	// time after hushFirst and then every hushEvery, and asks everyone in the last listenFor of it, one each probeListen. What is gone by then is seen to have been a queue, and the
	// rest when the rate has come down.
	hushFor     = 150 * span.Millisecond
	hushFirst   = 4 * span.Second
	hushEvery   = 60 * span.Second
	listenFor   = 60 * span.Millisecond
	probeListen = 8 * span.Millisecond
	// chatter is what goes out between pieces now and then, bytes: what it takes of the line is no queue that stands. lineUsual is the slowest
	// line for which it is reckoned.
	chatter   = 1600
	lineUsual = 128_000
	// outFor is how long what goes out is counted, judgeLine how often the rate is judged at most.
	outFor    = 500 * span.Millisecond
	judgeLine = 40 * span.Millisecond
	// cutEvery is how long a lower rate is given to show.
	cutEvery = 500 * span.Millisecond
	// lineLeast is the lowest rate, bytes per second, beside what goes out beside the pieces: less is no use to anybody, and leaves nothing to
	// measure with. While less than lineFree is left for pieces no slot may be sold, so that the rate must grow without being used.
	lineLeast = 16_000
	lineFree  = 64_000
	// probeIdle is how often a neighbour is asked while no piece goes out and the rate is known: it might be why none does.
	probeIdle = 500 * span.Millisecond
	// allowedPercent is how much of what was allowed is used then: with all of it, what stands in an outlet would never be gone.
	allowedPercent = 97
	// outletHolds is what may stand in an outlet where nearly all goes out that is allowed: that is our own bound, and not the line's.
	outletHolds = 60 * span.Millisecond
	// lineBurst is how much may go at once beside one piece, as time at the rate: timers are no more exact.
	lineBurst = 4 * span.Millisecond
)

// In thousandths of the rate.
const (
	cutLeast, cutMost = 50, 400
	// keptAfter is what of the measured rate is used when the queue is gone.
	keptAfter = 950
	// growFar is how much the rate grows in a second where it is less than nearly of what was measured, or nothing was. Near that it grows by
	// growFirst in the first second without a queue, by growMore more in each further one.
	growFar, nearly     = 250, 900
	growFirst, growMore = 10, 4
	// calmFor is how long there is no queue until the line is taken to have become wider: then it grows as if nothing had been measured.
	calmFor = 6 * span.Second
	shrink  = 20
)

// line is the viewer's uplink as far as it has shown itself.
type line struct {
	rate      int // bytes per second without a queue, all included; 0 is not known
	carries   int // the rate at which a queue grew last; 0 is not known
	drains    bool
	queue     span.Span // when it was yielded to last
	cutAt     span.Span
	strange   bool // there are neighbours whose best is not known
	queues    queues
	calm      span.Span // since when there is no queue
	grewAt    span.Span // when more was tried last
	judged    span.Span
	askedAt   span.Span
	sentAt    span.Span // the last piece
	quietAt   span.Span // when a pause of hushFor ended last
	hushAfter span.Span
	hushTo    span.Span
	boundAt   span.Span // when the rate held a piece back last
	since     span.Span // bytes are counted from here
	bytes     int
	out       int   // bytes per second of pieces of late
	debt      int64 // micro-bytes that went out and are not earned back
	settled   span.Span
}

// every returns how long to wait from one probe to the next.
func (l *line) every(now span.Span) span.Span {
	switch {
	case l.strange || l.listens(now):
		return probeListen
	case !l.easy(now):
		return min(max(l.lasts(probeBytes), probeMost), probeLeast)
	}
	return probeCalm
}

// easy reports whether the line is left alone: no queue was ever seen, or none for long in which no more was tried than had been. It is asked
// as often again as soon as one shows. A rate at which next to nothing can be given must grow, however little goes out.
func (l *line) easy(now span.Span) bool {
	return l.rate == 0 || l.rate >= 2*lineFree && now-max(l.calm, l.grewAt) > calmFor
}

// listens reports whether what we sent is gone, and everyone is to be asked.
func (l *line) listens(now span.Span) bool { return now < l.hushTo && now >= l.hushTo-listenFor }

// judge takes in what is known of the queue now. beside is what goes out beside the pieces, drained what left the transports while more
// waited, bytes per second. More than is allowed is never tried.
func (l *line) judge(now span.Span, allowed, beside, drained int) {
	took := min(now-l.judged, span.Second)
	queue, known := l.queues.common(now)
	if !known || took < judgeLine {
		return
	}
	l.judged = now
	l.count(now)
	own := l.lasts(chatter)
	if (l.out+beside)*10 > allowed*8 {
		own += outletHolds
	}
	switch {
	case queue > queueHigh+own:
		l.yield(now, queue, max(l.out, drained)+beside)
		l.calm = now
	case l.rate == 0:
		l.calm = now
	case queue > queueLow+own/2 || l.queues.last() > queueHigh+own:
		l.change(-shrink, took)
		l.calm = now
	default:
		if l.drains {
			l.drains = false
			l.rate = max(l.rate, l.carries*keptAfter/1000)
		}
		// Who uses little of what he may knows no more than before.
		if now < l.boundAt+span.Second || l.rate < beside+lineFree || (l.out+beside)*10 > l.rate*6 {
			before := l.rate
			l.change(l.grows(now), took)
			l.rate = min(l.rate, max(allowed, lineLeast))
			if l.rate > before {
				l.grewAt = now
			}
		}
	}
	if l.rate > 0 {
		l.rate = max(l.rate, lineLeast+beside)
	}
}

// lasts returns how long bytes take at the rate.
func (l *line) lasts(bytes int) span.Span {
	return span.Span(int64(bytes) * int64(span.Second) / int64(max(l.rate, lineUsual)))
}

// grows returns what the rate grows in a second without a queue, in thousandths.
func (l *line) grows(now span.Span) int {
	if l.carries == 0 || l.rate*1000 < l.carries*nearly || now-l.calm > calmFor {
		return growFar
	}
	return growFirst + growMore*int((now-l.calm)/span.Second)
}

// yield sends less than the line carries, until the queue is gone; out is what goes out where no rate was known. One that shrinks is let do so.
func (l *line) yield(now, queue span.Span, out int) {
	if l.drains && now < l.cutAt+cutEvery {
		return
	}
	shrinks := l.drains && queue*5 < l.queue*4
	l.cutAt, l.queue = now, queue
	if shrinks {
		return
	}
	cut := min(cutLeast+int((queue-queueHigh)/span.Millisecond)*2, cutMost)
	l.carries = l.rate
	if l.rate == 0 { // how much of the time pieces were there is not known: this may be far too little
		l.rate = out
	}
	l.rate = max(l.rate*(1000-cut)/1000, lineLeast)
	l.drains = true
}

func (l *line) change(thousandths int, took span.Span) {
	l.rate += int(int64(l.rate) * int64(thousandths) * int64(took/span.Millisecond) / 1_000_000)
	l.rate = max(l.rate, lineLeast)
}

// count settles what went out of late.
func (l *line) count(now span.Span) {
	took := now - l.since
	if took < outFor {
		return
	}
	rate := int(int64(l.bytes) * int64(span.Second) / int64(took))
	if took > 4*outFor { // nothing was asked for a while
		l.out = rate
	}
	l.out += (rate - l.out) / 2
	l.since, l.bytes = now, 0
}

// share returns the bytes per second that are left for pieces. What was allowed is a line, too, as soon as anybody says what stands on it: what is
// given to a transport faster than its outlet may let it out stands there, and a probe behind it.
func (l *line) share(allowed, beside int) int {
	rate := allowed * allowedPercent / 100
	if l.rate > 0 {
		rate = min(rate, l.rate)
	}
	return max(rate-beside, rate/2, 1)
}

// settle earns back what time has brought.
func (l *line) settle(now span.Span, share int) {
	idle := min(now-l.settled, idleMax)
	l.debt = max(0, l.debt-int64(idle/span.Microsecond)*int64(share))
	l.settled = now
}

// free reports whether a piece may go now, and else when.
func (l *line) free(now span.Span, allowed, beside int) (at span.Span, ok bool) {
	if now < l.hushTo {
		return l.hushTo, false
	}
	if l.judged > 0 && now-l.sentAt < hushFor && now-l.quietAt > l.hushAfter {
		l.hushTo, l.hushAfter = now+hushFor, hushEvery
		return l.hushTo, false
	}
	if l.judged == 0 {
		return 0, true
	}
	share := int64(l.share(allowed, beside))
	l.settle(now, int(share))
	over := l.debt - share*int64(lineBurst/span.Microsecond)
	if over <= 0 {
		return 0, true
	}
	if l.rate > 0 {
		l.boundAt = now
	}
	return now + span.Span(over/share+1)*span.Microsecond, false
}

// sent notes that a piece went out.
func (l *line) sent(now span.Span, size int) {
	if now-l.sentAt >= hushFor {
		l.quietAt = now
	}
	l.sentAt = now
	l.bytes += size
	if l.judged > 0 {
		l.debt += int64(size) * micro
	}
}

// Pace returns the bytes per second that the line takes without a queue, everything included; 0 is not known.
func (d *Desk) Pace() int { return d.line.rate }

// bears returns the bytes per second that may go out: what is allowed, and no more than the line takes.
func (d *Desk) bears() int {
	if d.line.rate > 0 {
		return min(d.line.rate, d.uplink.rate)
	}
	return d.uplink.rate
}
