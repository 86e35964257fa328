package sim

import (
	"fmt"

	"shoal/span"
)

// ChaosName is the scenario that is another one for each seed.
const ChaosName = "chaos"

// Chaos draws a small scenario in which anything may go wrong: what tests run by the hundred.
func Chaos(seed uint64) Scenario {
	c := chance{mix(seed + 0x5eed)}
	s := Everyday()
	s.Name, s.Summary = ChaosName, fmt.Sprintf("Few viewers, and whatever seed %d has in store.", seed)
	s.Peers = 5 + int(c.unit()*c.unit()*26) // mostly few: small swarms are run by the hundred
	s.Warm, s.Measure = 5*span.Second, 15*span.Second
	s.Part = []span.Span{250 * span.Millisecond, 500 * span.Millisecond, 500 * span.Millisecond, span.Second}[int(c.unit()*4)]
	s.Budget = c.span(2*span.Second, 6*span.Second)
	s.Stay = []span.Span{0, 10 * span.Second, span.Minute}[int(c.unit()*3)]
	s.Abrupt = c.unit()
	s.Rate = c.between(50_000, 600_000)
	sometimes := func(v *float64, most float64) {
		if c.unit() < 0.3 {
			*v = c.unit() * most
		}
	}
	for i := range s.Uplinks {
		s.Uplinks[i].Up *= c.between(0.3, 2)
	}
	sometimes(&s.Swing, 0.9)
	sometimes(&s.Unreachable, 1)
	sometimes(&s.Loss, 0.03)
	sometimes(&s.SlowTail, 0.3)
	sometimes(&s.Hidden, 1)
	sometimes(&s.Sleepers, 1)
	sometimes(&s.FreeRiders, 0.6)
	for _, bad := range []*float64{&s.Polluters, &s.Stallers, &s.Delayers, &s.Liars, &s.Sybils} {
		sometimes(bad, 0.3)
	}
	s.SleepFor = c.span(span.Second, 8*span.Second)
	if c.unit() < 0.3 {
		s.SlowBy = c.span(0, 4*span.Second)
	}
	if c.unit() < 0.3 {
		s.Bloat = c.span(0, 500*span.Millisecond)
	}
	if c.unit() < 0.2 {
		s.OriginTotal = c.between(0.5, 10)
	}
	if c.unit() < 0.3 {
		s.OutageAt, s.OutageFor = c.span(2*span.Second, 15*span.Second), c.span(span.Second, 8*span.Second)
	}
	if c.unit() < 0.3 {
		s.Crowd, s.CrowdAt, s.CrowdIn = int(c.unit()*12), 8*span.Second, 2*span.Second
	}
	if c.unit() < 0.3 {
		s.JoinAt = "key"
	}
	if c.unit() < 0.3 {
		s.Ladder = []float64{0.33, 1}
		s.Downs, s.Fickle = []Class{{0.5, 0.6}, {0.5, 6}}, c.unit()
	}
	return s
}
