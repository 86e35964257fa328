package route

import (
	"testing"

	"shoal/id"
	"shoal/span"
	"shoal/wire"
)

// starved returns a table whose neighbours have no room, and that had to rescue stripe 3 often enough.
func starved(t *testing.T, after int) *Table {
	t.Helper()
	full := able(8, 20)
	full.Free = 0
	table := meet(full, full)
	for seq := range uint64(after) {
		table.Rescued(span.Second, 3, seq+1, span.Second)
	}
	return table
}

func TestWhatIsRescuedTimeAndAgainIsFetchedEarly(t *testing.T) {
	if table := starved(t, OwnAfter-1); table.Seeds() != 0 {
		t.Errorf("fetches %016b after %d rescues", table.Seeds(), OwnAfter-1)
	}
	table := starved(t, OwnAfter)
	if table.Seeds() != 1<<3 || table.state(span.Second).Depth[3] != 0 {
		t.Errorf("fetches %016b, depth %d", table.Seeds(), table.state(span.Second).Depth[3])
	}
}

func TestWhatAPeerBringsIsNotFetchedEarly(t *testing.T) {
	table := starved(t, OwnAfter-1)
	table.Brought(3)
	table.Rescued(span.Second, 3, OwnAfter, span.Second)
	if table.Seeds() != 0 {
		t.Errorf("fetches %016b", table.Seeds())
	}
}

// TestOwnStripeIsGivenUpForAParent goes on fetching until a neighbour with room has agreed.
func TestOwnStripeIsGivenUpForAParent(t *testing.T) {
	table := starved(t, OwnAfter)
	later := span.Second + 3*OwnFor
	if acts, _ := table.Think(later, nil); (subs(acts)[1]|subs(acts)[2])&(1<<3) != 0 || table.Seeds() != 1<<3 {
		t.Fatalf("asked %v of those who have no room, fetches %016b", subs(acts), table.Seeds())
	}
	table.Heard(later, 2, able(8, 20))
	var asked uint16
	for at := later; at < later+2*OwnFor; at += span.Second {
		acts, _ := table.Think(at, nil)
		asked |= subs(acts)[2]
		if table.Seeds() != 1<<3 {
			t.Fatal("given up before anyone agreed")
		}
	}
	if asked&(1<<3) == 0 {
		t.Fatalf("asked for %016b", asked)
	}
	table.Accepted(later, 2, 1<<3, nil)
	if table.Seeds() != 0 || table.Parent(3) != 2 {
		t.Errorf("fetches %016b, parent %v", table.Seeds(), table.Parent(3))
	}
}

// TestAnotherTreeIsNoLoop takes a deeper parent if its pieces come from another root: it cannot be a descendant.
func TestAnotherTreeIsNoLoop(t *testing.T) {
	for _, ours := range []bool{true, false} {
		table := starved(t, OwnAfter)
		table.SetSlots(8)
		table.Subscribed(span.Second, 1, wire.Sub{Stripes: 1 << 3}, nil)
		deep := able(8, 20)
		deep.Depth[3] = 5
		deep.Root[3] = table.rooted(3)
		if !ours {
			deep.Root[3]++
		}
		table.Heard(span.Second, 2, deep)
		var asked uint16
		for at := span.Second; at < span.Second+3*OwnFor; at += span.Second {
			acts, _ := table.Think(at, nil)
			asked |= subs(acts)[2]
		}
		if got := asked&(1<<3) != 0; got == ours {
			t.Errorf("root ours: %v, asked: %v", ours, got)
		}
	}
}

func TestASeedMakesRoomForItsOwnStripes(t *testing.T) {
	table := meet(able(9, 9), able(9, 9), able(9, 9))
	table.Seed(0, 1)
	table.Accepted(0, 3, 2, nil)
	table.SetSlots(1)
	table.parents[1], table.stripes[1].depth = 3, 1
	table.Subscribed(0, 1, wire.Sub{Stripes: 2, Capacity: 40}, nil)
	granted, acts := table.Subscribed(0, 2, wire.Sub{Stripes: 1, Relays: 1, Capacity: 4}, nil)
	if granted != 1 || table.Given(1)&(1<<1) != 0 {
		t.Errorf("granted %b, %v", granted, acts)
	}
	if no, ok := acts[0].Message.(wire.SubNo); !ok || acts[0].Peer != id.Peer(1) || no.Stripes != 2 {
		t.Errorf("who lost a stripe is not told which: %v", acts)
	}
}
