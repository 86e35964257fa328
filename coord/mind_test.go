package coord

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"shoal/id"
	"shoal/segment"
)

// crowd drives a mind and remembers what each viewer was told, as the tracker's viewers would.
type crowd struct {
	mind  *Mind
	now   time.Duration
	masks map[id.Peer]uint16
	last  []Output
}

func newCrowd(seed uint64) *crowd { return &crowd{mind: New(seed), masks: map[id.Peer]uint16{}} }

func (c *crowd) do(in Input) []Output {
	if in, ok := in.(Left); ok {
		delete(c.masks, in.Peer)
	}
	c.last = c.mind.Step(c.now, in, nil)
	for _, o := range c.last {
		switch o := o.(type) {
		case Seed:
			c.masks[o.Peer] = o.Stripes
		case Ban:
			delete(c.masks, o.Peer)
		}
	}
	for p, mask := range c.masks {
		if mask == 0 {
			delete(c.masks, p)
		}
	}
	return c.last
}

func (c *crowd) join(from, to int, prefix func(int) Prefix) {
	for i := from; i <= to; i++ {
		c.do(Joined{Peer: id.Peer(i), Prefix: prefix(i), Share: true})
	}
}

func (c *crowd) linkAll(from, to int) {
	for i := from; i <= to; i++ {
		c.do(Linked{Peer: id.Peer(i), N: 1})
	}
}

func home(int) Prefix   { return 1 }
func own(i int) Prefix  { return Prefix(i) }
func four(i int) Prefix { return Prefix(i % 4) }

// copies returns, for each stripe, how many peers seed it.
func (c *crowd) copies() (n [segment.Stripes]int) {
	for _, mask := range c.masks {
		for k := range n {
			n[k] += int(mask >> k & 1)
		}
	}
	return n
}

func TestSeedsOfASmallSwarm(t *testing.T) {
	c := newCrowd(1)
	c.join(1, 1, own)
	if c.masks[1] != everyStripe {
		t.Fatalf("a single viewer seeds %016b, want all", c.masks[1])
	}
	c.join(2, 2, own)
	if c.masks[1] != everyStripe || c.masks[2] != 0 {
		t.Fatalf("a newcomer without connections seeds %016b beside %016b", c.masks[2], c.masks[1])
	}
	c.linkAll(1, 2)
	if c.masks[1] != 0x00ff || c.masks[2] != 0xff00 {
		t.Fatalf("two linked viewers seed %016b and %016b", c.masks[1], c.masks[2])
	}
	c.do(Left{2})
	if c.masks[1] != everyStripe {
		t.Fatalf("after the other left, the first seeds %016b", c.masks[1])
	}
	c.do(Left{1})
	if len(c.masks) != 0 {
		t.Fatalf("nobody is left, yet %v", c.masks)
	}
}

func TestAnIsolatedSeedIsRelieved(t *testing.T) {
	c := newCrowd(1)
	c.join(1, 3, own)
	c.linkAll(2, 3)
	if c.masks[1] != 0 || c.masks[2]|c.masks[3] != everyStripe {
		t.Fatalf("seeds: %v", c.masks)
	}
	c.do(Linked{Peer: 2})
	if c.masks[3] != everyStripe || c.masks[2] != 0 {
		t.Fatalf("seeds after 2 lost its links: %v", c.masks)
	}
	c.do(Linked{Peer: 3})
	if c.masks[3] != everyStripe {
		t.Fatalf("nobody is linked: who seeded should go on, but %v", c.masks)
	}
}

func TestViewersWhoDoNotShareAreLeftAlone(t *testing.T) {
	c := newCrowd(1)
	c.join(1, 3, own)
	for _, in := range []Input{Joined{Peer: 9, Prefix: 9}, Linked{Peer: 9, N: 4}, MorePlease{9}, Complained{9, 1}, Left{9}, Joined{Peer: id.Origin, Share: true}} {
		if out := c.do(in); len(out) != 0 {
			t.Errorf("%#v: %#v", in, out)
		}
	}
}

func TestALargeSwarmHasTwoCopies(t *testing.T) {
	c := newCrowd(1)
	c.join(1, LargeFrom, own)
	c.linkAll(1, LargeFrom)
	c.now += RelieveEvery
	c.do(Tick{})
	for k, n := range c.copies() {
		if n != CopiesLarge {
			t.Errorf("stripe %d has %d seeds", k, n)
		}
	}
	for i := LargeFrom; i >= LargeUntil; i-- {
		c.do(Left{id.Peer(i)})
	}
	for k, n := range c.copies() {
		if n != Copies {
			t.Errorf("after many left: stripe %d has %d seeds", k, n)
		}
	}
}

func introductions(out []Output) (to []id.Peer) {
	for _, o := range out {
		if in, ok := o.(Introduce); ok {
			to = append(to, in.To...)
		}
	}
	return to
}

func TestIntroductionsSpreadOverNetworks(t *testing.T) {
	c := newCrowd(7)
	c.join(1, 200, own)
	c.join(1001, 1200, home) // two hundred from one network among two hundred from their own
	for i := range 50 {
		p := id.Peer(5000 + i)
		to := introductions(c.do(Joined{Peer: p, Prefix: Prefix(5000 + i), Share: true}))
		crowd := 0
		for _, q := range to {
			if q > 1000 && q <= 1200 {
				crowd++
			}
		}
		if len(to) != NeighboursMax || crowd > PerPrefixMax {
			t.Fatalf("introduced to %d, %d of one network", len(to), crowd)
		}
		c.do(Left{p})
	}
}

// TestNeighboursOfOneNetworkMeet names those of the newcomer's own network as near, but not only them.
func TestNeighboursOfOneNetworkMeet(t *testing.T) {
	c := newCrowd(7)
	c.join(1, 200, own)
	for i := range 10 {
		c.do(Joined{Peer: id.Peer(1000 + i), Prefix: 1 << 20, Share: true})
	}
	out := c.do(Joined{Peer: 2000, Prefix: 1 << 20, Share: true})
	introduced := false
	for _, o := range out {
		if o, ok := o.(Introduce); ok {
			introduced = true
			if len(o.To) != NeighboursMax || len(o.Near) != HomeMax {
				t.Errorf("introduced to %d, %d of them near", len(o.To), len(o.Near))
			}
			for _, p := range o.Near {
				if p < 1000 || p >= 1010 {
					t.Errorf("%v is said to be near", p)
				}
			}
		}
	}
	if !introduced {
		t.Error("introduced to nobody")
	}
}

func TestIntroductionsWhereAllShareANetwork(t *testing.T) {
	c := newCrowd(7)
	c.join(1, 20, home)
	if to := introductions(c.last); len(to) != NeighboursMax {
		t.Fatalf("introduced to %d, want %d", len(to), NeighboursMax)
	}
	c = newCrowd(7)
	c.join(1, 2, home)
	if to := introductions(c.last); !slices.Equal(to, []id.Peer{1}) {
		t.Fatalf("introduced to %v, want the only other", to)
	}
	if !c.mind.Introduced(1, 2) || !c.mind.Introduced(2, 1) || c.mind.Introduced(1, 1) || c.mind.Introduced(1, 3) {
		t.Error("Introduced does not tell who was introduced")
	}
}

func TestMorePlease(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 40, own)
	seen := map[id.Peer]bool{}
	for _, q := range introductions(c.last) {
		seen[q] = true
	}
	if to := introductions(c.do(MorePlease{40})); len(to) != 0 {
		t.Fatalf("met %d more at once, before the pause", len(to))
	}
	c.now += MorePause
	to := introductions(c.do(MorePlease{40}))
	if len(to) != NeighboursMax {
		t.Fatalf("met %d more", len(to))
	}
	for _, q := range to {
		if seen[q] {
			t.Errorf("met %v twice", q)
		}
	}
	for range 20 {
		c.now += MorePause
		c.do(MorePlease{40})
	}
	if n := len(c.mind.byPeer[40].met); n != 39 {
		t.Errorf("met %d of 39", n)
	}
}

// A viewer whose line broke for longer than its neighbours wait, but not its conversation with the tracker, shared with nobody any more.
func TestWhoLostEverybodyMeetsThemAgain(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 4, own)
	again := func() []id.Peer {
		c.now += MorePause
		return introductions(c.do(MorePlease{2}))
	}
	if to := again(); len(to) != 0 {
		t.Errorf("met %v again, without ever having been connected", to)
	}
	c.do(Linked{Peer: 2, N: 3})
	if to := again(); len(to) != 0 {
		t.Errorf("met %v again, while connected", to)
	}
	c.do(Linked{Peer: 2})
	if to := again(); len(to) != 3 {
		t.Errorf("met %v again, of three", to)
	}
	if to := again(); len(to) != 0 {
		t.Errorf("met %v a third time, though they do not connect", to)
	}
	for _, q := range []id.Peer{1, 3, 4} {
		if !c.mind.Introduced(2, q) || !c.mind.Introduced(q, 2) {
			t.Errorf("2 and %v do not know each other", q)
		}
	}
}

func TestLeaversAreAnnouncedToWhomTheyMet(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 3, own)
	out := c.do(Left{2})
	if !reflect.DeepEqual(out[0], Parted{Peer: 2, To: []id.Peer{1, 3}}) {
		t.Errorf("said %#v", out)
	}
	if c.mind.Introduced(1, 2) || !c.mind.Introduced(1, 3) {
		t.Error("acquaintances are wrong after a leave")
	}
}
