package swarmtest_test

import (
	"testing"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/swarmtest"
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
