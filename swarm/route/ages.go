package route

import "shoal/span"

const (
	patienceMin    = 250 * span.Millisecond
	patienceMax    = 2500 * span.Millisecond
	orphanPatience = 300 * span.Millisecond
	patienceMargin = 100 * span.Millisecond
)

// ages learns how old pieces are when they come, as TCP learns round trips (RFC 6298): mean and mean deviation.
type ages struct{ mean, deviation span.Span }

func newAges() ages { return ages{mean: 500 * span.Millisecond, deviation: 200 * span.Millisecond} }

func (a *ages) add(age span.Span) {
	off := age - a.mean
	a.mean += off / 8
	a.deviation += (max(off, -off) - a.deviation) / 4
}

// usual returns an age that few pieces exceed.
func (a *ages) usual() span.Span { return a.mean + 2*a.deviation }

func (a *ages) patience() span.Span {
	return min(max(a.mean+4*a.deviation+patienceMargin, patienceMin), patienceMax)
}
