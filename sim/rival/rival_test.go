package rival_test

import (
	"testing"

	"shoal/sim"
)

func run(t *testing.T, policy string, settings ...string) sim.Result {
	t.Helper()
	s := sim.Everyday()
	for _, line := range append([]string{"stay 0s", "warm 10s", "measure 20s"}, settings...) {
		if err := s.Set(line); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range sim.Policies() {
		if p.Name == policy {
			n := sim.New(s, p, 1)
			r := n.Run()
			if len(n.Broken()) > 0 {
				t.Fatal(n.Broken())
			}
			return r
		}
	}
	t.Fatal("no policy", policy)
	return sim.Result{}
}

// TestLoaderNearLive takes everything from the origin: all of it is in the high-demand window when it is published
// (specs/prefetch.md of the original says so, too).
func TestLoaderNearLive(t *testing.T) {
	if r := run(t, "p2pml-near", "peers 20"); r.Offload > 0.01 {
		t.Errorf("%+v", r)
	}
}

// TestLoaderOnGoodLinks comes to what PeerTube measured among a thousand browsers on good links: about 75 % of a live
// stream from peers.
func TestLoaderOnGoodLinks(t *testing.T) {
	if r := run(t, "p2pml-live", "peers 60", "uplinks 1x20", "up-cap 20", "down 20"); r.Offload < 0.65 || r.LatePerMillion > 0 {
		t.Errorf("%+v", r)
	}
}

// TestLoaderAtHome shares one piece at a time with whoever asks: at home uplinks most transfers are cut off.
func TestLoaderAtHome(t *testing.T) {
	if r := run(t, "p2pml-live", "peers 60"); r.Offload > 0.5 {
		t.Errorf("%+v", r)
	}
}

// TestMesh comes near to what the reference simulation has for it: 77 % at a hundred viewers.
func TestMesh(t *testing.T) {
	if r := run(t, "mesh", "peers 100"); r.Offload < 0.65 || r.Offload > 0.85 {
		t.Errorf("%+v", r)
	}
}
