package route

import (
	"math/bits"

	"shoal/id"
	"shoal/span"
	"shoal/wire"
)

// Act is something for the engine to say. The types below are all there are.
type Act struct {
	Peer    id.Peer
	Message wire.Message
}

// Never is a time that does not come.
const Never = span.Span(1<<63 - 1)

// Think chooses parents for stripes that have none, sometimes a better one for the deepest, and tells neighbours what
// changed. It returns when to think again.
func (t *Table) Think(now span.Span, acts []Act) ([]Act, span.Span) {
	if t.Idle {
		return t.tell(now, acts)
	}
	acts = append(acts, t.letters...)
	t.letters = nil
	if t.dirty && t.stale || now >= t.lapseAt {
		t.lapseAt = t.lapse(now)
	}
	next := t.lapseAt
	due, again := t.due(now)
	if ready := t.met + GatherFor; t.peers.Len() < GatherMany && now < ready {
		next = min(next, ready)
	} else if t.dirty || due != 0 || now >= next {
		acts = t.seek(now, due, acts)
		t.dirty = false
	}
	next = min(next, again)
	if now >= t.optimiseAt {
		t.optimiseAt = now + OptimiseEvery
		acts = t.optimise(now, acts)
	}
	next = min(next, t.optimiseAt)
	acts, tell := t.tell(now, acts)
	return acts, min(next, tell)
}

// lapse ends Subs that were not answered, and returns when the next thing lapses.
func (t *Table) lapse(now span.Span) (next span.Span) {
	next, t.pending, t.stale = Never, 0, false
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		if n.asked != 0 {
			if now >= n.askedAt+SubFor {
				n.refused, n.refusedUntil = n.refused|n.asked, now+RefusedFor
				n.asked = 0
				t.dirty = true
			} else {
				next = min(next, n.askedAt+SubFor)
				t.pending |= n.asked
			}
		}
		if n.refused != 0 {
			if now >= n.refusedUntil {
				n.refused = 0
				t.dirty = true
			} else {
				next = min(next, n.refusedUntil)
			}
		}
		return true
	})
	return next
}

// pendingAsk returns the stripes that some neighbour was asked for.
func (t *Table) pendingAsk() (mask uint16) {
	if !t.stale {
		return t.pending
	}
	t.peers.All(func(_ id.Peer, n *neighbour) bool {
		mask |= n.asked
		return true
	})
	return mask
}

// seek asks for a parent for every stripe that has none, and for those due of them that are fetched meanwhile.
func (t *Table) seek(now span.Span, due uint16, acts []Act) []Act {
	asked := t.pendingAsk()
	for k := range t.stripes {
		bit := uint16(1) << k
		if t.parents[k] != id.Origin || (t.fetched()&^due|asked)&bit != 0 {
			continue
		}
		p, n := t.best(now, k, DepthMax)
		if n != nil {
			t.ask(now, n, bit)
			acts = t.addSub(acts, p, bit)
		}
	}
	return acts
}

func (t *Table) ask(now span.Span, n *neighbour, mask uint16) {
	n.asked |= mask
	n.askedAt = now
	t.stale = true
	t.lapseAt = min(t.lapseAt, now+SubFor)
}

func (t *Table) addSub(acts []Act, p id.Peer, bit uint16) []Act {
	for i := range acts {
		if sub, ok := acts[i].Message.(wire.Sub); ok && acts[i].Peer == p {
			sub.Stripes |= bit
			acts[i].Message = sub
			return acts
		}
	}
	return append(acts, Act{p, wire.Sub{Stripes: bit, Relays: t.primary, Capacity: uint16(min(t.slots, 1<<16-1))}})
}

// best returns the neighbour to have stripe k from, shallower than below, or nil.
func (t *Table) best(now span.Span, k int, below uint8) (best id.Peer, found *neighbour) {
	bit := uint16(1) << k
	var lowest, tie uint64
	ours, kids := t.rooted(k), t.parentOf(k)
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		room := int(n.said.Free) - bits.OnesCount16(n.asked)
		mayPush := t.slots > 0 && t.primary&^t.own&bit != 0 // whoever relays may displace one who does not
		if !n.heard || !t.suits(n) || n.said.Depth[k] >= below || n.takes&bit != 0 || n.refused&bit != 0 || n.asked&bit != 0 || room <= 0 && !mayPush {
			return true
		}
		if kids && n.said.Root[k] == ours && n.said.Depth[k] > t.stripes[k].depth {
			return true // it may be our own descendant
		}
		c := t.cost(n, k, room)
		w := mix(t.chance ^ uint64(p) ^ uint64(k)<<56)
		if found == nil || c < lowest || c == lowest && w < tie {
			best, found, lowest, tie = p, n, c, w
		}
		return true
	})
	return best, found
}

// cost weighs a parent: how old, in milliseconds, pieces of stripe k are likely to be when they come from it.
func (t *Table) cost(n *neighbour, k int, room int) uint64 {
	c := uint64(n.said.Delay[k])*wire.DelayUnit + uint64(n.said.QueueMS)
	if n.said.Primary&(1<<k) == 0 {
		c += notPrimaryCost
	}
	if room <= 0 {
		c += displaceCost
	}
	if slots := uint64(n.said.Slots); slots > 0 {
		sold := slots - min(uint64(n.said.Free), slots)
		c += serveCost/slots + loadCost*sold*sold/(slots*slots)
	}
	if n.near {
		c -= min(c, nearGain)
	}
	return c
}

// What makes a parent dear, in milliseconds.
const (
	notPrimaryCost = 300  // trees are shallow if each peer is wide in few
	displaceCost   = 600  // another child must make room
	nearGain       = 250  // what comes from our own network is nobody's bill
	serveCost      = 2000 // a parent of n slots sends a piece in 1/n of a part's half second, and about four go before
	loadCost       = 800  // a line that is nearly sold out queues
)

// parentOf reports whether anyone has stripe k from us.
func (t *Table) parentOf(k int) (yes bool) {
	t.Children(k, func(id.Peer, bool) { yes = true })
	return yes
}

// optimise asks a clearly quicker neighbour for the stripe that comes latest; the old parent is left when the new one
// agrees.
func (t *Table) optimise(now span.Span, acts []Act) []Act {
	latest := -1
	for k := range t.stripes {
		if s := &t.stripes[k]; t.parents[k] != id.Origin && (latest < 0 || s.age.usual() > t.stripes[latest].age.usual()) {
			latest = k
		}
	}
	if latest < 0 || t.pendingAsk() != 0 {
		return acts
	}
	p, n := t.best(now, latest, DepthMax)
	if n == nil || p == t.parents[latest] {
		return acts
	}
	if room := int(n.said.Free); t.cost(n, latest, room)+optimiseGain > uint64(t.stripes[latest].age.usual()/span.Millisecond) {
		return acts
	}
	t.ask(now, n, 1<<latest)
	return t.addSub(acts, p, 1<<latest)
}

// optimiseGain is how much sooner pieces must come from a new parent, in milliseconds, to be worth the change.
const optimiseGain = 300

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
