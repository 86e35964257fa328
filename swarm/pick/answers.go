package pick

import "shoal/span"

// answers learns how long neighbours take with what they are asked for, late answers included, as TCP learns round trips
// (RFC 6298): where all uplinks are full an answer takes a second and more, and whoever asks another meanwhile gets both.
type answers struct{ mean, deviation span.Span }

func (a *answers) add(took span.Span) {
	off := took - a.mean
	a.mean += off / 8
	a.deviation += (max(off, -off) - a.deviation) / 4
}

// wait returns how long to wait for an answer that should take so long, at most longest.
func (a *answers) wait(takes, longest span.Span) span.Span {
	return min(max(2*takes, a.mean+4*a.deviation, AskShortest), longest)
}
