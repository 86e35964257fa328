package coord

import (
	"cmp"
	"slices"
	"time"
)

// at takes in where a member plays, and introduces it to those ahead if it knows too few of them. While it plays on, its
// start stays the same, and so does its place among the others.
func (m *Mind) at(now time.Duration, in At, out []Output) []Output {
	p := m.byPeer[in.Peer]
	if p == nil || !m.recorded || in.PositionMS < 0 || in.PositionMS > positionMost {
		return out
	}
	start := in.PositionMS - now.Milliseconds()
	off := start - p.start
	moved := !p.placed || max(off, -off) > Drift.Milliseconds()
	if moved {
		m.unplace(p)
		p.start, p.placed = start, true
		i, _ := m.placeOf(p)
		m.places = slices.Insert(m.places, i, p)
		p.outOfReach()
	}
	out = m.introduceAhead(p, p.ahead(), out)
	if moved {
		out = m.introduceBehind(p, out)
	}
	return out
}

// ahead returns how many of those p has met play ahead of it within Reach.
func (p *member) ahead() (n int) {
	for _, q := range p.met {
		if p.follows(q) {
			n++
		}
	}
	return n
}

// introduceBehind names p, which is new where it plays, to those behind it who know too few ahead.
func (m *Mind) introduceBehind(p *member, out []Output) []Output {
	i, _ := m.placeOf(p)
	for _, q := range slices.Backward(m.places[max(0, i-NeighboursFar):i]) {
		if !q.follows(p) {
			break
		}
		if q.ahead() < NeighboursMax {
			party := party{guest: q, want: min(1, MetMax-len(q.met))}
			party.consider(p)
			out = party.introduce(m.now, out)
		}
	}
	return out
}

// positionMost bounds what is believed of a position, ms: a year.
const positionMost = 365 * 24 * 3600 * 1000

// follows reports whether what q plays now p will play within Reach.
func (p *member) follows(q *member) bool {
	return q.placed && q.start >= p.start && q.start <= p.start+Reach.Milliseconds()
}

// outOfReach has a member that has jumped and those who are far away now forget each other, so that they may meet again.
func (p *member) outOfReach() {
	p.met = slices.DeleteFunc(p.met, func(q *member) bool {
		if !q.placed || p.follows(q) || q.follows(p) {
			return false
		}
		q.forget(p)
		return true
	})
}

// introduceAhead names to p members who play ahead of it within Reach, up to NeighboursMax with those it knows: the nearest,
// and some of all.
func (m *Mind) introduceAhead(p *member, known int, out []Output) []Output {
	if !p.placed {
		return out
	}
	party := party{guest: p, want: min(NeighboursMax-known, MetMax-len(p.met))}
	if party.want <= 0 {
		return out
	}
	first, _ := m.placeOf(p)
	ahead := m.places[first+1:]
	end, _ := slices.BinarySearchFunc(ahead, p.start+Reach.Milliseconds()+1, func(q *member, start int64) int { return cmp.Compare(q.start, start) })
	ahead = ahead[:end]
	near := min(party.want, max(NearMax-known, 1))
	for _, q := range ahead[:min(len(ahead), searchMax)] {
		if len(party.chosen) == near {
			break
		}
		party.consider(q)
	}
	for range min(2*len(ahead), searchMax) {
		party.consider(ahead[m.chance.below(len(ahead))])
	}
	party.fill()
	return party.introduce(m.now, out)
}

// placeOf returns where p stands, or would stand, in places.
func (m *Mind) placeOf(p *member) (int, bool) {
	return slices.BinarySearchFunc(m.places, p, func(q, p *member) int {
		return cmp.Or(cmp.Compare(q.start, p.start), cmp.Compare(q.order, p.order))
	})
}

func (m *Mind) unplace(p *member) {
	if !p.placed {
		return
	}
	if i, ok := m.placeOf(p); ok {
		m.places = slices.Delete(m.places, i, i+1)
	}
	p.placed = false
}
