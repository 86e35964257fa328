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
	c.do(Linked{2, 0})
	if c.masks[3] != everyStripe || c.masks[2] != 0 {
		t.Fatalf("seeds after 2 lost its links: %v", c.masks)
	}
	c.do(Linked{3, 0})
	if c.masks[3] != everyStripe {
		t.Fatalf("nobody is linked: who seeded should go on, but %v", c.masks)
	}
}

func TestViewersWhoDoNotShareAreLeftAlone(t *testing.T) {
	c := newCrowd(1)
	c.join(1, 3, own)
	for _, in := range []Input{Joined{Peer: 9, Prefix: 9}, Linked{9, 4}, MorePlease{9}, Complained{9, 1}, Left{9}, Joined{Peer: id.Origin, Share: true}} {
		if out := c.do(in); len(out) != 0 {
			t.Errorf("%#v: %#v", in, out)
		}
	}
}

func TestALargeSwarmHasTwoCopies(t *testing.T) {
	c := newCrowd(1)
	c.join(1, LargeFrom, own)
	c.linkAll(1, LargeFrom)
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

func banned(out []Output) bool {
	return slices.ContainsFunc(out, func(o Output) bool { _, ok := o.(Ban); return ok })
}

func TestBanNeedsTwoIndependentComplaints(t *testing.T) {
	for _, test := range []struct {
		name   string
		prefix func(int) Prefix
		by     []id.Peer
		want   bool
	}{
		{"one", own, []id.Peer{2}, false},
		{"one, twice", own, []id.Peer{2, 2}, false},
		{"two networks", own, []id.Peer{2, 3}, true},
		{"one network of several", four, []id.Peer{4, 8}, false},
		{"one network of several, then another", four, []id.Peer{4, 8, 5}, true},
		{"the only network", home, []id.Peer{2, 3}, true},
		{"the only network, one twice", home, []id.Peer{2, 2}, false},
		{"a stranger", own, []id.Peer{2, 99}, false},
		{"itself", own, []id.Peer{1, 2}, false},
	} {
		c := newCrowd(5)
		c.join(1, 8, test.prefix)
		got := false
		for _, by := range test.by {
			got = got || banned(c.do(Complained{By: by, About: 1}))
		}
		if got != test.want {
			t.Errorf("%s: banned %v, want %v", test.name, got, test.want)
		}
	}
}

func TestBanKeepsOutForItsTime(t *testing.T) {
	c := newCrowd(5)
	c.join(1, 4, own)
	c.do(Complained{By: 2, About: 1})
	out := c.do(Complained{By: 3, About: 1})
	if !banned(out) || c.mind.Introduced(1, 2) || c.mind.Sharing() != 3 {
		t.Fatalf("said %#v", out)
	}
	if c.masks[1] != 0 || bits.OnesCount16(c.masks[2]|c.masks[3]|c.masks[4]) != segment.Stripes {
		t.Errorf("seeds after the ban: %v", c.masks)
	}
	back := Joined{Peer: 1, Prefix: 1, Share: true}
	c.now += BanFor - 1
	if out := c.do(back); !banned(out) || c.mind.Sharing() != 3 {
		t.Errorf("came back before its time: %#v", out)
	}
	c.now++
	if out := c.do(back); banned(out) || c.mind.Sharing() != 4 {
		t.Errorf("still out after its time: %#v", out)
	}
}

func TestComplaintsGrowOld(t *testing.T) {
	c := newCrowd(5)
	c.join(1, 4, own)
	c.do(Complained{By: 2, About: 1})
	c.now += ComplaintFor + 1
	if banned(c.do(Complained{By: 3, About: 1})) {
		t.Error("banned on a complaint that had grown old")
	}
}

func TestStrangersDoNotComplain(t *testing.T) {
	c := newCrowd(5)
	c.join(1, 300, own)
	p := c.mind.byPeer[1]
	for i := 2; i <= 300; i++ {
		if !knows(p, c.mind.byPeer[id.Peer(i)]) && banned(c.do(Complained{By: id.Peer(i), About: 1})) {
			t.Fatal("banned by peers that never met it")
		}
	}
}

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
			switch rapid.IntRange(0, 9).Draw(t, "what") {
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
				a.now += time.Minute
				b.now = a.now
				in = Tick{}
			}
			before := a.copiesByPeer()
			was := a.mind.large
			out := a.do(in)
			if !reflect.DeepEqual(out, b.do(in)) {
				t.Fatalf("two minds differ on %#v", in)
			}
			a.check(t, in)
			if j, ok := in.(Joined); ok && was == a.mind.large && a.mind.Sharing() > 1 && moved(before, a.masks, j.Peer) > 0 {
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
	limit := Copies
	if m.large {
		limit = CopiesLarge
	}
	for k, n := range c.copies() {
		if m.Sharing() > 0 && n == 0 {
			t.Fatalf("after %#v nobody seeds stripe %d", in, k)
		}
		if n > limit {
			t.Fatalf("after %#v stripe %d has %d seeds", in, k, n)
		}
	}
	for p, mask := range c.masks {
		if m.byPeer[p] == nil {
			t.Fatalf("after %#v %v seeds though it is gone", in, p)
		}
		run := mask >> bits.TrailingZeros16(mask)
		if run&(run+1) != 0 {
			t.Fatalf("after %#v %v seeds %016b: not one run", in, p, mask)
		}
		if m.linked > 0 && m.byPeer[p].linked == 0 {
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

func TestFewStripesMove(t *testing.T) {
	c := newCrowd(9)
	c.join(1, 20, own)
	for i := 1; i <= 20; i++ {
		before := c.copiesByPeer()
		c.do(Linked{id.Peer(i), 1})
		if n := moved(before, c.masks, 0); n > segment.Stripes/2 && i > 1 {
			t.Errorf("link %d moved %d stripes", i, n)
		}
	}
	for i := 1; i <= 20; i++ {
		before := c.copiesByPeer()
		own := bits.OnesCount16(before[id.Peer(i)])
		c.do(Left{id.Peer(i)})
		if n := moved(before, c.masks, 0); n != own && i < 20 {
			t.Errorf("leave of %d with %d stripes moved %d", i, own, n)
		}
	}
}

func BenchmarkJoinAndLeaveAmongTenThousand(b *testing.B) {
	c := New(1)
	for i := 1; i <= 10000; i++ {
		c.Step(0, Joined{Peer: id.Peer(i), Prefix: Prefix(i), Share: true}, nil)
		c.Step(0, Linked{Peer: id.Peer(i), N: 1}, nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Step(0, Joined{Peer: 1 << 40, Prefix: 1, Share: true}, nil)
		c.Step(0, Left{Peer: 1 << 40}, nil)
	}
}
