package main

import (
	"context"
	"fmt"
	"time"

	"shoal/bench/lab"
)

const (
	scarceCount = 8
	scarceWarm  = 40 * time.Second
	// scarceUplink is what each viewer may send, of the stream, and scarceLeast how much of the bound is to come from viewers.
	scarceUplink = 0.5
	scarceLeast  = 0.8
)

// scarce gives everyone an uplink of half the stream. N viewers watch N streams; of these they can carry what their uplinks do, N*u, and
// never the one that must come from the origin, N-1. With half of the stream for u that is half of all.
func scarce(ctx context.Context, s *stage) (bool, error) {
	kept := true
	for _, way := range []struct {
		what  string
		width width
	}{
		{"everyone allows half the stream, on a wide line", width{up: 4 * s.rate, down: 6 * s.rate, allowed: int(scarceUplink * s.rate)}},
		{"everyone's line carries half the stream, headers and all", width{up: scarceUplink * s.rate, down: 6 * s.rate}},
	} {
		way.width.lag, way.width.toOrigin = 10*time.Millisecond, 40*time.Millisecond
		ok, err := s.share(ctx, way.what, way.width)
		if err != nil {
			return false, err
		}
		kept = kept && ok
	}
	return kept, nil
}

func (s *stage) share(ctx context.Context, what string, w width) (bool, error) {
	c, err := s.gather(ctx, scarceCount, w, nil)
	defer c.Close()
	if err != nil {
		return false, err
	}
	if err := lab.Rest(ctx, scarceWarm); err != nil {
		return false, err
	}
	before := c.sums()
	if err := lab.Rest(ctx, s.span); err != nil {
		return false, err
	}
	after := c.sums()
	const n = float64(scarceCount)
	bound := 100 * min(n*scarceUplink, n-1) / n
	got := offload(before, after)
	fmt.Printf("  %s: %.1f %% from viewers, bound %.1f %%; %.0f stalls, %.0f late parts\n", what, got, bound, after.stalls-before.stalls, after.late-before.late)
	return say("of the bound", got/bound, scarceLeast, "", got/bound >= scarceLeast), nil
}
