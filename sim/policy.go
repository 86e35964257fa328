package sim

import (
	"shoal/id"
	"shoal/segment"
	"shoal/sim/rival"
	"shoal/span"
	"shoal/swarm"
)

// mind is what a viewer's body carries: the engine, or a rival of it.
type mind interface {
	Step(now span.Span, in swarm.Input, out []swarm.Output) []swarm.Output
	Wake() (at span.Span, ok bool)
}

// forester is a mind that has trees to show.
type forester interface {
	Trees() (parents [segment.Stripes]id.Peer, depths [segment.Stripes]uint8, slots, used int)
}

// Policy is a way to share: which mind viewers carry, and what it needs of stream and player.
type Policy struct {
	Name, Means string
	mind        func(c swarm.Config, up float64) mind // up is the uplink in truth, for who need not learn it
	adapt       func(Scenario) Scenario
	credulous   bool      // it verifies nothing
	polls       bool      // it hears of parts from a playlist that it polls
	ahead       span.Span // its player fetches no farther ahead than this; 0 is as far as there is
}

// Policies returns what can be compared, ours first.
func Policies() []Policy {
	same := func(s Scenario) Scenario { return s }
	return []Policy{
		{Name: "shoal", Means: "the engine of this house", adapt: same, mind: func(c swarm.Config, _ float64) mind { return swarm.New(c) }},
		{
			Name: "mesh", Means: "naive mesh-pull: whole parts, random neighbours, uncoordinated coins for the origin (reference-sim's NAIVE)",
			adapt: oneRung, mind: func(c swarm.Config, up float64) mind { return rival.NewMesh(c, up) },
		},
		loader("p2pml", "p2p-media-loader 2.3.1 at its defaults: 2 s segments, 58 s behind live, all within 15 s of the playhead by HTTP",
			2*span.Second, 15*span.Second, func(Scenario) span.Span { return 58 * span.Second }),
		loader("p2pml-live", "the same as PeerTube tunes it for live: 4 s segments, 20 s behind live, 4 s by HTTP",
			4*span.Second, 4*span.Second, func(Scenario) span.Span { return 20 * span.Second }),
		loader("p2pml-near", "the same at its defaults, but as near to live as we play",
			2*span.Second, 15*span.Second, func(s Scenario) span.Span { return s.Part + s.Budget }),
	}
}

// loader is p2p-media-loader with settings: how long segments are, within what of the playhead it takes from the origin,
// and how far behind the live edge its player is.
func loader(name, means string, segment, demand span.Span, behind func(Scenario) span.Span) Policy {
	return Policy{
		Name: name, Means: means, credulous: true, polls: true, ahead: max(2*segment, demand),
		mind: func(c swarm.Config, _ float64) mind { return rival.NewLoader(c, demand) },
		adapt: func(s Scenario) Scenario {
			s = oneRung(s)
			s.Budget = max(behind(s)-segment, span.Second)
			s.Part = segment
			s.Warm += behind(s)
			return s
		},
	}
}

// OneRung is our policy for the same crowd with one rendition, which every downlink takes: what several cost is the
// difference.
func OneRung() Policy {
	return Policy{
		Name: oneRungName, Means: "the engine of this house, and everyone on the top rendition", adapt: oneRung,
		mind: func(c swarm.Config, _ float64) mind { return swarm.New(c) },
	}
}

const oneRungName = "one-rung"

func oneRung(s Scenario) Scenario {
	s.Ladder, s.Downs, s.Fickle = []float64{1}, nil, 0
	return s
}

// engine reports whether the policy is the engine's own.
func (p Policy) engine() bool { return p.Name == "shoal" || p.Name == oneRungName }
