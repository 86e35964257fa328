package main

import (
	"context"
	"fmt"
	"time"

	"shoal/bench/lab"
)

const (
	orphansCount = 8
	orphansWarm  = 20 * time.Second
	// dropMost is how much the offload may fall, in points, and wholeWithin how soon everyone must be back.
	dropMost    = 2
	wholeWithin = 3 * time.Second
)

// orphans keeps the tracker from everyone for a while. Nobody comes or goes meanwhile: that is what a tracker is for.
func orphans(ctx context.Context, s *stage) (bool, error) {
	w := width{up: 4 * s.rate, down: 6 * s.rate, lag: 10 * time.Millisecond, toOrigin: 40 * time.Millisecond}
	c, err := s.gather(ctx, orphansCount, w, nil)
	defer c.Close()
	if err != nil {
		return false, err
	}
	if err := lab.Rest(ctx, orphansWarm); err != nil {
		return false, err
	}
	calm := c.sums()
	if err := lab.Rest(ctx, s.span); err != nil {
		return false, err
	}
	gone := c.sums()
	for _, v := range c.viewers {
		v.door.keep(true)
	}
	fewest := gone.links
	if err := c.watch(ctx, s.away, func(now sums) { fewest = min(fewest, now.links) }); err != nil {
		return false, err
	}
	back := c.sums()
	for _, v := range c.viewers {
		v.door.keep(false)
	}
	opened := time.Now()
	lowest := back.links
	err = lab.Until(ctx, "everyone is back and connected as before", func() bool {
		now := c.sums()
		lowest = min(lowest, now.links)
		return now.sessions >= gone.sessions+orphansCount && now.links >= gone.links
	})
	took := time.Since(opened)
	if err != nil {
		return false, err
	}
	fmt.Printf("  %d viewers, %.0f connections; from viewers %.2f %% before, %.2f %% in %v without the tracker; %.0f stalls\n",
		orphansCount, gone.links/2, offload(calm, gone), offload(gone, back), s.away, back.stalls-gone.stalls)
	fmt.Printf("  connections at the least, meanwhile %.0f, and while all came back %.0f\n", fewest/2, lowest/2)
	drop := offload(calm, gone) - offload(gone, back)
	kept := say("offload fell by", drop, dropMost, "points", drop <= dropMost)
	return say("the mesh is whole again after", took.Seconds(), wholeWithin.Seconds(), "s", took <= wholeWithin) && kept && back.stalls == gone.stalls, nil
}

// watch looks at the sums for a while.
func (c *crowd) watch(ctx context.Context, d time.Duration, look func(sums)) error {
	const every = 100 * time.Millisecond
	for end := time.Now().Add(d); time.Now().Before(end); {
		look(c.sums())
		if err := lab.Rest(ctx, every); err != nil {
			return err
		}
	}
	return nil
}
