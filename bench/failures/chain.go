package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"shoal/bench/lab"
	"shoal/id"
	"shoal/wire/signal"
)

const (
	// links of the chain, and how much longer the last one may take than the first.
	chainLength = 4
	chainMost   = 1.4
	// chainWidth is what each uplink carries, of the stream: then a part needs a third of its own length for each hop between viewers,
	// and whoever passed on whole parts only would take three times as long over three of them.
	chainWidth = 3
	chainWarm  = 25 * time.Second
)

// chain lets each viewer meet the one before and the one after it alone, and the first fetch everything for all. Then it looks how old
// parts are when the first and the last have them whole.
func chain(ctx context.Context, s *stage) (bool, error) {
	w := width{up: chainWidth * s.rate, down: 6 * s.rate, lag: 5 * time.Millisecond, toOrigin: 20 * time.Millisecond}
	c, err := s.gather(ctx, chainLength, w, meetNeighbours)
	defer c.Close()
	if err != nil {
		return false, err
	}
	if err := lab.Rest(ctx, chainWarm); err != nil {
		return false, err
	}
	during := lab.Stretch{From: time.Now()}
	before := c.sums()
	if err := lab.Rest(ctx, s.span); err != nil {
		return false, err
	}
	during.To = time.Now()
	after := c.sums()
	published := c.witness.Published()
	if err := c.leave(); err != nil {
		return false, err
	}
	var accounts []*lab.Account
	middle := make([]float64, chainLength)
	for i, v := range c.viewers {
		a, err := lab.Replay(v.tape.Bytes(), during)
		if err != nil {
			return false, err
		}
		accounts = append(accounts, a)
		ages := lab.Ages([]*lab.Account{a}, published, during)
		if len(ages) == 0 {
			return false, fmt.Errorf("viewer %d had no part", i+1)
		}
		middle[i] = ages[len(ages)/2]
		fmt.Printf("  after %d hops a part is whole after %4.0f ms (95 %%: %4.0f ms); %d parts, %d rescues, %d connections, %d of %d slots sold\n",
			i+1, middle[i], ages[len(ages)*95/100], len(ages), a.Rescues, v.Stats().Links, a.Used, a.Slots)
	}
	fmt.Printf("  pieces that viewers brought came over %.2f others on average; %.1f %% of all from viewers, %.0f stalls\n",
		lab.Hops(accounts, during), offload(before, after), after.stalls-before.stalls)
	bytes, _ := lab.PublishedBytes(accounts, published, during)
	fmt.Printf("  the stream is %.0f kbit/s, each line %.0f both ways\n", 8*bytes/during.To.Sub(during.From).Seconds()/1000, 8*chainWidth*s.rate/1000)
	fmt.Printf("  the origin's own line is wide: from it to the first takes %.0f ms, and each hop on to another viewer that much more\n", middle[0])
	ratio := middle[chainLength-1] / math.Max(1, middle[1])
	return say("the last viewer, of what one hop from viewer to viewer takes", ratio, chainMost, "times", ratio <= chainMost), nil
}

// meetNeighbours keeps a viewer from all but its neighbours in the chain, and makes the first the only seed.
func meetNeighbours(c *crowd, i int, m signal.FromTracker) signal.FromTracker {
	switch m := m.(type) {
	case signal.Peers:
		return only(m, func(p id.Peer) bool {
			return i > 0 && c.viewers[i-1].door.name() == p || i+1 < len(c.viewers) && c.viewers[i+1].door.name() == p
		})
	case signal.Seed:
		if i == 0 {
			return signal.Seed{Stripes: math.MaxUint16}
		}
		return nil
	default:
		return m
	}
}
