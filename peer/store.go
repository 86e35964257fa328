package peer

import (
	"crypto/sha256"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

// Bounds on bytes that nobody has vouched for yet.
const (
	// claimsMax bounds the pieces held unchecked: those that the engine keeps until their record comes, and room.
	claimsMax = 128
	// partsMax bounds the parts known, whatever their size.
	partsMax = 1024
)

// store holds the bytes of parts: checked ones in place, others apart as claims. It is the only place where media rests.
type store struct {
	limit  int
	used   int // bytes of parts and claims
	most   int
	parts  map[segment.Part]*held
	order  []segment.Part // of parts, oldest first
	claims map[claim][]byte
}

// held is an opened part. data is made when the first piece is in.
type held struct {
	length, pieceSize int
	pieces            int // checked
	data              []byte
	have              []bool
}

// claim names bytes that say they are a piece.
type claim struct {
	part  segment.Part
	piece int
	from  id.Peer
}

func newStore(limit int) *store {
	return &store{limit: limit, parts: map[segment.Part]*held{}, claims: map[claim][]byte{}}
}

func (s *store) grow(n int) {
	s.used += n
	s.most = max(s.most, s.used)
}

// open makes room for a part and returns the parts that had to go for it.
func (s *store) open(o swarm.Open) (gone []segment.Part) {
	if s.parts[o.Part] != nil || o.PieceSize <= 0 {
		return nil
	}
	for len(s.order) > 0 && (len(s.order) >= partsMax || s.used+o.Length > s.limit) {
		gone = append(gone, s.order[0])
		s.drop(s.order[0])
	}
	s.parts[o.Part] = &held{length: o.Length, pieceSize: o.PieceSize, have: make([]bool, segment.Pieces(o.Length, o.PieceSize))}
	s.order = append(s.order, o.Part)
	return gone
}

func (s *store) drop(part segment.Part) {
	h := s.parts[part]
	if h == nil {
		return
	}
	s.used -= len(h.data)
	delete(s.parts, part)
	for i, p := range s.order {
		if p == part {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
}

// claim takes in bytes and reports whether there was room. data is the store's to keep.
func (s *store) claim(c claim, data []byte) bool {
	if _, twice := s.claims[c]; twice || len(s.claims) >= claimsMax {
		return false
	}
	s.claims[c] = data
	s.grow(len(data))
	return true
}

// forget drops a claim and returns its size.
func (s *store) forget(c claim) int {
	n := len(s.claims[c])
	s.used -= n
	delete(s.claims, c)
	return n
}

// check hashes a claim and, if it is what it says, puts it in its place. It returns the claim's size too.
func (s *store) check(c claim, hash id.Digest) (ok bool, size int) {
	data := s.claims[c]
	s.forget(c)
	h := s.parts[c.part]
	if h == nil || c.piece < 0 || c.piece >= len(h.have) || len(data) == 0 || id.Digest(sha256.Sum256(data)) != hash {
		return false, len(data)
	}
	at := c.piece * h.pieceSize
	if len(data) != min(h.pieceSize, h.length-at) {
		return false, len(data)
	}
	if h.data == nil {
		h.data = make([]byte, h.length)
		s.grow(h.length)
	}
	if !h.have[c.piece] {
		copy(h.data[at:], data)
		h.have[c.piece] = true
		h.pieces++
	}
	return true, len(data)
}

// piece returns the bytes of a checked piece, or nil.
func (s *store) piece(part segment.Part, piece int) []byte {
	h := s.parts[part]
	if h == nil || piece < 0 || piece >= len(h.have) || !h.have[piece] {
		return nil
	}
	at := piece * h.pieceSize
	return h.data[at:min(at+h.pieceSize, h.length)]
}

// whole returns the bytes of a part whose pieces are all checked, or nil.
func (s *store) whole(part segment.Part) []byte {
	h := s.parts[part]
	if h == nil || h.pieces < len(h.have) {
		return nil
	}
	return h.data
}
