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
	// guardMargin stands between the slowest measured fetch and the deadline.
	guardMargin = 150 * span.Millisecond
	// guardSamples is how many fetches are remembered; the slowest of 64 stands near the 99th percentile.
	guardSamples = 64
)

// Guard learns how long the origin takes.
type Guard struct{ took []span.Span }

// Measured adds a fetch's duration.
func (g *Guard) Measured(took span.Span) {
	if len(g.took) == guardSamples {
		g.took = slices.Delete(g.took, 0, 1)
	}
	g.took = append(g.took, took)
}

// Length returns the guard.
func (g *Guard) Length() span.Span {
	if len(g.took) == 0 {
		return GuardFirst
	}
	return min(max(slices.Max(g.took)+guardMargin, GuardMin), GuardMax)
}

// Hedge returns how long a rescue may take before the player is told to fetch for itself.
func (g *Guard) Hedge() span.Span { return g.Length() / 2 }
