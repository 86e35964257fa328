package route

import (
	"slices"

	"shoal/id"
	"shoal/span"
)

// Near notes that a peer, who may join later, comes from our network: with it the way is short, and nobody's bill.
func (t *Table) Near(p id.Peer) {
	if t.isNear(p) {
		return
	}
	if len(t.near) == nearMax {
		t.near = slices.Delete(t.near, 0, 1)
	}
	t.near = append(t.near, p)
}

// IsNear reports whether a peer comes from our network.
func (t *Table) IsNear(p id.Peer) bool { return t.isNear(p) }

func (t *Table) isNear(p id.Peer) bool { return slices.Contains(t.near, p) }

// nearMax bounds the peers that are remembered as near.
const nearMax = 32

// Takes returns how long a piece is likely to take that is asked of p, who owes us so many already: what waits there, and
// its line, of which our pieces get what they need.
func (t *Table) Takes(p id.Peer, owes int) span.Span {
	n := t.peers.Get(p)
	if n == nil || !n.heard {
		return strangerTakes
	}
	trip := tripTakes
	if n.near {
		trip = tripNear
	}
	slots := max(int64(n.said.Slots), 1)
	return span.Span(int64(n.said.QueueMS)/2)*span.Millisecond + span.Span(int64(owes+1)*sendMS/slots)*span.Millisecond + trip
}

const (
	// strangerTakes is for a neighbour that has said nothing of itself.
	strangerTakes = 400 * span.Millisecond
	// sendMS is how long a line of one slot is busy with a piece: a sixteenth of a part of half a second, at a sixteenth of
	// the rate.
	sendMS = 500
	// tripTakes stands for question and answer on their way, tripNear for those within one network.
	tripTakes = 100 * span.Millisecond
	tripNear  = 10 * span.Millisecond
)
