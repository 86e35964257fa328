package sim

import "shoal/span"

// association is one end of a link's SCTP: what is under way, what waits for room to be sent, and what has come and is not yet
// acknowledged.
type association struct {
	window    int // congestion window, bytes
	threshold int // up to which it grows by what is acknowledged, and beyond which by a packet a round
	flying    int // bytes
	waiting   []event
	flights   []flight
	trip, off span.Span // smoothed round trip, and how far from it trips are
	backOff   span.Span // RTO after a timeout
	round     uint32    // the retransmission timer

	owed     int    // bytes that came
	odd      bool   // a packet waits for another, to be acknowledged with it
	ackRound uint32 // the acknowledgement's timer
}

// flight is a message under way.
type flight struct {
	at   span.Span
	size int
}

// thresholdFirst is where slow start ends when nothing seemed lost yet: the peer's receive window (peer/link).
const thresholdFirst = 1 << 20

// associate returns an end of a new link's association, nil for a fluid.
func (t transport) associate() *association {
	if t.fluid() {
		return nil
	}
	return &association{window: t.window, threshold: thresholdFirst}
}

// room reports whether a message may go. Something always may: who sends packet by packet is over the window's end by one.
func (a *association) room(size int) bool {
	return a.flying == 0 || a.flying+size <= a.window+segmentSize
}

// patience is RTO (RFC 9260, 6.3.1), and at least a second, as in Pion and usrsctp.
func (a *association) patience() span.Span { return max(span.Second, a.trip+4*a.off, a.backOff) }

// landed takes in an acknowledgement. The window grows when it was what held things up.
func (a *association) landed(now span.Span, size int) {
	switch {
	case len(a.waiting) == 0:
	case a.window <= a.threshold:
		a.window += size
	default:
		a.window += segmentSize * size / a.window
	}
	a.flying -= size
	a.backOff = 0
	for ; len(a.flights) > 0; a.flights = a.flights[1:] {
		f := &a.flights[0]
		if f.size > size {
			f.size -= size
			return
		}
		size -= f.size
		a.measured(now - f.at)
	}
}

func (a *association) measured(trip span.Span) {
	if a.trip == 0 {
		a.trip, a.off = trip, trip/2
	}
	a.off += (max(trip-a.trip, a.trip-trip) - a.off) / 4
	a.trip += (trip - a.trip) / 8
}

// despair takes it that all under way is lost.
func (a *association) despair() {
	a.threshold = max(a.window/2, 4*segmentSize)
	a.window = segmentSize
	a.backOff = 2 * a.patience()
}

// abandon drops what still waits. It may be called on nil.
func (a *association) abandon(l *letters) {
	if a == nil {
		return
	}
	for i := range a.waiting {
		if a.waiting[i].kind == arrive {
			l.open(a.waiting[i].ref)
		}
	}
	a.waiting = nil
}
