package coord

import (
	"math/bits"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
)

// The same inputs and the same seed give the same outputs; whatever happens, the promises hold.
func TestPromisesHoldWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		peers := rapid.IntRange(1, 60).Draw(t, "peers")
		nets := rapid.IntRange(1, 20).Draw(t, "networks")
		a, b := newCrowd(seed), newCrowd(seed)
		peer := rapid.IntRange(1, peers)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			var in Input
			p := id.Peer(peer.Draw(t, "peer"))
			switch rapid.IntRange(0, 10).Draw(t, "what") {
			case 0, 1, 2:
				in = Joined{Peer: p, Prefix: Prefix(int(p) % nets), Share: true}
			case 3, 4, 5:
				in = Linked{Peer: p, N: rapid.IntRange(0, 2).Draw(t, "linked")}
			case 6:
				in = Left{p}
			case 7:
				in = MorePlease{p}
			case 8:
				in = Complained{By: p, About: id.Peer(peer.Draw(t, "about"))}
			case 9:
				in = Follows{Peer: p, Tracks: segment.Tracks(rapid.IntRange(0, 3).Draw(t, "tracks"))}
			case 10:
				a.now += time.Minute
				b.now = a.now
				in = Tick{}
			}
			before := a.copiesByPeer()
			out := a.do(in)
			if !reflect.DeepEqual(out, b.do(in)) {
				t.Fatalf("two minds differ on %#v", in)
			}
			a.check(t, in)
			if j, ok := in.(Joined); ok && a.mind.Sharing() > 1 && moved(before, a.masks, j.Peer) > 0 {
				t.Fatalf("a newcomer without connections moved stripes")
			}
		}
	})
}

func (c *crowd) copiesByPeer() map[id.Peer]uint16 {
	m := make(map[id.Peer]uint16, len(c.masks))
	for p, mask := range c.masks {
		m[p] = mask
	}
	return m
}

// moved counts the stripes that other peers than p gained.
func moved(before, after map[id.Peer]uint16, p id.Peer) (n int) {
	for q, mask := range after {
		if q != p {
			n += bits.OnesCount16(mask &^ before[q])
		}
	}
	return n
}

func (c *crowd) check(t *rapid.T, in Input) {
	m := c.mind
	together := 0
	for _, g := range m.groups {
		c.checkGroup(t, in, g)
		together += len(g.members)
	}
	if together != len(m.members) {
		t.Fatalf("after %#v %d of %d members are in groups", in, together, len(m.members))
	}
	for p, mask := range c.masks {
		if m.byPeer[p] == nil {
			t.Fatalf("after %#v %v seeds though it is gone", in, p)
		}
		if runs := bits.OnesCount16(mask &^ (mask << 1)); runs > RunsMax {
			t.Fatalf("after %#v %v seeds %016b: %d runs, each a request a part", in, p, mask, runs)
		}
		if q := m.byPeer[p]; q.group.linked > 0 && q.linked == 0 {
			t.Fatalf("after %#v %v seeds unlinked while others are linked", in, p)
		}
	}
	for i, p := range m.members {
		if p.place != i || m.byPeer[p.peer] != p || len(p.met) > MetMax || len(p.complaints) > ComplaintsMax {
			t.Fatalf("after %#v the books on %v are wrong", in, p.peer)
		}
		for _, q := range p.met {
			if q == p || q.place == gone || !slices.Contains(q.met, p) {
				t.Fatalf("after %#v %v knows %v, not the other way", in, p.peer, q.peer)
			}
		}
	}
	for _, o := range c.last {
		if o, ok := o.(Introduce); ok && len(o.To) > NeighboursMax {
			t.Fatalf("introduced to %d", len(o.To))
		}
	}
}

// checkGroup holds that each stripe is seeded within every group, and by no more than it needs.
func (c *crowd) checkGroup(t *rapid.T, in Input, g *group) {
	var seeds [segment.Stripes]int
	for i, p := range g.members {
		if p.group != g || p.seat != i || p.tracks != g.tracks {
			t.Fatalf("after %#v the books on %v in its group are wrong", in, p.peer)
		}
		for k := range seeds {
			seeds[k] += int(c.masks[p.peer] >> k & 1)
		}
	}
	limit := Copies
	if g.large {
		limit = CopiesLarge
	}
	for k, n := range seeds {
		if n == 0 || n > limit {
			t.Fatalf("after %#v stripe %d has %d seeds among those who follow %08b", in, k, n, g.tracks)
		}
	}
}

func TestFewStripesMove(t *testing.T) {
	c := newCrowd(9)
	c.join(1, 20, own)
	for i := 1; i <= 20; i++ {
		before := c.copiesByPeer()
		c.do(Linked{Peer: id.Peer(i), N: 1})
		if n := moved(before, c.masks, 0); n > segment.Stripes/2 && i > 1 {
			t.Errorf("link %d moved %d stripes", i, n)
		}
	}
	for i := 1; i <= 20; i++ {
		before := c.copiesByPeer()
		own := bits.OnesCount16(before[id.Peer(i)])
		c.do(Left{id.Peer(i)})
		if n := moved(before, c.masks, 0); (n < own || n > own+segment.Stripes/8) && i < 20 {
			t.Errorf("leave of %d with %d stripes moved %d", i, own, n)
		}
	}
}

// TestTheAbleSeed has three strong peers among many weak ones: they seed, and no stripe is left to one who cannot carry it.
func TestTheAbleSeed(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 12, own)
	for i := 1; i <= 12; i++ {
		c.do(Linked{Peer: id.Peer(i), N: 11})
	}
	for i := 1; i <= 12; i++ {
		slots := 6
		if i%4 == 0 {
			slots = 60
		}
		c.do(Able{Peer: id.Peer(i), Slots: slots})
	}
	weak := 0
	for p, mask := range c.masks {
		if p%4 != 0 {
			weak += bits.OnesCount16(mask)
		}
	}
	if weak > segment.Stripes/4 {
		t.Errorf("%d of %d stripes are seeded by peers that can give away 6: %v", weak, segment.Stripes, c.masks)
	}
}
