package coord

// line is one copy of the stripes, cut into runs of neighbouring stripes. A run's stripes are one byte range of every
// part, so a peer with one run asks the origin once. A line is empty or holds every stripe once.
type line []run

type run struct {
	holder *member
	first  int
	count  int
}

// split gives the last count stripes of run i to p.
func (l line) split(i, count int, p *member) line {
	r := &l[i]
	if count == r.count {
		r.holder = p
		return l.joined()
	}
	r.count -= count
	given := run{p, r.first + r.count, count}
	l = append(l, run{})
	copy(l[i+2:], l[i+1:])
	l[i+1] = given
	return l.joined()
}

// joined makes one run of neighbouring runs that one peer holds.
func (l line) joined() line {
	out := l[:1]
	for _, r := range l[1:] {
		if last := &out[len(out)-1]; last.holder == r.holder {
			last.count += r.count
			continue
		}
		out = append(out, r)
	}
	return out
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
