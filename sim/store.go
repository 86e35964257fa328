package sim

import "shoal/span"

// tainted marks the hop count of a piece that is held though it is not true.
const tainted = 0x80

// store is what a body holds: of each piece, how many peers it came through, plus one; 0 is not held.
type store struct {
	first int32 // the seq that parts begins with
	parts []holding
	bytes int
}

type holding struct {
	pieces []uint8
	at     []span.Span // when each was checked
	count  int
	bytes  int
	bad    int // of them are not true
}

func (s *store) get(part int32) *holding {
	if i := int(part - s.first); i >= 0 && i < len(s.parts) && s.parts[i].pieces != nil {
		return &s.parts[i]
	}
	return nil
}

// hold keeps a piece, and reports whether it made a part of so many pieces complete.
func (s *store) hold(now span.Span, a arrived, size, pieces int) bool {
	if len(s.parts) == 0 {
		s.first = a.part
	}
	for ; a.part < s.first; s.first-- {
		s.parts = append([]holding{{}}, s.parts...)
	}
	for int(a.part-s.first) >= len(s.parts) {
		s.parts = append(s.parts, holding{})
	}
	h := &s.parts[a.part-s.first]
	if h.pieces == nil {
		h.pieces, h.at = make([]uint8, pieces), make([]span.Span, pieces)
	}
	if h.pieces[a.piece] != 0 {
		return false
	}
	h.pieces[a.piece], h.at[a.piece] = a.hop+1, now
	h.count++
	h.bytes += size
	s.bytes += size
	if !a.truth {
		h.pieces[a.piece] |= tainted
		h.bad++
	}
	return h.count == pieces
}

// has reports whether a piece is held.
func (s *store) has(part int32, piece int) bool {
	h := s.get(part)
	return h != nil && piece < len(h.pieces) && h.pieces[piece] != 0
}

// since returns when a piece was checked; ok is false if it is not held.
func (s *store) since(part int32, piece int) (at span.Span, ok bool) {
	if !s.has(part, piece) {
		return 0, false
	}
	return s.get(part).at[piece], true
}

// hop returns how many peers a piece came through, and whether it is not true.
func (s *store) hop(part int32, piece int) (hop uint8, bad bool) {
	if !s.has(part, piece) {
		return 0, false
	}
	x := s.get(part).pieces[piece]
	return x&^tainted - 1, x&tainted != 0
}

// whole reports whether a part is held, and whether a piece of it is not true.
func (s *store) whole(part int32) (yes, bad bool) {
	h := s.get(part)
	if h == nil {
		return false, false
	}
	return h.count == len(h.pieces), h.bad > 0
}

func (s *store) evict(part int32) {
	if h := s.get(part); h != nil {
		s.bytes -= h.bytes
		*h = holding{}
	}
	for len(s.parts) > 0 && s.parts[0].pieces == nil {
		s.parts = s.parts[1:]
		s.first++
	}
}
