package coord

import (
	"math/bits"
	"slices"
	"testing"

	"shoal/id"
	"shoal/segment"
)

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
