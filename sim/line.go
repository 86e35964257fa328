package sim

import (
	"math"

	"shoal/span"
)

const (
	// overhead is what a message costs on the wire beside its own bytes, as in the design's model: IP, UDP, DTLS and SCTP
	// headers of its first packet. What further packets cost is to be read as a part of the uplink.
	overhead = 60
	// segmentSize is what SCTP puts into a packet, bytes (pion and Chromium: 1,191).
	segmentSize = 1191
	// mathis is C in rate = C * MSS / (RTT * sqrt(loss)): what Reno-like congestion control gets through loss (Mathis,
	// Semke, Mahdavi, Ott 1997). Measured with pion: 3.0 to 3.5 Mbit/s at 50 ms and 0.5 %, which this gives.
	mathis = 1.22
	// jitter is the most that a packet is late by chance.
	jitter = 5 * span.Millisecond
)

// line is a viewer's access to the internet: an uplink and a downlink, each one queue.
type line struct {
	lag      span.Span // its half of a one-way delay between viewers
	toOrigin span.Span // round trip
	up       float64   // bytes per second
	upNow    float64
	upFree   span.Span // when the uplink is done with what it was given
	upUsed   span.Span // for how long it sent, since measuring began
	down     float64   // bytes per second
	downFree span.Span
	coming   int     // bytes of pieces on their way to it
	loss     float64 // share of packets
	nat      nat
}

// owd returns the one-way delay between two viewers.
func (n *Internet) owd(a, b *viewer) span.Span {
	if n.PerNetwork > 1 && a.prefix() == b.prefix() {
		return lanLag
	}
	return a.line.lag + b.line.lag + span.Span(n.chance.unit()*float64(jitter))
}

// lanLag is one way between two viewers of one network.
const lanLag = 2 * span.Millisecond

// bytesIn returns how long bytes take at a rate in bytes per second.
func bytesIn(size int, rate float64) span.Span {
	return span.Span(float64(size) / rate * float64(span.Second))
}

// carry sends a message of v over l and returns when it is out of the uplink. Loss limits what one path carries, however
// much the uplink could.
func (n *Internet) carry(v *viewer, l *link, size int) span.Span {
	took := bytesIn(n.onWire(size), n.upRate(v))
	v.line.upFree = max(v.line.upFree, n.now) + took
	if n.measure.on() {
		v.line.upUsed += took
	}
	other := n.viewer(l.peer)
	loss := lossOf(v, other)
	if loss == 0 {
		return v.line.upFree
	}
	trip := 2 * (v.line.lag + other.line.lag)
	l.free = max(l.free, v.line.upFree-took) + bytesIn(n.onWire(size), through(loss, trip))
	return max(l.free, v.line.upFree)
}

// lossOf returns the share of packets lost between two viewers.
func lossOf(a, b *viewer) float64 { return 1 - (1-a.line.loss)*(1-b.line.loss) }

// through returns the bytes per second that one path carries.
func through(loss float64, trip span.Span) float64 {
	return mathis * segmentSize / (float64(trip) / float64(span.Second) * math.Sqrt(loss))
}

// arrival returns when a message that is out of v's uplink at gone reaches its peer. A lost packet costs it, and all behind
// it, a round trip and a half.
func (n *Internet) arrival(v *viewer, l *link, gone span.Span, size int) span.Span {
	other := n.viewer(l.peer)
	at := gone + n.owd(v, other) + bytesIn(n.onWire(size), other.line.down)
	if loss := lossOf(v, other); loss > 0 {
		packets := float64(1 + size/segmentSize)
		if n.chance.unit() > math.Pow(1-loss, packets) {
			at += 3 * (v.line.lag + other.line.lag)
		}
	}
	l.arrived = max(l.arrived, at)
	return l.arrived
}

// admits reports whether a piece may set out for a viewer now, and else when to see again: who sends into a downlink that is
// full has it wait in its own transport, for all that congestion control knows.
func (n *Internet) admits(to *viewer, size int) (again span.Span, ok bool) {
	if n.DownBuffer == 0 || !n.sctp.fluid() {
		return 0, true
	}
	queue := max(0, to.line.downFree-n.now) + bytesIn(to.line.coming, to.line.down)
	if queue > n.DownBuffer {
		return n.now + max(queue-n.DownBuffer, span.Millisecond), false
	}
	to.line.coming += n.onWire(size)
	return 0, true
}

// takes has a message wait for a busy downlink, and reports whether it is through. What arrives is taken to have filled
// the downlink for as long as its bytes take.
func (n *Internet) takes(v *viewer, e *event) bool {
	if e.queue {
		return true
	}
	took := bytesIn(n.onWire(int(e.size)), v.line.down)
	v.line.downFree = max(v.line.downFree, n.now-took) + took
	if v.line.downFree <= n.now {
		return true
	}
	later := *e
	later.queue = true
	n.at(v.line.downFree, later)
	return false
}
