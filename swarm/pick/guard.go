package pick

import (
	"shoal/span"
	"slices"
)

// Bounds of the guard: how long before its deadline a part is asked of the origin.
const (
	// GuardFirst is the guard before any fetch was measured.
	GuardFirst = 800 * span.Millisecond
	// GuardMin and GuardMax bound it afterwards.
	GuardMin = 500 * span.Millisecond
	GuardMax = 2 * span.Second
	// guardMargin is what an answer may be later than most.
	guardMargin = 50 * span.Millisecond
	// guardSamples is how many fetches are remembered.
	guardSamples = 64
	// hedgeEarned is how many answers earn one question more, and hedgesSpare how many may be asked before any were earned. Who asks twice
	// whenever answers are slow makes them slower: an origin, or a viewer's own machine, that is at its limit would never come back from it.
	hedgeEarned = 5
	hedgesSpare = 8
)

// Guard learns how long the origin takes. There is time for two tries, and a third if it is quick: one answer in a hundred
// is slow, whatever the others are, two in a row are one in ten thousand, and three are not.
type Guard struct {
	took  []span.Span // the latest, in the order in which they were measured
	usual span.Span   // what nine in ten do not exceed
	spent int         // on questions asked again, in answers that would earn them
}

// Measured adds a fetch's duration.
func (g *Guard) Measured(took span.Span) {
	g.spent = max(g.spent-1, 0)
	if len(g.took) == guardSamples {
		g.took = slices.Delete(g.took, 0, 1)
	}
	g.took = append(g.took, took)
	sorted := slices.Clone(g.took)
	slices.Sort(sorted)
	g.usual = sorted[len(sorted)*9/10]
}

// Length returns the guard.
func (g *Guard) Length() span.Span {
	if len(g.took) == 0 {
		return GuardFirst
	}
	return min(max(2*(g.usual+guardMargin), GuardMin), GuardMax)
}

// Hedge returns how long a rescue may take before the origin is asked once more that was asked again so often already;
// Never after the second time, which leaves time for one quick answer.
func (g *Guard) Hedge(hedges int) span.Span {
	switch hedges {
	case 0:
		return g.Length() / 2
	case 1:
		return g.Length() * 7 / 10
	}
	return Never
}

// Spend reports whether the origin may be asked once more, and counts it.
func (g *Guard) Spend() bool {
	if g.spent+hedgeEarned > hedgesSpare*hedgeEarned {
		return false
	}
	g.spent += hedgeEarned
	return true
}

// Patience returns how long a rescue may take before the player is told to fetch for itself: all of it. A request that the
// player began a little sooner would come too late as well, and ask for everything once more.
func (g *Guard) Patience() span.Span { return g.Length() }
