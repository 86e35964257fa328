package coord

import (
	"slices"
	"time"

	"shoal/id"
)

// introduce names up to NeighboursMax further members to p, drawn at random. Nobody is to know more than PerPrefixMax peers of
// one network, unless too few others are left to fill the number.
func (m *Mind) introduce(p *member, out []Output) []Output {
	want := min(NeighboursMax, MetMax-len(p.met))
	chosen := make([]*member, 0, want)
	var crowded []*member // would have been chosen but for their prefix
	m.draw(func(q *member) bool {
		if q == p || len(q.met) >= MetMax || knows(p, q) {
			return len(chosen) < want
		}
		switch {
		case len(chosen) == want:
			return false
		case of(q.prefix, chosen)+of(q.prefix, p.met) < PerPrefixMax && of(p.prefix, q.met) < PerPrefixMax:
			chosen = append(chosen, q)
		case len(crowded) < want:
			crowded = append(crowded, q)
		}
		return true
	})
	for _, q := range crowded {
		if len(chosen) < want {
			chosen = append(chosen, q)
		}
	}
	if len(chosen) == 0 {
		return out
	}
	to := make([]id.Peer, len(chosen))
	for i, q := range chosen {
		to[i] = q.peer
		p.met = append(p.met, q)
		q.met = append(q.met, p)
	}
	return append(out, Introduce{Newcomer: p.peer, To: to})
}

// draw shows up to searchMax members to take in random order, until it returns false.
func (m *Mind) draw(take func(*member) bool) {
	for i := range min(len(m.members), searchMax) {
		k := i + m.chance.below(len(m.members)-i)
		m.members[i], m.members[k] = m.members[k], m.members[i]
		m.members[i].place, m.members[k].place = i, k
		if !take(m.members[i]) {
			return
		}
	}
}

func of(prefix Prefix, members []*member) (n int) {
	for _, q := range members {
		if q.prefix == prefix {
			n++
		}
	}
	return n
}

func knows(p, q *member) bool {
	if len(q.met) < len(p.met) {
		p, q = q, p
	}
	return slices.Contains(p.met, q)
}

func (m *Mind) more(now time.Duration, peer id.Peer, out []Output) []Output {
	p := m.byPeer[peer]
	if p == nil || now < p.moreAt {
		return out
	}
	p.moreAt = now + MorePause
	return m.introduce(p, out)
}

// part ends every acquaintance of a member that has left.
func (m *Mind) part(p *member, out []Output) []Output {
	if len(p.met) == 0 {
		return out
	}
	to := make([]id.Peer, len(p.met))
	for i, q := range p.met {
		to[i] = q.peer
		k := slices.Index(q.met, p)
		q.met = slices.Delete(q.met, k, k+1)
	}
	p.met = nil
	return append(out, Parted{Peer: p.peer, To: to})
}
