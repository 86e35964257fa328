package route

import (
	"testing"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/wire"
)

func following(tracks segment.Tracks) wire.State {
	m := able(20, 8)
	m.Tracks = tracks
	return m
}

// TestOnlyWhoFollowsAllOfItIsAsked has neighbours who follow another track, ours, and ours and more.
func TestOnlyWhoFollowsAllOfItIsAsked(t *testing.T) {
	for tracks, want := range map[segment.Tracks]bool{0b001: false, 0b010: true, 0b110: true, 0b100: false} {
		table := New(1, noQueue)
		table.SetSlots(32)
		table.Follow(0, 0b010)
		table.Join(1)
		table.Heard(0, 1, following(tracks))
		acts, _ := table.Think(2*GatherFor, nil)
		if got := subs(acts)[1] != 0; got != want {
			t.Errorf("one who follows %03b is asked: %v", tracks, got)
		}
	}
}

func TestOnlyWhoFollowsNoMoreIsServed(t *testing.T) {
	for tracks, want := range map[segment.Tracks]uint16{0b001: 0, 0b010: everyStripe, 0b110: everyStripe, 0b111: 0} {
		table := New(1, noQueue)
		table.SetSlots(32)
		table.Follow(0, 0b110)
		table.Seed(0, everyStripe)
		table.Join(1)
		table.Heard(0, 1, following(tracks))
		if granted, _ := table.Subscribed(0, 1, wire.Sub{Stripes: everyStripe}, nil); granted != want {
			t.Errorf("one who follows %03b gets %016b", tracks, granted)
		}
	}
}

// TestWhoTurnsTellsAllBeforeItAsks leaves a parent and a child that do not follow along, keeps those that do, and is
// known for what it is before it seeks another.
func TestWhoTurnsTellsAllBeforeItAsks(t *testing.T) {
	table := meet(following(0b001), following(0b011), following(0b001), following(0b010))
	table.Follow(0, 0b001)
	table.ask(span.Second, table.peers.Get(1), 0x00ff)
	table.ask(span.Second, table.peers.Get(2), 0xff00)
	table.Accepted(span.Second, 1, 0x00ff, nil)
	table.Accepted(span.Second, 2, 0xff00, nil)
	table.Subscribed(span.Second, 3, wire.Sub{Stripes: 1}, nil)
	if table.Parent(0) != 1 || table.Parent(15) != 2 || table.Given(3)&(1<<0) == 0 {
		t.Fatal("not set up")
	}
	table.Follow(2*span.Second, 0b010)
	acts, _ := table.Think(2*span.Second, nil)
	told := map[id.Peer]bool{}
	left, refused := uint16(0), uint16(0)
	for _, a := range acts {
		switch m := a.Message.(type) {
		case wire.State:
			told[a.Peer] = m.Tracks == 0b010 && m.Depth[0] == DepthNone
		case wire.Unsub:
			if a.Peer == 1 {
				left |= m.Stripes
			}
		case wire.SubNo:
			if a.Peer == 3 {
				refused |= m.Stripes
			}
		case wire.Sub:
			if !told[a.Peer] || a.Peer == 1 || a.Peer == 3 {
				t.Errorf("asks %v, told %v", a.Peer, told)
			}
		}
	}
	if len(told) != 4 || left != 0x00ff || refused != 1 || table.Parent(0) != id.Origin || table.Parent(15) != 2 || subs(acts)[2]|subs(acts)[4] != 0x00ff {
		t.Errorf("told %v, left %016b, refused %016b, parents %v %v, asked %v", told, left, refused, table.Parent(0), table.Parent(15), subs(acts))
	}
	if _, used := table.Slots(); used != 0 {
		t.Errorf("%d slots used by nobody", used)
	}
}

// TestANeighbourThatTurnsIsLeft ends what is had from it and what it has.
func TestANeighbourThatTurnsIsLeft(t *testing.T) {
	table := meet(able(20, 8))
	table.ask(0, table.peers.Get(1), 0x00ff)
	table.Accepted(0, 1, 0x00ff, nil)
	table.Seed(0, 0xff00)
	table.Subscribed(0, 1, wire.Sub{Stripes: 0xff00}, nil)
	table.Heard(span.Second, 1, following(0b100))
	if table.Parent(0) != id.Origin {
		t.Error("it is still a parent")
	}
	if table.Given(1)&(1<<15) == 0 {
		t.Error("who follows less than we do can go on as a child")
	}
	table.Follow(span.Second, 0b010)
	if table.Given(1)&(1<<15) != 0 {
		t.Error("it is still a child")
	}
}
