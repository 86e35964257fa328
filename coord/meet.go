package coord

import (
	"slices"
	"time"

	"shoal/id"
)

// introduce names up to NeighboursMax further members to p: a few of the strong and others of its group, and whoever there is
// at random.
func (m *Mind) introduce(p *member, out []Output) []Output {
	party := party{guest: p, want: min(NeighboursMax, MetMax-len(p.met))}
	p.group.drawStrong(&m.chance, min(StrongMax, party.want), &party)
	m.draw(m.homes[p.prefix], func(members []*member, i, k int) {
		members[i], members[k] = members[k], members[i]
		members[i].room, members[k].room = i, k
	}, func(q *member) bool {
		if q.group == p.group {
			party.consider(q)
		}
		return of(p.prefix, party.chosen) < HomeMax
	})
	if len(p.group.members) < len(m.members) {
		m.draw(p.group.members, func(members []*member, i, k int) {
			members[i], members[k] = members[k], members[i]
			members[i].seat, members[k].seat = i, k
		}, func(q *member) bool {
			party.consider(q)
			return len(party.chosen) < min(KinMax, party.want)
		})
	}
	m.draw(m.members, func(members []*member, i, k int) {
		members[i], members[k] = members[k], members[i]
		members[i].place, members[k].place = i, k
	}, func(q *member) bool {
		party.consider(q)
		return len(party.chosen) < party.want
	})
	party.fill()
	return party.introduce(m.now, out)
}

// befriend introduces a peer that turned out to be strong to others like it: trees are shallow if those who can serve many
// know each other.
func (m *Mind) befriend(p *member, out []Output) []Output {
	party := party{guest: p, want: min(FriendsMax, MetMax-len(p.met))}
	p.group.drawStrong(&m.chance, party.want, &party)
	return party.introduce(m.now, out)
}

// party is one introduction. Nobody is to know more than PerPrefixMax peers of one network, or twice HomeMax of its own (those
// that came before it, and those that came after), unless too few others are left to fill the number.
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
	case p.prefix == q.prefix && of(q.prefix, x.chosen)+of(q.prefix, p.met) < HomeMax && of(p.prefix, q.met) < 2*HomeMax,
		p.prefix != q.prefix && of(q.prefix, x.chosen)+of(q.prefix, p.met) < PerPrefixMax && of(p.prefix, q.met) < PerPrefixMax:
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

func (x *party) introduce(now time.Duration, out []Output) []Output {
	if len(x.chosen) == 0 {
		return out
	}
	p, to := x.guest, make([]id.Peer, len(x.chosen))
	var near []id.Peer
	for i, q := range x.chosen {
		if to[i] = q.peer; q.prefix == p.prefix {
			near = append(near, q.peer)
		}
		p.met = append(p.met, q)
		q.met = append(q.met, p)
		q.namedAt = now
	}
	p.namedAt = now
	return append(out, Introduce{Newcomer: p.peer, To: to, Near: near})
}

// drawStrong has up to n of the strong considered, drawn at random.
func (g *group) drawStrong(c *chance, n int, x *party) {
	before := len(x.chosen)
	for range 2 * n {
		if len(g.strong) == 0 || len(x.chosen) == before+n {
			return
		}
		x.consider(g.strong[c.below(len(g.strong))])
	}
}

// rate notes how many slots a member says it has, and whether that makes it one of the strong: with twice what is usual.
func (g *group) rate(p *member, slots int) (rose bool) {
	if p.slots > 0 {
		g.slots -= p.slots
		g.rated--
	}
	if p.slots = slots; slots > 0 {
		g.slots += slots
		g.rated++
	}
	is := slots*g.rated >= StrongTimes*g.slots && slots > 0 && g.rated > 1
	switch {
	case is && p.rank == 0:
		g.strong = append(g.strong, p)
		p.rank = len(g.strong)
		return true
	case !is && p.rank > 0:
		last := g.strong[len(g.strong)-1]
		g.strong[p.rank-1], last.rank = last, p.rank
		g.strong = g.strong[:len(g.strong)-1]
		p.rank = 0
	}
	return false
}

// draw shows up to searchMax of members to take in random order, until it returns false. swap exchanges two of them.
func (m *Mind) draw(members []*member, swap func(members []*member, i, k int), take func(*member) bool) {
	for i := range min(len(members), searchMax) {
		swap(members, i, i+m.chance.below(len(members)-i))
		if !take(members[i]) {
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
	p.lost = p.lost && p.linked == 0 && m.estrange(now, p)
	if m.recorded {
		return m.introduceAhead(p, 0, out)
	}
	if next := m.introduce(p, out); len(next) > len(out) {
		return next
	}
	return m.again(now, p, out)
}

// again names to p, who can meet nobody new, those who may have failed to reach it: a first attempt fails at times where a second one
// does not, in a busy machine or on a line that was bad just then. Who reached nobody at all may be unable to: a few are named to it,
// and it to nobody but its like, so that what cannot connect costs next to nothing further.
func (m *Mind) again(now time.Duration, p *member, out []Output) []Output {
	if now < p.namedAt+AgainAfter || p.again == AgainMax || p.linked >= len(p.met) {
		return out
	}
	again := Introduce{Newcomer: p.peer}
	for _, q := range p.met {
		if p.linked == 0 && len(again.To) == AgainAlone {
			break
		}
		if q.linked == 0 && p.linked > 0 || q.linked >= len(q.met) || now < q.namedAt+AgainAfter {
			continue
		}
		q.namedAt = now // not both at once: their calls would meet half way, and neither be answered
		again.To = append(again.To, q.peer)
		if q.prefix == p.prefix {
			again.Near = append(again.Near, q.peer)
		}
	}
	if len(again.To) == 0 {
		return out
	}
	p.again++
	p.namedAt = now
	return append(out, again)
}

// estrange lets a member that lost all its connections meet anew those whom it met, and reports whether it kept some back: two who
// may be connecting just now would call each other, and neither call be answered. Who never had any connection is for again.
func (m *Mind) estrange(now time.Duration, p *member) (kept bool) {
	p.met = slices.DeleteFunc(p.met, func(q *member) bool {
		if now < min(p.namedAt, q.namedAt)+CallFor {
			kept = true
			return false
		}
		q.forget(p)
		return true
	})
	return kept
}

// forget ends one side of an acquaintance.
func (p *member) forget(q *member) {
	k := slices.Index(p.met, q)
	p.met = slices.Delete(p.met, k, k+1)
}

// part ends every acquaintance of a member that has left.
func (m *Mind) part(p *member, out []Output) []Output {
	if len(p.met) == 0 {
		return out
	}
	to := make([]id.Peer, len(p.met))
	for i, q := range p.met {
		to[i] = q.peer
		q.forget(p)
	}
	p.met = nil
	return append(out, Parted{Peer: p.peer, To: to})
}
