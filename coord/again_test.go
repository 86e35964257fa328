package coord

import (
	"slices"
	"testing"

	"shoal/id"
)

// A pair whose one attempt failed was never tried again: a viewer of a small swarm stayed without that neighbour.
func TestAPairThatFailedIsTriedOnceMore(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 4, own)
	linked := func(peer, n int) { c.do(Linked{Peer: id.Peer(peer), N: n}) }
	linked(1, 3)
	linked(2, 2)
	linked(3, 2) // 2 and 3 did not reach each other, and 4 reached 1 alone
	linked(4, 1)
	more := func(peer id.Peer) []id.Peer { return introductions(c.do(MorePlease{peer})) }

	c.now += MorePause
	if to := more(2); len(to) != 0 {
		t.Errorf("named %v once more, while the first attempts may be under way", to)
	}
	c.now += AgainAfter
	if to := more(2); !slices.Equal(to, []id.Peer{3, 4}) {
		t.Errorf("named %v once more, want those who lack somebody", to)
	}
	if to := more(3); len(to) != 0 {
		t.Errorf("named %v to one who is being called", to)
	}
	c.now += MorePause
	if to := more(1); len(to) != 0 {
		t.Errorf("named %v to one who has all connections", to)
	}
	for range AgainMax + 3 {
		c.now += AgainAfter
		more(2)
	}
	if to := more(2); len(to) != 0 {
		t.Errorf("named %v for ever", to)
	}
}

// Who cannot connect at all is left alone.
func TestWhoConnectsToNobodyIsNotTriedAgain(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 3, own)
	c.do(Linked{Peer: 1, N: 1})
	c.do(Linked{Peer: 2, N: 1})
	c.now += AgainAfter
	if to := introductions(c.do(MorePlease{1})); slices.Contains(to, 3) {
		t.Errorf("named %v, of whom 3 reached nobody", to)
	}
	if to := introductions(c.do(MorePlease{3})); len(to) != 0 {
		t.Errorf("named %v to one who reached nobody", to)
	}
}
