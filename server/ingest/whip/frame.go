package whip

import (
	"github.com/pion/rtp"

	"shoal/segment"
)

// Types of NAL units in RTP (RFC 6184, section 5.2).
const (
	typeMask  = 0x1F
	typeSTAPA = 24
	typeFUA   = 28
)

const (
	// frameMax bounds a frame: it must fit into a part.
	frameMax = segment.PartSizeMax
	// unitsMax bounds the NAL units of a frame: more than any slicing makes.
	unitsMax = 512
)

// frame is what one timestamp of a picture track carries.
type frame struct {
	units  [][]byte // NAL units
	stamp  uint32
	broken bool // something of it, or of what came before it, is lost
}

// framer makes frames of H.264 packets in order: single NAL units, STAP-A and FU-A, which is what packetization modes 0 and 1 send.
type framer struct {
	now    frame
	size   int
	open   bool // now has begun
	cut    bool // the next frame begins behind a loss
	pieces []byte
	inside bool // pieces is a NAL unit in the making
}

// push takes the next packet, before which lost ones were given up, and returns the frames that are whole now.
func (f *framer) push(p *rtp.Packet, lost int) (whole []frame) {
	if lost > 0 {
		f.inside = false
		f.cut = true
		if f.open {
			f.now.broken = true // its end is missing, or the beginning of the next: it cannot be told which
		}
	}
	if len(p.Payload) == 0 { // padding, by which senders probe the line
		return nil
	}
	if f.open && p.Timestamp != f.now.stamp { // the packet with the mark was lost, or there was none
		whole = append(whole, f.take())
	}
	if !f.open {
		f.open = true
		f.now = frame{stamp: p.Timestamp, broken: f.cut}
		f.cut = false
	}
	f.now.broken = f.now.broken || f.cut
	f.cut = false
	f.payload(p.Payload)
	if p.Marker {
		whole = append(whole, f.take())
	}
	return whole
}

// take ends the frame.
func (f *framer) take() frame {
	if f.inside {
		f.now.broken, f.inside = true, false
	}
	done := f.now
	f.now, f.open, f.size, f.pieces = frame{}, false, 0, nil
	return done
}

func (f *framer) payload(b []byte) {
	switch kind := b[0] & typeMask; {
	case kind > 0 && kind < typeSTAPA:
		f.broke(f.inside)
		f.unit(append([]byte(nil), b...))
	case kind == typeSTAPA:
		f.broke(f.inside)
		f.several(b[1:])
	case kind == typeFUA:
		f.piece(b)
	default:
		f.broke(true)
	}
}

// broke marks the frame if what was expected did not come.
func (f *framer) broke(so bool) {
	f.now.broken = f.now.broken || so
	f.inside = false
}

// several takes NAL units of one packet apart, each behind a length of two bytes.
func (f *framer) several(b []byte) {
	for len(b) > 0 {
		if len(b) < 2 {
			f.broke(true)
			return
		}
		size := int(b[0])<<8 | int(b[1])
		b = b[2:]
		if size == 0 || size > len(b) {
			f.broke(true)
			return
		}
		f.unit(append([]byte(nil), b[:size]...))
		b = b[size:]
	}
}

// piece takes a piece of a NAL unit that is larger than a packet.
func (f *framer) piece(b []byte) {
	const header, first, last = 2, 0x80, 0x40
	if len(b) <= header {
		f.broke(true)
		return
	}
	if b[1]&first != 0 {
		f.broke(f.inside)
		f.inside = true
		f.pieces = []byte{b[0]&^typeMask | b[1]&typeMask}
	} else if !f.inside {
		f.broke(true)
		return
	}
	if f.size+len(f.pieces)+len(b) > frameMax {
		f.broke(true)
		return
	}
	f.pieces = append(f.pieces, b[header:]...)
	if b[1]&last != 0 {
		f.inside = false
		f.unit(f.pieces)
		f.pieces = nil
	}
}

func (f *framer) unit(u []byte) {
	if f.size+len(u) > frameMax || len(f.now.units) >= unitsMax {
		f.broke(true)
		return
	}
	f.size += len(u)
	f.now.units = append(f.now.units, u)
}
