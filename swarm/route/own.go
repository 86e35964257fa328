package route

import (
	"shoal/id"
	"shoal/span"
)

// What must come from the origin anyway had better come early, when it can still be passed on: a stripe that nobody gives
// and that had to be rescued time and again is fetched like a seed's, until a parent is found.
const (
	// OwnAfter is how many parts in a row of a stripe without a parent must have been rescued.
	OwnAfter = 3
	// OwnFor is how long it is fetched, at least, before a parent is sought again; twice as long at most.
	OwnFor = 4 * span.Second
)

// Rescued notes that the origin was asked, late, for the piece on stripe k of part seq, which was opened at opened.
func (t *Table) Rescued(now span.Span, k int, seq uint64, opened span.Span) {
	s := &t.stripes[k]
	if t.met == 0 || opened < t.met+GatherFor || seq <= s.rescued {
		return // it came before anyone could give it
	}
	s.rescued = seq
	s.rescues++
	if bit := uint16(1) << k; s.rescues >= OwnAfter && t.parents[k] == id.Origin && t.slots > 0 && t.peers.Len() > 0 && t.fetched()&bit == 0 {
		t.own |= bit
		s.depth, s.root = 0, uint8(mix(t.chance))
		s.ownUntil = now + OwnFor + span.Span(mix(t.chance^seq^uint64(k)<<56)%uint64(OwnFor))
		t.ways++
		t.dirty = true
	}
}

// Brought notes that a peer brought a piece of stripe k, unasked or asked.
func (t *Table) Brought(k int) { t.stripes[k].rescues = 0 }

// due returns the stripes for which a parent is to be sought while they are fetched, and when that is the next time. Who
// finds none goes on fetching.
func (t *Table) due(now span.Span) (mask uint16, next span.Span) {
	next = Never
	for k := range t.stripes {
		s, bit := &t.stripes[k], uint16(1)<<k
		if t.own&bit == 0 {
			continue
		}
		if now >= s.ownUntil {
			mask |= bit
			s.ownUntil = now + OwnFor + span.Span(mix(t.chance^uint64(now/span.Millisecond)^uint64(k)<<56)%uint64(OwnFor))
		}
		next = min(next, s.ownUntil)
	}
	return mask, next
}

// fetched returns the stripes that come from the origin: for all, as the coordinator wants it, or for want of a parent.
func (t *Table) fetched() uint16 { return t.seeds | t.own }

// rooted returns the mark of whoever fetches stripe k for the tree that we are in, as far as we know: our own if we do.
func (t *Table) rooted(k int) uint8 {
	if t.fetched()&(1<<k) != 0 {
		return uint8(mix(t.chance))
	}
	return t.stripes[k].root
}
