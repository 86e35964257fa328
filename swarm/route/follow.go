package route

import (
	"math/bits"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/wire"
)

// A tree is of the tracks that its peers follow. Who follows more may give to who follows less: it has all of it.

// suits reports whether a neighbour can be our parent.
func (t *Table) suits(n *neighbour) bool { return t.tracks != 0 && n.said.Tracks.Covers(t.tracks) }

// fits reports whether a neighbour can be our child.
func (t *Table) fits(n *neighbour) bool { return t.tracks.Covers(n.said.Tracks) }

// Follow turns to other tracks: parents and children whose tracks are not ours are left, and all neighbours are told before
// anything is asked of them.
func (t *Table) Follow(now span.Span, tracks segment.Tracks) {
	t.tracks = tracks
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		if !t.suits(n) {
			t.quit(now, p, everyStripe)
			n.asked = 0
		}
		if !t.fits(n) {
			t.let(p, n)
		}
		n.refused = 0
		return true
	})
	t.own = 0
	for k := range t.stripes {
		if s := &t.stripes[k]; t.parents[k] == id.Origin {
			s.orphaned, s.rescues, s.misses = 0, 0, 0 // nothing of the new tracks comes, and nothing is anyone's fault yet
		}
	}
	t.primary = 0
	t.choosePrimary()
	t.told, t.toldAt, t.dirty, t.stale = t.state(now), now, true, true
	t.letters = t.broadcast(t.letters)
}

// let tells a child that it gets nothing more.
func (t *Table) let(p id.Peer, n *neighbour) {
	if n.takes == 0 {
		return
	}
	t.letters = append(t.letters, Act{p, wire.SubNo{Stripes: n.takes}})
	t.used -= bits.OnesCount16(n.takes)
	n.takes = 0
}
