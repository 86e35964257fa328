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

// Two whose one attempt failed were alone for good, if nobody else came.
func TestTwoWhoReachedNobodyAreTriedOnceMore(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 2, own)
	c.now += MorePause
	if to := introductions(c.do(MorePlease{1})); len(to) != 0 {
		t.Errorf("named %v once more, while the first attempt may be under way", to)
	}
	c.now += AgainAfter
	if to := introductions(c.do(MorePlease{2})); !slices.Equal(to, []id.Peer{1}) {
		t.Errorf("named %v, want the one there is", to)
	}
	if to := introductions(c.do(MorePlease{1})); len(to) != 0 {
		t.Errorf("named %v to one who is being called", to)
	}
}

// Who reached nobody among many is tried with a few once more, and nobody else is told to call it.
func TestWhoConnectsToNobodyCostsLittle(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 6, own)
	for peer := range 5 {
		c.do(Linked{Peer: id.Peer(peer + 1), N: 3})
	}
	c.now += AgainAfter
	named := 0
	for range 10 {
		if to := introductions(c.do(MorePlease{1})); slices.Contains(to, 6) {
			t.Errorf("named %v, of whom 6 reached nobody", to)
		}
		named += len(introductions(c.do(MorePlease{6})))
		c.now += AgainAfter
	}
	if named != AgainMax*AgainAlone {
		t.Errorf("named %d to one who reached nobody, want %d", named, AgainMax*AgainAlone)
	}
}

// Who lost all its connections asks whom else there is, and may be connecting with a newcomer just then: named to each other once more both
// would call, and neither answer.
func TestWhoIsBeingCalledIsNotToldToCall(t *testing.T) {
	c := newCrowd(3)
	c.join(1, 2, own)
	c.do(Linked{Peer: 1, N: 1})
	c.do(Linked{Peer: 2, N: 1})
	c.do(Left{Peer: 2})
	c.do(Linked{Peer: 1, N: 0})
	c.now += AgainAfter
	c.join(3, 3, own)
	if to := introductions(c.do(MorePlease{1})); len(to) != 0 {
		t.Errorf("named %v, who is calling", to)
	}
	c.now += AgainAfter
	if to := introductions(c.do(MorePlease{1})); !slices.Equal(to, []id.Peer{3}) {
		t.Errorf("named %v, want the one whose call did not come through", to)
	}
}
