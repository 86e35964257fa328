package sim

import (
	"slices"
	"testing"

	"shoal/span"
)

// TestLossLimits gives what pion was measured to carry through loss: 3.0 to 3.5 Mbit/s at 50 ms and 0.5 %, 1.7 at 2 %.
func TestLossLimits(t *testing.T) {
	for loss, want := range map[float64][2]float64{0.005: {3.0, 3.5}, 0.02: {1.55, 1.85}} {
		if got := through(loss, 50*span.Millisecond) * 8 / 1e6; got < want[0] || got > want[1] {
			t.Errorf("%.1f %% loss lets %.2f Mbit/s through, want %v", 100*loss, got, want)
		}
	}
}

func TestNAT(t *testing.T) {
	n := New(everyday(t, "peers 2"), policy(t, "shoal"), 1)
	connects := map[[2]nat]bool{
		{cone, cone}: true, {cone, restricted}: true, {cone, symmetric}: true, {cone, blocked}: false, {restricted, restricted}: true,
		{restricted, symmetric}: false, {restricted, blocked}: false, {symmetric, symmetric}: false, {symmetric, blocked}: false, {blocked, blocked}: false,
	}
	for kinds, want := range connects {
		a, b := &viewer{line: line{nat: kinds[0]}}, &viewer{index: 1, line: line{nat: kinds[1]}}
		if n.reach(a, b) != want || n.reach(b, a) != want {
			t.Errorf("%s and %s: connecting is not %v", natNames[kinds[0]], natNames[kinds[1]], want)
		}
	}
}

// TestEverydayPairs keeps the share of pairs that cannot connect at the design's 12 %.
func TestEverydayPairs(t *testing.T) {
	failed := 0.0
	for _, a := range Everyday().NAT {
		for _, b := range Everyday().NAT {
			if max(a.Kind, b.Kind) == symmetric && min(a.Kind, b.Kind) != cone {
				failed += a.Share * b.Share
			}
		}
	}
	if failed < 0.115 || failed > 0.125 {
		t.Errorf("%.3f of pairs cannot connect", failed)
	}
}

// TestChannelsAreOrdered lets nothing overtake on one link, whatever jitter and loss do.
func TestChannelsAreOrdered(t *testing.T) {
	n := New(everyday(t, "peers 2; loss 0.05"), policy(t, "shoal"), 1)
	for range 2 {
		v := newViewer(n, int32(len(n.viewers)), 0)
		n.viewers = append(n.viewers, v)
	}
	v := n.viewers[0]
	v.links = []link{{peer: n.viewers[1].id}}
	var at []span.Span
	for i := range 500 {
		at = append(at, n.arrival(v, &v.links[0], n.carry(v, &v.links[0], 100+i*20), 100+i*20))
	}
	if !slices.IsSorted(at) {
		t.Error("a message overtook another")
	}
}

func TestClock(t *testing.T) {
	var c clock
	rnd := chance{1}
	for i := range 1000 {
		c.at(span.Span(rnd.next()%50), event{ref: uint32(i)})
	}
	var last event
	for range 1000 {
		e := c.next()
		if e.at < last.at || e.at == last.at && e.order < last.order {
			t.Fatalf("%d %d after %d %d", e.at, e.order, last.at, last.order)
		}
		last = e
	}
	c.at(0, event{})
	if e := c.next(); e.at != last.at {
		t.Error("the clock ran backwards")
	}
}
