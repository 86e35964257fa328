package coord

import (
	"testing"

	"shoal/id"
)

// TestTheStrongKnowEachOther introduces who turns out to be strong to others of the strong, and newcomers to some of them.
func TestTheStrongKnowEachOther(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 400, own)
	for i := 1; i <= 400; i++ {
		c.do(Able{Peer: id.Peer(i), Slots: 6})
	}
	for i := 1; i <= 400; i += 10 {
		c.do(Able{Peer: id.Peer(i), Slots: 60})
	}
	strong := func(to []id.Peer) (n int) {
		for _, p := range to {
			if p%10 == 1 {
				n++
			}
		}
		return n
	}
	to := introductions(c.do(Able{Peer: 5, Slots: 60}))
	if len(to) == 0 || strong(to) != len(to) {
		t.Errorf("one that became strong was introduced to %v", to)
	}
	if to := introductions(c.do(Joined{Peer: 1000, Prefix: 1000, Share: true})); strong(to) < StrongMax {
		t.Errorf("a newcomer was introduced to %d of the strong: %v", strong(to), to)
	}
	for i := 1; i <= 400; i++ {
		c.do(Left{Peer: id.Peer(i)})
	}
	if g := c.mind.groups[0]; len(g.strong) != 0 || g.rated != 0 || g.slots != 0 {
		t.Errorf("%d strong, %d rated, %d slots of nobody", len(g.strong), g.rated, g.slots)
	}
}
