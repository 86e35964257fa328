package coord

import (
	"time"

	"shoal/segment"
)

// everyStripe is the mask of a peer that seeds alone.
const everyStripe = 1<<segment.Stripes - 1

// settle shares the stripes out anew in every group, as far as what happened asks for it, and tells those whose stripes
// changed: first who gains, then who loses, so that a stripe is rather fetched twice for a moment than not at all.
func (m *Mind) settle(now time.Duration, out []Output) []Output {
	for _, g := range m.groups {
		g.settle(now)
	}
	out = m.tell(out)
	m.disband()
	return out
}

func (g *group) settle(now time.Duration) {
	switch {
	case len(g.members) >= LargeFrom:
		g.large = true
	case len(g.members) < LargeUntil:
		g.large = false
	}
	switch {
	case len(g.members) == 0:
		clear(g.lines[:])
	case g.linked == 0:
		g.settleAlone()
	default:
		g.settleLinked(now)
	}
}

// settleAlone keeps every stripe seeded while nobody is linked: by those who do it already, else by who is here longest.
func (g *group) settleAlone() {
	clear(g.lines[1:])
	g.vacate(&g.lines[0], func(p *member) bool { return p.group == g })
	if len(g.lines[0]) > 0 {
		return
	}
	oldest := g.members[0]
	for _, p := range g.members {
		if p.order < oldest.order {
			oldest = p
		}
	}
	g.lines[0] = line{{oldest, 0, segment.Stripes}}
}

// settleLinked lets only linked peers seed: the others could pass nothing on.
func (g *group) settleLinked(now time.Duration) {
	copies := Copies
	if g.large {
		copies = CopiesLarge
	}
	clear(g.lines[copies:]) // first, so that their holders are spare for what follows
	for i := range copies {
		g.vacate(&g.lines[i], func(p *member) bool { return p.group == g && p.linked > 0 })
	}
	if len(g.lines[0]) == 0 { // the first line is the one that is always whole
		g.lines[0], g.lines[copies-1] = g.lines[copies-1], g.lines[0]
	}
	patient := len(g.members) > RelieveAtOnce && now < g.relieved+RelieveEvery
	for i := range copies {
		for (!patient || len(g.lines[i]) == 0) && g.relieve(&g.lines[i]) {
		}
	}
	if !patient {
		g.relieved = now
	}
}

// relieve moves stripes of the line from the holder that they weigh on most to the peer that would feel them least, if
// that leaves the two clearly more even: who can give away more seeds more. It reports whether it did.
func (g *group) relieve(l *line) bool {
	g.weigh()
	p := g.lightest()
	if p == nil {
		return false
	}
	if len(*l) == 0 {
		if q := g.spare(); q != nil {
			p = q
		}
		*l = line{{p, 0, segment.Stripes}}
		return true
	}
	worst := 0
	for i, r := range *l {
		if w := (*l)[worst].holder; r.holder.held*w.able() > w.held*r.holder.able() {
			worst = i
		}
	}
	r := (*l)[worst]
	h := r.holder
	even := (h.held*p.able() - p.held*h.able()) / (h.able() + p.able()) // so many less, and both carry the same
	count := min(max(even, 1), r.count)
	if p == h || g.hasOther(p, l, r) || h.held*p.able()*100 < (p.held+count)*h.able()*RelieveGain {
		return false
	}
	*l = l.split(worst, count, p)
	return true
}

// hasOther reports whether p holds a stripe of r in another line than l: twice at one peer is once.
func (g *group) hasOther(p *member, l *line, r run) bool {
	for i := range g.lines {
		if &g.lines[i] == l {
			continue
		}
		for _, o := range g.lines[i] {
			if o.holder == p && o.first < r.first+r.count && r.first < o.first+o.count {
				return true
			}
		}
	}
	return false
}

// weigh counts what each holder holds, in all lines.
func (g *group) weigh() {
	for _, p := range g.weighed {
		p.held, p.runs = 0, 0
	}
	g.weighed = g.weighed[:0]
	for _, l := range g.lines {
		for _, r := range l {
			r.holder.held += r.count
			r.holder.runs++
			g.weighed = append(g.weighed, r.holder)
		}
	}
}

// lightest returns the linked peer that one more stripe would weigh on least; of equals the one that is here longest:
// who stayed will stay.
func (g *group) lightest() (best *member) {
	for _, p := range g.members {
		if p.linked == 0 || p.runs >= RunsMax {
			continue
		}
		if best == nil {
			best = p
			continue
		}
		if one, other := (p.held+1)*best.able(), (best.held+1)*p.able(); one < other || one == other && p.order < best.order {
			best = p
		}
	}
	return best
}

// able returns the stripes that a member can give away, as far as is known.
func (p *member) able() int {
	if p.slots == 0 {
		return SlotsFirst
	}
	return p.slots
}

// vacate takes the runs from holders that may not keep them and gives each to a spare peer, else to the neighbouring run
// that is shorter. If nobody is left the line becomes empty.
func (g *group) vacate(l *line, may func(*member) bool) {
	for i := 0; i < len(*l); {
		if may((*l)[i].holder) {
			i++
			continue
		}
		if p := g.spare(); p != nil {
			(*l)[i].holder = p
			continue
		}
		*l = l.without(i)
	}
}

// spare returns the linked peer that seeds nothing and can give away most; of equals the one that is here longest: who
// stayed will stay. It returns nil if there is none.
func (g *group) spare() *member {
	held := 0
	for _, l := range g.lines {
		for _, r := range l {
			if r.holder.group == g && r.holder.linked > 0 {
				held++
			}
		}
	}
	if held == g.linked {
		return nil
	}
	var best *member
	for _, p := range g.members {
		if p.linked > 0 && (best == nil || p.able() > best.able() || p.able() == best.able() && p.order < best.order) && !g.holds(p) {
			best = p
		}
	}
	return best
}

func (g *group) holds(p *member) bool {
	for _, l := range g.lines {
		for _, r := range l {
			if r.holder == p {
				return true
			}
		}
	}
	return false
}

func (m *Mind) tell(out []Output) []Output {
	before := m.seeding
	m.seeding, m.seeded = m.seeded[:0], before
	for _, g := range m.groups {
		for _, l := range g.lines {
			for _, r := range l {
				if r.holder.next == 0 {
					m.seeding = append(m.seeding, r.holder)
				}
				r.holder.next |= uint16((1<<r.count - 1) << r.first)
			}
		}
	}
	for _, gains := range []bool{true, false} {
		for _, p := range m.seeding {
			if (p.next&^p.mask != 0) == gains && p.next != p.mask {
				out = append(out, Seed{p.peer, p.next})
				p.mask = p.next
			}
		}
	}
	for _, p := range before {
		if p.next == 0 && p.mask != 0 {
			p.mask = 0
			if p.place != gone {
				out = append(out, Seed{p.peer, 0})
			}
		}
	}
	for _, p := range m.seeding {
		p.next = 0
	}
	return out
}
