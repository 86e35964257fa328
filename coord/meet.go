package coord

import (
	"slices"
	"time"

	"shoal/id"
)

// introduce names up to NeighboursMax further members to p: a few of the strong, and the others at random.
func (m *Mind) introduce(p *member, out []Output) []Output {
	party := party{guest: p, want: min(NeighboursMax, MetMax-len(p.met))}
	m.drawStrong(min(StrongMax, party.want), &party)
	m.draw(func(q *member) bool {
		party.consider(q)
		return len(party.chosen) < party.want
	})
	party.fill()
	return party.introduce(out)
}

// befriend introduces a peer that turned out to be strong to others like it: trees are shallow if those who can serve many
// know each other.
func (m *Mind) befriend(p *member, out []Output) []Output {
	party := party{guest: p, want: min(FriendsMax, MetMax-len(p.met))}
	m.drawStrong(party.want, &party)
	return party.introduce(out)
}

// party is one introduction. Nobody is to know more than PerPrefixMax peers of one network, unless too few others are left
// to fill the number.
type party struct {
	guest   *member
	want    int
	chosen  []*member
	crowded []*member // would have been chosen but for their prefix
}

func (x *party) consider(q *member) {
	p := x.guest
	switch {
	case len(x.chosen) >= x.want || q == p || len(q.met) >= MetMax || knows(p, q) || slices.Contains(x.chosen, q):
	case of(q.prefix, x.chosen)+of(q.prefix, p.met) < PerPrefixMax && of(p.prefix, q.met) < PerPrefixMax:
		x.chosen = append(x.chosen, q)
	case len(x.crowded) < x.want && !slices.Contains(x.crowded, q):
		x.crowded = append(x.crowded, q)
	}
}

// fill takes in those who come from too few networks.
func (x *party) fill() {
	for _, q := range x.crowded {
		if len(x.chosen) < x.want {
			x.chosen = append(x.chosen, q)
		}
	}
}

func (x *party) introduce(out []Output) []Output {
	if len(x.chosen) == 0 {
		return out
	}
	p, to := x.guest, make([]id.Peer, len(x.chosen))
	for i, q := range x.chosen {
		to[i] = q.peer
		p.met = append(p.met, q)
		q.met = append(q.met, p)
	}
	return append(out, Introduce{Newcomer: p.peer, To: to})
}

// drawStrong has up to n of the strong considered, drawn at random.
func (m *Mind) drawStrong(n int, x *party) {
	before := len(x.chosen)
	for range 2 * n {
		if len(m.strong) == 0 || len(x.chosen) == before+n {
			return
		}
		x.consider(m.strong[m.chance.below(len(m.strong))])
	}
}

// rate notes how many slots a member says it has, and whether that makes it one of the strong: with twice what is usual.
func (m *Mind) rate(p *member, slots int) (rose bool) {
	if p.slots > 0 {
		m.slots -= p.slots
		m.rated--
	}
	if p.slots = slots; slots > 0 {
		m.slots += slots
		m.rated++
	}
	is := slots*m.rated >= StrongTimes*m.slots && slots > 0 && m.rated > 1
	switch {
	case is && p.rank == 0:
		m.strong = append(m.strong, p)
		p.rank = len(m.strong)
		return true
	case !is && p.rank > 0:
		last := m.strong[len(m.strong)-1]
		m.strong[p.rank-1], last.rank = last, p.rank
		m.strong = m.strong[:len(m.strong)-1]
		p.rank = 0
	}
	return false
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
	if m.recorded {
		return m.introduceAhead(p, 0, out)
	}
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
