package rival

import (
	"encoding/binary"
	"slices"

	"shoal/id"
	"shoal/swarm"
)

// What loaders say to each other, by first byte. The original's commands are as short.
const (
	SayAnnounce = 64 // u16 n, n u32: segments held; the rest u32: segments that come from the origin
	SayRequest  = 65 // u32 segment, u16 first piece
	SayAbsent   = 66 // u32 segment
	SayCancel   = 67 // u32 segment
)

// streamAhead is how many bytes may wait in the transport towards a neighbour (the original pauses above its channel's
// low-water mark of 64 KiB).
const streamAhead = 64 << 10

// announceTo tells a neighbour everything that is held, and everything that comes from the origin: always the whole list.
func (l *Loader) announceTo(p id.Peer) {
	if l.config.UplinkBytesPerSecond == 0 {
		return
	}
	l.do(swarm.Say{Peer: p, Data: l.announcement()})
}

func (l *Loader) announcement() []byte {
	b := []byte{SayAnnounce, 0, 0}
	n := 0
	for _, x := range l.parts {
		if x.whole() {
			b = binary.BigEndian.AppendUint32(b, uint32(x.name.Seq))
			n++
		}
	}
	binary.BigEndian.PutUint16(b[1:], uint16(n))
	for _, x := range l.parts {
		if x.fetching && !x.whole() {
			b = binary.BigEndian.AppendUint32(b, uint32(x.name.Seq))
		}
	}
	return b
}

func (l *Loader) announce() {
	if l.config.UplinkBytesPerSecond == 0 {
		return
	}
	data := l.announcement()
	for _, s := range l.peers {
		l.do(swarm.Say{Peer: s.id, Data: data})
	}
}

func (l *Loader) said(in swarm.Said) {
	s := l.peer(in.Peer)
	if s == nil {
		return
	}
	body := in.Data[1:]
	switch in.Data[0] {
	case SayAnnounce:
		n := int(binary.BigEndian.Uint16(body))
		s.loaded = numbers(body[2 : 2+4*n])
		s.loading = numbers(body[2+4*n:])
	case SayRequest:
		l.serve(s, uint64(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint16(body[4:])))
	case SayAbsent:
		seq := uint64(binary.BigEndian.Uint32(body))
		if s.from != nil && s.from.name.Seq == seq {
			s.from = nil
			s.loaded = slices.DeleteFunc(s.loaded, func(held uint64) bool { return held == seq })
		}
	case SayCancel:
		if s.to != nil && s.to.name.Seq == uint64(binary.BigEndian.Uint32(body)) {
			s.to = nil
		}
	}
}

func numbers(b []byte) (all []uint64) {
	for ; len(b) >= 4; b = b[4:] {
		all = append(all, uint64(binary.BigEndian.Uint32(b)))
	}
	return all
}

// serve begins to send a segment, in place of whatever else goes to that neighbour.
func (l *Loader) serve(s *source, seq uint64, from int) {
	i, ok := l.find(seq)
	if !ok || !l.parts[i].whole() || l.config.UplinkBytesPerSecond == 0 {
		l.do(swarm.Say{Peer: s.id, Data: number(SayAbsent, seq)})
		return
	}
	s.to, s.piece = l.parts[i], from
	l.stream(s)
}

// stream sends what the transport takes.
func (l *Loader) stream(s *source) {
	for s.to != nil && s.buffered < streamAhead {
		l.do(swarm.Send{Peer: s.id, Part: s.to.name, Piece: s.piece})
		s.buffered += s.to.length / s.to.count
		if s.piece++; s.piece == s.to.count {
			s.to = nil
		}
	}
}

func number(kind byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind}, uint32(seq))
}

// sender returns the neighbour that is sending a segment, or nil.
func (l *Loader) sender(x *part) *source {
	for _, s := range l.peers {
		if s.from == x {
			return s
		}
	}
	return nil
}

// receiving returns how many neighbours are sending.
func (l *Loader) receiving() (n int) {
	for _, s := range l.peers {
		if s.from != nil {
			n++
		}
	}
	return n
}

func (l *Loader) held(x *part) bool {
	return slices.ContainsFunc(l.peers, func(s *source) bool { return slices.Contains(s.loaded, x.name.Seq) })
}

func (l *Loader) heldOrLoading(x *part) bool {
	return l.held(x) || slices.ContainsFunc(l.peers, func(s *source) bool { return slices.Contains(s.loading, x.name.Seq) })
}

// abort cuts off what a neighbour is sending.
func (l *Loader) abort(s *source) {
	l.do(swarm.Say{Peer: s.id, Data: number(SayCancel, s.from.name.Seq)})
	s.from = nil
}

// load asks one idle neighbour for a segment: any of those that hold it, the faster the likelier (P2PLoader.downloadSegment).
func (l *Loader) load(x *part) {
	var from []*source
	for _, s := range l.peers {
		if s.from == nil && slices.Contains(s.loaded, x.name.Seq) {
			from = append(from, s)
		}
	}
	if len(from) == 0 {
		return
	}
	s := from[l.draw(weights(from))]
	first := 0
	for first < x.count-1 && x.mine.Has(first) {
		first++
	}
	s.from, s.since, s.heardAt, s.got = x, l.now, l.now, 0
	l.do(swarm.Say{Peer: s.id, Data: binary.BigEndian.AppendUint16(number(SayRequest, x.name.Seq), uint16(first))})
}

// weights gives a neighbour that has not proven itself a tenth of the best one's weight, and all such together no more
// than the proven have.
func weights(from []*source) []float64 {
	best := 0.0
	for _, s := range from {
		best = max(best, s.rate)
	}
	all := make([]float64, len(from))
	least := max(1, best/10)
	unproven, proven := 0.0, 0.0
	for _, s := range from {
		if s.rate <= least {
			unproven++
		} else {
			proven += s.rate
		}
	}
	if unproven > 0 && proven > 0 && unproven*least > proven {
		least = proven / unproven
	}
	for i, s := range from {
		all[i] = max(s.rate, least)
	}
	return all
}

// draw returns an index, each as likely as its weight.
func (l *Loader) draw(weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := l.chance.unit() * sum
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}
