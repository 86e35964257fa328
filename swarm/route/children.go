package route

import (
	"math/bits"

	"shoal/id"
	"shoal/span"
	"shoal/wire"
)

// Subscribed answers a neighbour's Sub: what it gets, what not, and who must give way to it.
func (t *Table) Subscribed(now span.Span, p id.Peer, m wire.Sub, acts []Act) (granted uint16, out []Act) {
	n := t.peers.Get(p)
	if n == nil {
		return 0, acts
	}
	n.capacity, n.relays = int(m.Capacity), m.Relays
	refused := uint16(0)
	for k := range t.stripes {
		bit := uint16(1) << k
		if m.Stripes&bit == 0 {
			continue
		}
		if n.takes&bit != 0 {
			granted |= bit
			continue
		}
		if t.depth(now, k) >= DepthMax || !t.fits(n) || t.parents[k] == p {
			refused |= bit
			continue
		}
		if t.used >= t.slots {
			victim, lost, ok := t.giveWay(k, n)
			if !ok {
				refused |= bit
				continue
			}
			acts = append(acts, Act{victim, wire.SubNo{Stripes: lost}})
		}
		n.takes |= bit
		t.used++
		granted |= bit
	}
	if granted != 0 {
		acts = append(acts, Act{p, wire.SubOK{Stripes: granted}})
	}
	if refused != 0 {
		acts = append(acts, Act{p, wire.SubNo{Stripes: refused}})
	}
	return granted, acts
}

// giveWay takes a stripe from a child for a rival who passes stripe k on. It is a child of the same stripe that does not
// pass it on and can serve less; or that can serve far less, and may have it from the rival. What is seeded here nobody
// else can give, so for that a child of another stripe goes. It returns who lost which stripe.
func (t *Table) giveWay(k int, rival *neighbour) (victim id.Peer, lost uint16, ok bool) {
	bit := uint16(1) << k
	if rival.relays&bit == 0 {
		return 0, 0, false
	}
	var loser *neighbour
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		least := 1 // how many times as much the rival can serve
		if n.relays&bit != 0 {
			least = displaceTimes
		}
		if n != rival && n.takes&bit != 0 && n.capacity*least < rival.capacity && (loser == nil || n.capacity < loser.capacity) {
			victim, loser, lost = p, n, bit
		}
		return true
	})
	if loser == nil && t.seeds&bit != 0 {
		t.peers.All(func(p id.Peer, n *neighbour) bool {
			if foreign := n.takes &^ t.seeds; n != rival && foreign != 0 && (loser == nil || n.capacity < loser.capacity) {
				if idle := foreign &^ n.relays; idle != 0 {
					foreign = idle
				}
				victim, loser, lost = p, n, foreign&-foreign
			}
			return true
		})
	}
	if loser == nil {
		return 0, 0, false
	}
	loser.takes &^= lost
	t.used--
	return victim, lost, true
}

// displaceTimes is how much more a rival must be able to serve than a child who passes the stripe on, too.
const displaceTimes = 2

// Unsubscribed ends what a neighbour has from us.
func (t *Table) Unsubscribed(p id.Peer, mask uint16) {
	if n := t.peers.Get(p); n != nil {
		t.used -= bits.OnesCount16(n.takes & mask)
		n.takes &^= mask
	}
}

// Accepted takes a neighbour's SubOK: it is our parent now. A former parent is told.
func (t *Table) Accepted(now span.Span, p id.Peer, mask uint16, acts []Act) []Act {
	n := t.peers.Get(p)
	if n == nil {
		return acts
	}
	unwanted := mask &^ n.asked
	n.asked &^= mask
	t.stale = true
	for k := range t.stripes {
		bit := uint16(1) << k
		if mask&bit == 0 || unwanted&bit != 0 {
			continue
		}
		s := &t.stripes[k]
		if t.seeds&bit != 0 || n.takes&bit != 0 {
			unwanted |= bit
			continue
		}
		if t.parents[k] != id.Origin && t.parents[k] != p {
			acts = append(acts, Act{t.parents[k], wire.Unsub{Stripes: bit}})
		}
		t.parents[k], s.orphaned = p, 0
		t.own &^= bit
		t.ways++
		s.depth, s.root = min(n.said.Depth[k], DepthMax)+1, n.said.Root[k]
		t.dirty = true
	}
	if unwanted != 0 {
		acts = append(acts, Act{p, wire.Unsub{Stripes: unwanted}})
	}
	return acts
}

// Refused takes a neighbour's SubNo: it will not be, or is no longer, our parent for these stripes.
func (t *Table) Refused(now span.Span, p id.Peer, mask uint16) {
	n := t.peers.Get(p)
	if n == nil {
		return
	}
	n.asked &^= mask
	n.refused, n.refusedUntil = n.refused|mask, now+RefusedFor
	t.orphan(now, p, mask)
	t.dirty, t.stale = true, true
}

// Shed lets go of children above the slots: those that pass nothing on first, of these the ones that can serve least.
func (t *Table) Shed(acts []Act) []Act {
	for t.used > t.slots {
		var loser *neighbour
		var peer id.Peer
		worst := -1
		t.peers.All(func(p id.Peer, n *neighbour) bool {
			if n.takes == 0 {
				return true
			}
			rank := 1 << 20
			if n.takes&^n.relays != 0 {
				rank = 1 << 21
			}
			if rank -= n.capacity; rank > worst {
				worst, loser, peer = rank, n, p
			}
			return true
		})
		if loser == nil {
			return acts
		}
		candidates := loser.takes &^ loser.relays
		if candidates == 0 {
			candidates = loser.takes
		}
		bit := candidates & -candidates
		loser.takes &^= bit
		t.used--
		acts = append(acts, Act{peer, wire.SubNo{Stripes: bit}})
	}
	return acts
}

// choosePrimary picks the stripes to take children in first: as many as the slots fill, where neighbours offer least.
func (t *Table) choosePrimary() {
	want := min((t.slots+FanMax-1)/FanMax, stripes)
	if t.peers.Len() <= FanMax { // few enough that anyone may serve anything
		want = min(t.slots, stripes)
	}
	if have := bits.OnesCount16(t.primary); have >= want && have <= 2*want {
		return
	} else if have > want {
		t.primary = 0
	}
	var supply [stripes]int
	t.peers.All(func(_ id.Peer, n *neighbour) bool {
		if c := bits.OnesCount16(n.said.Primary); n.heard && t.suits(n) && c > 0 {
			for k := range supply {
				if n.said.Primary&(1<<k) != 0 {
					supply[k] += 16 * int(n.said.Slots) / c
				}
			}
		}
		return true
	})
	for bits.OnesCount16(t.primary) < want {
		best := -1
		for i := range stripes {
			k := (i + int(t.chance%stripes)) % stripes
			if t.primary&(1<<k) == 0 && (best < 0 || supply[k] < supply[best]) {
				best = k
			}
		}
		t.primary |= 1 << best
	}
}
