package coord

import (
	"math/bits"
	"testing"
	"time"

	"shoal/id"
	"shoal/segment"
)

// rungs has viewers 1 to n follow one of three tracks each, viewer i track i%3.
func rungs(c *crowd, n int) {
	for i := 1; i <= n; i++ {
		c.do(Joined{Peer: id.Peer(i), Prefix: own(i), Share: true, Tracks: 1 << (i % 3)})
	}
	c.linkAll(1, n)
	c.now += RelieveEvery
	c.do(Tick{})
}

// seededBy returns the stripes that those of 1 to n with i%3 == rung seed, and how many copies of them there are.
func (c *crowd) seededBy(rung, n int) (mask uint16, copies int) {
	for i := 1; i <= n; i++ {
		if i%3 == rung {
			mask |= c.masks[id.Peer(i)]
			copies += bits.OnesCount16(c.masks[id.Peer(i)])
		}
	}
	return mask, copies
}

func TestEachGroupHasItsSeeds(t *testing.T) {
	c := newCrowd(3)
	rungs(c, 30)
	for rung := range 3 {
		if mask, copies := c.seededBy(rung, 30); mask != everyStripe || copies != segment.Stripes*Copies {
			t.Errorf("rung %d: %016b is seeded, %d stripes in all", rung, mask, copies)
		}
	}
	for i := 1; i <= 27; i++ { // but 28, of rung 1
		if i%3 == 1 {
			c.do(Left{id.Peer(i)})
		}
	}
	if c.masks[28] != everyStripe {
		t.Errorf("the last of a rung seeds %016b", c.masks[28])
	}
}

// TestWhoTurnsSeedsAnew moves a seed to another group: its stripes go to others there, and it may seed here.
func TestWhoTurnsSeedsAnew(t *testing.T) {
	c := newCrowd(3)
	rungs(c, 30)
	for i := 3; i <= 30; i += 3 {
		c.do(Follows{Peer: id.Peer(i), Tracks: 1 << 1})
		if mask, copies := c.seededBy(0, 30); i < 30 && copies-bits.OnesCount16(mask) > segment.Stripes {
			t.Fatalf("%d copies of %016b", copies, mask)
		}
	}
	total := 0
	for _, mask := range c.masks {
		total += bits.OnesCount16(mask)
	}
	if total != 2*segment.Stripes || len(c.mind.groups) != 2 {
		t.Errorf("%d stripes are seeded in %d groups", total, len(c.mind.groups))
	}
}

// TestIntroductionsPreferTheSameTracks and keep some others.
func TestIntroductionsPreferTheSameTracks(t *testing.T) {
	c := newCrowd(3)
	rungs(c, 300)
	kin := 0
	const newcomers = 20
	for i := range newcomers {
		for _, q := range introductions(c.do(Joined{Peer: id.Peer(1000 + i), Prefix: own(1000 + i), Share: true, Tracks: 1})) {
			if q%3 == 0 && q <= 300 || q >= 1000 {
				kin++
			}
		}
	}
	if kin < newcomers*KinMax || kin > newcomers*(NeighboursMax-1) {
		t.Errorf("%d of %d introductions were to those of the same tracks", kin, newcomers*NeighboursMax)
	}
	if to := introductions(c.do(Joined{Peer: 2000, Prefix: 2000, Share: true, Tracks: 1 << 5})); len(to) != NeighboursMax {
		t.Errorf("one whom nobody follows met %d", len(to))
	}
}

// TestWhoTurnsMeetsOthers as often as it may, though it has met many.
func TestWhoTurnsMeetsOthers(t *testing.T) {
	c := newCrowd(3)
	rungs(c, 300)
	for turn := range 20 {
		c.now += MorePause
		rung := 1 + turn%2
		to := introductions(c.do(Follows{Peer: 3, Tracks: 1 << rung}))
		same := 0
		for _, q := range to {
			if int(q)%3 == rung {
				same++
			}
		}
		if turn < 4 && same < KinMax || len(c.mind.byPeer[3].met) > MetMax {
			t.Fatalf("turn %d: met %d, %d of them of its tracks, knows %d", turn, len(to), same, len(c.mind.byPeer[3].met))
		}
	}
	if to := introductions(c.do(Follows{Peer: 3, Tracks: 1})); len(to) != 0 {
		t.Errorf("met %d at once", len(to))
	}
}

func TestGroupsAreBounded(t *testing.T) {
	c := newCrowd(3)
	for i := 1; i < 256; i++ {
		c.do(Joined{Peer: id.Peer(i), Prefix: own(i), Share: true, Tracks: segment.Tracks(i)})
		c.do(Linked{Peer: id.Peer(i), N: 5})
	}
	if len(c.mind.groups) != GroupsMax || len(c.mind.others.members) != 255-GroupsMax {
		t.Errorf("%d groups, %d others", len(c.mind.groups), len(c.mind.others.members))
	}
	c.now += time.Minute
	for i := 1; i < 256; i++ {
		c.do(Left{id.Peer(i)})
	}
	if len(c.mind.groups) != 0 || len(c.mind.others.members) != 0 || c.mind.Sharing() != 0 {
		t.Error("somebody is left")
	}
}
