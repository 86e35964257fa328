package whip

import (
	"time"

	"github.com/pion/rtp"
)

// Bounds on waiting for packets that are missing. A picture's are asked for again and come after a round trip; sound's are not.
const (
	pictureWait = 400 * time.Millisecond
	soundWait   = 120 * time.Millisecond
	// orderMax bounds the packets that are held for a missing one: a second of 8 Mbit/s.
	orderMax = 1024
)

// order puts a track's packets in the order of their numbers, and gives a missing one up after a while. The zero value
// with wait set is ready.
type order struct {
	wait time.Duration

	begun  bool
	next   uint16 // the number that comes next
	held   map[uint16]arrival
	jumped int // packets in a row from far away
}

// arrival is a packet and when it came.
type arrival struct {
	packet *rtp.Packet
	at     time.Time
}

// push takes a packet. It reports whether the packet is of use: neither late nor there already.
func (o *order) push(p *rtp.Packet, now time.Time) bool {
	if !o.begun {
		o.begun, o.next, o.held = true, p.SequenceNumber, make(map[uint16]arrival)
	}
	ahead := int16(p.SequenceNumber - o.next)
	if ahead >= orderMax || ahead < -orderMax {
		// Numbers from elsewhere: one is noise, several are a sender that began anew.
		const believed = 8
		if o.jumped++; o.jumped < believed {
			return false
		}
		clear(o.held)
		o.next, ahead = p.SequenceNumber, 0
	}
	o.jumped = 0
	if _, there := o.held[p.SequenceNumber]; ahead < 0 || there {
		return false
	}
	o.held[p.SequenceNumber] = arrival{p, now}
	return true
}

// pop returns the next packet, and how many before it were given up; or nil while one is waited for.
func (o *order) pop(now time.Time) (p *rtp.Packet, lost int) {
	if len(o.held) == 0 {
		return nil, 0
	}
	first := o.next
	for o.held[first].packet == nil {
		first++
	}
	came := o.held[first]
	if lost = int(first - o.next); lost > 0 && now.Sub(came.at) < o.wait && len(o.held) < orderMax/2 {
		return nil, 0
	}
	delete(o.held, first)
	o.next = first + 1
	return came.packet, lost
}
