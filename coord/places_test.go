package coord

import (
	"testing"
	"time"

	"shoal/id"
)

// audience is a recording with a viewer every ten seconds of it: viewer i at 10 s times i.
func audience(n int) *crowd {
	c := &crowd{mind: NewRecorded(4), masks: map[id.Peer]uint16{}}
	for i := 1; i <= n; i++ {
		c.do(Joined{Peer: id.Peer(i), Prefix: Prefix(i), Share: true})
		c.do(At{Peer: id.Peer(i), PositionMS: int64(i) * 10_000})
	}
	return c
}

func TestRecordingIntroducesThoseAheadAndNear(t *testing.T) {
	c := audience(60)
	if len(c.masks) != 0 {
		t.Errorf("stripes of a recording are seeded: %v", c.masks)
	}
	if to := introductions(c.do(Joined{Peer: 99, Prefix: 99, Share: true})); len(to) != 0 {
		t.Errorf("introduced to %v before it said where it plays", to)
	}
	c.now += time.Minute // all have played on
	to := introductions(c.do(At{Peer: 99, PositionMS: 200_000 + 60_000 + 1}))
	near := 0
	for _, q := range to {
		if q > 20+18 || q <= 20 && q > 60 {
			t.Errorf("introduced to %d, which is not ahead within reach", q)
		}
		if q > 20 && q <= 20+NearMax {
			near++
		}
	}
	if len(to) < NeighboursMax || near != NearMax {
		t.Errorf("introduced to %v: %d of the nearest", to, near)
	}
	c.now += 10 * time.Second
	if to := introductions(c.do(At{Peer: 99, PositionMS: 270_001})); len(to) != 0 {
		t.Errorf("introduced anew to %v, though it only played on", to)
	}
}

func TestRecordingIntroducesAnewAfterAJump(t *testing.T) {
	c := audience(60)
	c.do(Joined{Peer: 99, Prefix: 99, Share: true})
	c.do(At{Peer: 99, PositionMS: 15_000})
	to := introductions(c.do(At{Peer: 99, PositionMS: 405_000}))
	ahead := 0
	for _, q := range to {
		if q > 40 && q <= 58 {
			ahead++
		}
	}
	if ahead != NeighboursMax {
		t.Errorf("after a jump %d ahead of it: %v", ahead, to)
	}
	if p := c.mind.byPeer[99]; c.mind.Introduced(99, 2) || len(p.met) != len(to) {
		t.Errorf("it still knows who is far behind now: %d", len(p.met))
	}
	if to := introductions(c.do(At{Peer: 99, PositionMS: 15_000})); len(to) < NeighboursMax {
		t.Errorf("back again it meets %v", to)
	}
}

func TestRecordingTellsThoseBehindOfANewcomerAhead(t *testing.T) {
	c := audience(3) // each came ahead of those before
	if !c.mind.Introduced(1, 2) || !c.mind.Introduced(1, 3) || !c.mind.Introduced(2, 3) {
		t.Error("who is behind was not told of who came ahead")
	}
	c.do(Joined{Peer: 9, Prefix: 9, Share: true})
	c.do(At{Peer: 9, PositionMS: 30_000 + Reach.Milliseconds() + 1})
	if c.mind.Introduced(3, 9) {
		t.Error("introduced to one out of reach")
	}
	if c.do(Left{2}); len(c.mind.places) != 3 {
		t.Errorf("%d have a place", len(c.mind.places))
	}
}

// TestPlacesHoldWhateverHappens reports positions at random: the order stays, and nobody is introduced to whom it knows.
func TestPlacesHoldWhateverHappens(t *testing.T) {
	c := audience(40)
	draw := chance{9}
	for range 5000 {
		p := id.Peer(1 + draw.below(50))
		c.now += time.Duration(draw.below(3)) * time.Second
		switch draw.below(8) {
		case 0:
			c.do(Left{p})
		case 1:
			c.do(Joined{Peer: p, Prefix: Prefix(p), Share: true})
		case 2:
			c.do(MorePlease{p})
		default:
			c.do(At{Peer: p, PositionMS: int64(draw.below(600)) * 1000})
		}
		m := c.mind
		for i, q := range m.places {
			if !q.placed || q.place == gone || i > 0 && m.places[i-1].start > q.start {
				t.Fatalf("places out of order at %d", i)
			}
		}
		for _, q := range m.members {
			if len(q.met) > MetMax {
				t.Fatalf("%d acquaintances", len(q.met))
			}
		}
		for _, o := range c.last {
			if in, ok := o.(Introduce); ok && len(in.To) > NeighboursMax {
				t.Fatalf("introduced to %d", len(in.To))
			}
		}
	}
}
