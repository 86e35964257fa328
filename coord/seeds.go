package coord

import "shoal/segment"

// everyStripe is the mask of a peer that seeds alone.
const everyStripe = 1<<segment.Stripes - 1

// line is one copy of the stripes, cut into runs of neighbouring stripes. A run's stripes are one byte range of every
// part, so a peer with one run asks the origin once. A line is empty or holds every stripe once.
type line []run

type run struct {
	holder *member
	first  int
	count  int
}

// settle shares the stripes out anew, as far as what happened asks for it, and tells those whose stripes changed: first
// who gains, then who loses, so that a stripe is rather fetched twice for a moment than not at all.
func (m *Mind) settle(out []Output) []Output {
	switch {
	case len(m.members) >= LargeFrom:
		m.large = true
	case len(m.members) < LargeUntil:
		m.large = false
	}
	switch {
	case len(m.members) == 0:
		clear(m.lines[:])
	case m.linked == 0:
		m.settleAlone()
	default:
		m.settleLinked()
	}
	return m.tell(out)
}

// settleAlone keeps every stripe seeded while nobody is linked: by those who do it already, else by who is here longest.
func (m *Mind) settleAlone() {
	clear(m.lines[1:])
	m.vacate(&m.lines[0], func(p *member) bool { return p.place != gone })
	if len(m.lines[0]) > 0 {
		return
	}
	oldest := m.members[0]
	for _, p := range m.members {
		if p.order < oldest.order {
			oldest = p
		}
	}
	m.lines[0] = line{{oldest, 0, segment.Stripes}}
}

// settleLinked lets only linked peers seed: the others could pass nothing on.
func (m *Mind) settleLinked() {
	copies := Copies
	if m.large {
		copies = CopiesLarge
	}
	clear(m.lines[copies:]) // first, so that their holders are spare for what follows
	for i := range copies {
		m.vacate(&m.lines[i], func(p *member) bool { return p.place != gone && p.linked > 0 })
	}
	if len(m.lines[0]) == 0 { // the first line is the one that is always whole
		m.lines[0], m.lines[copies-1] = m.lines[copies-1], m.lines[0]
	}
	for i := range copies {
		for len(m.lines[i]) < segment.Stripes {
			p := m.spare()
			if p == nil {
				return
			}
			m.lines[i] = m.lines[i].with(p)
		}
	}
}

// vacate takes the runs from holders that may not keep them and gives each to a spare peer, else to the neighbouring run
// that is shorter. If nobody is left the line becomes empty.
func (m *Mind) vacate(l *line, may func(*member) bool) {
	for i := 0; i < len(*l); {
		if may((*l)[i].holder) {
			i++
			continue
		}
		if p := m.spare(); p != nil {
			(*l)[i].holder = p
			continue
		}
		*l = l.without(i)
	}
}

// spare returns the linked peer that seeds nothing and is here longest: who stayed will stay. It returns nil if there is none.
func (m *Mind) spare() *member {
	held := 0
	for _, l := range m.lines {
		for _, r := range l {
			if r.holder.place != gone && r.holder.linked > 0 {
				held++
			}
		}
	}
	if held == m.linked {
		return nil
	}
	var best *member
	for _, p := range m.members {
		if p.linked > 0 && (best == nil || p.order < best.order) && !m.holds(p) {
			best = p
		}
	}
	return best
}

func (m *Mind) holds(p *member) bool {
	for _, l := range m.lines {
		for _, r := range l {
			if r.holder == p {
				return true
			}
		}
	}
	return false
}

// with splits the longest run and gives its second half to p.
func (l line) with(p *member) line {
	if len(l) == 0 {
		return line{{p, 0, segment.Stripes}}
	}
	longest := 0
	for i, r := range l {
		if r.count > l[longest].count {
			longest = i
		}
	}
	r := &l[longest]
	half := r.count / 2
	r.count -= half
	given := run{p, r.first + r.count, half}
	l = append(l, run{})
	copy(l[longest+2:], l[longest+1:])
	l[longest+1] = given
	return l
}

// without removes run i and adds its stripes to the shorter of its neighbours.
func (l line) without(i int) line {
	r := l[i]
	l = append(l[:i], l[i+1:]...)
	switch {
	case len(l) == 0:
		return nil
	case i == len(l) || i > 0 && l[i-1].count <= l[i].count:
		l[i-1].count += r.count
	default:
		l[i].first, l[i].count = r.first, l[i].count+r.count
	}
	return l
}

func (m *Mind) tell(out []Output) []Output {
	before := m.seeding
	m.seeding = nil
	for _, l := range m.lines {
		for _, r := range l {
			if r.holder.next == 0 {
				m.seeding = append(m.seeding, r.holder)
			}
			r.holder.next |= uint16((1<<r.count - 1) << r.first)
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
