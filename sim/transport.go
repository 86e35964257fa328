package sim

import (
	"shoal/id"
	"shoal/span"
)

// transport is how SCTP treats messages. A fluid has no window, no acknowledgements and no packets: what is sent is on the
// uplink at once, and its sender knows when it has left. In truth nobody tells: a message is out of the buffer as soon as the
// congestion window has room for it, and then waits in the modem, unseen. docs/calibration.md holds this against real peers.
type transport struct {
	window int // congestion window at first, bytes; 0 is a fluid
}

func (t transport) fluid() bool { return t.window == 0 }

// transportNamed returns what a scenario calls so.
func transportNamed(name string) (t transport, ok bool) {
	switch name {
	case "fluid":
		return transport{}, true
	case "browser": // dcSCTP: ten packets
		return transport{window: 10 * segmentSize}, true
	case "pion": // pion/sctp 1.11
		return transport{window: 4380}, true
	}
	return transport{}, false
}

const (
	// payloadSize is what of a message fits into a packet, and headersSize what goes with it: SCTP with its chunk, DTLS, UDP
	// and IPv4, bytes. An acknowledgement is a packet without payload.
	payloadSize = 1163
	headersSize = 93
	// aliveRate is what a link costs each side's uplink, bytes per second: ICE asks once a second whether the other is there,
	// and answers (RFC 7675), 138 and 92 bytes.
	aliveRate = 230
	// askSize is a request to the origin on the uplink, bytes, with TCP and TLS.
	askSize = 350
	// ackWait is how long a packet without a second is left without an acknowledgement (RFC 9260, 6.2: Pion, dcSCTP and
	// usrsctp take 200 ms).
	ackWait = 200 * span.Millisecond
	// bufferRead is how soon a body notices that its buffer is empty again.
	bufferRead = span.Millisecond
)

// onWire returns what a message takes of a line.
func (n *Internet) onWire(size int) int {
	if n.sctp.fluid() {
		return size + overhead
	}
	return size + headersSize*(1+max(0, size-1)/payloadSize)
}

// upRate returns what an uplink has for messages.
func (n *Internet) upRate(v *viewer) float64 {
	if n.sctp.fluid() {
		return v.line.upNow
	}
	return max(v.line.upNow-float64(aliveRate*len(v.links)), v.line.upNow/10)
}

// ask returns when a request to the origin is out of the uplink, from now.
func (n *Internet) ask(v *viewer) span.Span {
	if n.sctp.fluid() {
		return 0
	}
	took := bytesIn(askSize, n.upRate(v))
	v.line.upFree = max(v.line.upFree, n.now) + took
	if n.measure.on() {
		v.line.upUsed += took
	}
	return v.line.upFree - n.now
}

// timer returns the number of a timer: one that has been overtaken by another does nothing.
func (n *Internet) timer() uint32 {
	n.timers++
	return n.timers
}

// give hands a message to the transport of a link.
func (v *viewer) give(l *link, e event) {
	if l.sctp == nil {
		v.launch(l, e)
		return
	}
	l.sctp.waiting = append(l.sctp.waiting, e)
	v.flush(l)
}

// flush sends what the window has room for.
func (v *viewer) flush(l *link) {
	n, a := v.net, l.sctp
	for len(a.waiting) > 0 && a.room(int(a.waiting[0].size)) {
		e := a.waiting[0]
		a.waiting = a.waiting[1:]
		a.flying += int(e.size)
		a.flights = append(a.flights, flight{n.now, int(e.size)})
		if len(a.flights) == 1 {
			v.watch(l)
		}
		v.launch(l, e)
		n.after(bufferRead, event{kind: drained, node: v.index, other: indexOf(l.peer), size: e.size})
	}
}

// launch puts a message on the uplink.
func (v *viewer) launch(l *link, e event) {
	n := v.net
	if e.kind == arrive {
		n.at(n.arrival(v, l, n.carry(v, l, int(e.size)), int(e.size)), e)
		return
	}
	v.transmit(l, e)
}

// received has a message of a neighbour acknowledged: every second packet at once, the one left over with the next to come,
// or after a while.
func (v *viewer) received(from id.Peer, size int) {
	if v.net.sctp.fluid() {
		return
	}
	l := v.link(from)
	if l == nil {
		return
	}
	packets, rest := 1+(size-1)/payloadSize, 0
	l.sctp.owed += size
	l.sctp.odd = l.sctp.odd != (packets%2 == 1)
	l.sctp.ackRound = v.net.timer()
	if l.sctp.odd {
		rest = size - (packets-1)*payloadSize
		v.net.after(ackWait, event{kind: confirm, node: v.index, other: indexOf(from), ref: l.sctp.ackRound})
	}
	v.acknowledge(l, l.sctp.owed-rest)
}

// confirm acknowledges the packet that waited for another, if it still does.
func (v *viewer) confirm(e *event) {
	if l := v.link(e.peer()); l != nil && l.sctp.ackRound == e.ref {
		l.sctp.odd = false
		v.acknowledge(l, l.sctp.owed)
	}
}

// acknowledge tells a neighbour that so many bytes have come, by way of the uplink.
func (v *viewer) acknowledge(l *link, size int) {
	if size <= 0 {
		return
	}
	n := v.net
	l.sctp.owed -= size
	at := n.arrival(v, l, n.carry(v, l, 0), 0)
	n.at(at, event{kind: acked, node: indexOf(l.peer), other: v.index, size: int32(size), ref: l.number})
}

// acked makes room for what waits.
func (v *viewer) acked(e *event) {
	l := v.link(e.peer())
	if l == nil || l.number != e.ref {
		return
	}
	l.sctp.landed(v.net.now, int(e.size))
	v.watch(l)
	v.flush(l)
}

// watch sets the retransmission timer anew.
func (v *viewer) watch(l *link) {
	l.sctp.round = v.net.timer()
	if len(l.sctp.flights) > 0 {
		v.net.after(l.sctp.patience(), event{kind: overdue, node: v.index, other: indexOf(l.peer), ref: l.sctp.round})
	}
}

// overdue sends anew what was not acknowledged in time, and begins with a small window. What was thought to be lost only stood
// in a queue, and comes twice.
func (v *viewer) overdue(e *event) {
	l := v.link(e.peer())
	if l == nil || l.sctp.round != e.ref || len(l.sctp.flights) == 0 {
		return
	}
	l.sctp.despair()
	v.net.carry(v, l, l.sctp.flying)
	v.watch(l)
}
