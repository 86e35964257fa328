package route

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/wire"
)

// noQueue is of an uplink on which nothing waits.
func noQueue() int { return 0 }

func able(slots uint8, delay uint8) (m wire.State) {
	m.Free, m.Slots, m.Primary, m.Tracks = slots, uint16(slots), everyStripe, segment.AllTracks
	for k := range m.Depth {
		m.Depth[k], m.Delay[k] = 1, delay
	}
	return m
}

// meet returns a table with neighbours 1 to n who said what states say.
func meet(states ...wire.State) *Table {
	t := New(1, noQueue)
	t.SetSlots(32)
	for i, m := range states {
		p := id.Peer(i + 1)
		t.Join(p)
		t.Heard(0, p, m)
	}
	return t
}

// subs returns which stripes are asked of whom.
func subs(acts []Act) map[id.Peer]uint16 {
	asked := map[id.Peer]uint16{}
	for _, a := range acts {
		if s, ok := a.Message.(wire.Sub); ok {
			asked[a.Peer] |= s.Stripes
		}
	}
	return asked
}

// TestTheNearAreAskedFirst: of two that are much the same, the one of our own network.
func TestTheNearAreAskedFirst(t *testing.T) {
	table := New(1, noQueue)
	table.SetSlots(32)
	table.Near(2)
	for p := range id.Peer(3) {
		table.Join(p + 1)
		table.Heard(0, p+1, able(100, 20))
	}
	acts, _ := table.Think(2*GatherFor, nil)
	if asked := subs(acts); asked[2] != everyStripe {
		t.Errorf("asked %v, though 2 is near", asked)
	}
	if table.Takes(2, 0) >= table.Takes(1, 0) {
		t.Error("a piece of the near one is taken to come no sooner")
	}
	for p := range id.Peer(2 * nearMax) {
		table.Near(p)
	}
	if len(table.near) != nearMax {
		t.Errorf("%d are remembered as near", len(table.near))
	}
}

func TestEveryStripeSeeksAParent(t *testing.T) {
	table := meet(able(100, 20), able(100, 90))
	acts, _ := table.Think(2*GatherFor, nil)
	if asked := subs(acts); asked[1] != everyStripe {
		t.Fatalf("asked %v, though 1 is the quicker", asked)
	}
	table.Accepted(0, 1, everyStripe, nil)
	if acts, _ := table.Think(span.Second, nil); len(subs(acts)) != 0 {
		t.Errorf("asked again: %v", subs(acts))
	}
	if table.Parent(3) != 1 || table.state(0).Depth[3] != 2 {
		t.Error("parent", table.Parent(3), "depth", table.state(0).Depth[3])
	}
}

func TestRoomIsRespected(t *testing.T) {
	table := meet(able(4, 20), able(100, 60))
	acts, _ := table.Think(2*GatherFor, nil)
	asked := subs(acts)
	if bits.OnesCount16(asked[1]) > 4 || asked[1]|asked[2] != everyStripe {
		t.Errorf("asked %v of one that has room for 4", asked)
	}
}

func TestLostParentIsReplaced(t *testing.T) {
	table := meet(able(100, 20), able(100, 60))
	table.Think(2*GatherFor, nil)
	table.Accepted(0, 1, everyStripe, nil)
	table.Leave(span.Second, 1)
	if d := table.state(span.Second).Depth[0]; d != 2 {
		t.Error("children hear at once that their parent is an orphan: depth", d)
	}
	acts, _ := table.Think(span.Second, nil)
	if subs(acts)[2] != everyStripe {
		t.Errorf("asked %v", subs(acts))
	}
	if d := table.state(span.Second + OrphanFor + 1).Depth[0]; d != DepthNone {
		t.Error("still says that it comes: depth", d)
	}
}

func TestSilentParentIsLeft(t *testing.T) {
	table := meet(able(100, 20), able(100, 60))
	table.Think(2*GatherFor, nil)
	table.Accepted(0, 1, everyStripe, nil)
	for seq := range uint64(ParentMissesMax) {
		for k := range stripes {
			table.Missed(span.Second, k, seq)
		}
	}
	acts, _ := table.Think(span.Second, nil)
	unsub := uint16(0)
	for _, a := range acts {
		if m, ok := a.Message.(wire.Unsub); ok && a.Peer == 1 {
			unsub |= m.Stripes
		}
	}
	if unsub != everyStripe || subs(acts)[2] != everyStripe {
		t.Errorf("left %016b of 1, asked %v", unsub, subs(acts))
	}
}

func TestOwnDescendantIsNoParent(t *testing.T) {
	deeper := able(100, 5)
	for k := range deeper.Depth {
		deeper.Depth[k] = 4
	}
	table := meet(able(100, 60), deeper)
	table.Think(2*GatherFor, nil)
	table.Accepted(0, 1, everyStripe, nil)
	table.Subscribed(0, 2, wire.Sub{Stripes: 1}, nil)
	table.Refused(0, 1, 1)
	table.Leave(0, 1)
	acts, _ := table.Think(2*GatherFor, nil)
	if asked := subs(acts)[2]; asked&1 != 0 {
		t.Error("asked its own child for the stripe that it gives it")
	}
}

func TestWhoRelaysDisplacesWhoDoesNot(t *testing.T) {
	table := meet(able(9, 9), able(9, 9))
	table.Seed(0, everyStripe)
	table.SetSlots(1)
	table.Subscribed(0, 1, wire.Sub{Stripes: 1, Capacity: 4}, nil)
	granted, acts := table.Subscribed(0, 2, wire.Sub{Stripes: 1, Relays: 1, Capacity: 40}, nil)
	if granted != 1 || table.Given(2)&(1<<0) == 0 || table.Given(1)&(1<<0) != 0 {
		t.Errorf("granted %b, %v", granted, acts)
	}
	if len(acts) == 0 || acts[0].Peer != 1 {
		t.Error("who lost the stripe is not told:", acts)
	}
}

// TestBooksBalance does anything in any order: what is sold is what children have, never more than the slots allow for
// long, and nobody is asked and served for the same stripe.
func TestBooksBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := New(7, noQueue)
		table.SetSlots(rapid.IntRange(0, 40).Draw(t, "slots"))
		now := span.Span(0)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now += span.Span(rapid.IntRange(0, 900).Draw(t, "gap")) * span.Millisecond
			p := id.Peer(rapid.IntRange(1, 4).Draw(t, "peer"))
			mask := rapid.Uint16().Draw(t, "mask")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				table.Join(p)
			case 1:
				table.Leave(now, p)
			case 2:
				table.Heard(now, p, able(rapid.Uint8().Draw(t, "free"), rapid.Uint8().Draw(t, "delay")))
			case 3:
				table.Subscribed(now, p, wire.Sub{Stripes: mask, Relays: rapid.Uint16().Draw(t, "relays"), Capacity: 9}, nil)
			case 4:
				table.Unsubscribed(p, mask)
			case 5:
				table.Accepted(now, p, mask, nil)
			case 6:
				table.Refused(now, p, mask)
			case 7:
				table.Seed(now, mask)
			case 8:
				table.Missed(now, rapid.IntRange(0, stripes-1).Draw(t, "stripe"), uint64(now/span.Second))
			case 9:
				table.SetSlots(rapid.IntRange(0, 40).Draw(t, "slots"))
				table.Shed(nil)
			}
			table.Think(now, nil)
			balance(t, table)
		}
	})
}

func balance(t *rapid.T, table *Table) {
	sold := 0
	table.peers.All(func(p id.Peer, n *neighbour) bool {
		sold += bits.OnesCount16(n.takes)
		for k := range stripes {
			if n.takes&(1<<k) != 0 && table.parents[k] == p {
				t.Fatalf("%v is parent and child for stripe %d", p, k)
			}
		}
		return true
	})
	if all, used := table.Slots(); used != sold || used > all {
		t.Fatalf("%d slots, %d sold, %d in the books", all, sold, used)
	}
	for k := range stripes {
		if p := table.parents[k]; p != id.Origin && table.peers.Get(p) == nil {
			t.Fatalf("stripe %d has a parent %v that is gone", k, p)
		}
	}
}
