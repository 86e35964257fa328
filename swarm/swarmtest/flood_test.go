package swarmtest_test

import (
	"testing"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/swarmtest"
	"shoal/wire"
)

// TestFlooderIsLeft has a neighbour send the same piece again and again: it is left, and costs no memory.
func TestFlooderIsLeft(t *testing.T) {
	_, world, err := swarmtest.Run("join a b\nrun 1s\nseed a 0-15\nlive 2s every 500ms pieces 16\nrun 3s\n")
	if err != nil {
		t.Fatal(err)
	}
	engine := world.Nodes()[1].Engine()
	held := segment.Part{Epoch: 7, Seq: 0}
	left := false
	for i := range 1000 {
		for _, o := range engine.Step(4*span.Second+span.Span(i)*span.Millisecond, swarm.Arrived{From: 1, Part: held, Size: segment.PieceSizeMin}, nil) {
			if h, ok := o.(swarm.HangUp); ok && h.Peer == id.Peer(1) && h.Why == swarm.Babbled {
				left = true
			}
		}
	}
	if !left {
		t.Error("a thousand copies of one piece in a second, and still a neighbour")
	}
}

// TestWhoTurnsAndTurnsIsLeft has a neighbour follow another track every few milliseconds, and be told each time what there is.
func TestWhoTurnsAndTurnsIsLeft(t *testing.T) {
	_, world, err := swarmtest.Run("join a b\nrun 1s\nseed a 0-15\nlive 2s every 500ms pieces 16\nrun 3s\n")
	if err != nil {
		t.Fatal(err)
	}
	engine := world.Nodes()[1].Engine()
	answers, left := 0, false
	for i := range 200 {
		said := swarm.Said{Peer: 1, Data: wire.Append(nil, wire.State{Tracks: 1 << (i % 2)})}
		for _, o := range engine.Step(4*span.Second+span.Span(i)*5*span.Millisecond, said, nil) {
			switch o := o.(type) {
			case swarm.Say:
				answers++
			case swarm.HangUp:
				left = left || o.Peer == id.Peer(1) && o.Why == swarm.Babbled
			}
		}
	}
	if !left || answers > 200 {
		t.Errorf("left %v, after %d answers", left, answers)
	}
}
