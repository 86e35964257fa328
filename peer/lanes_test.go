package peer

import (
	"testing"

	"shoal/id"
	"shoal/peer/link"
)

// When two call each other one of them must give way, or neither call is answered.
func TestOneOfTwoCallsGivesWay(t *testing.T) {
	calls := func(self, other id.Peer, up bool) bool {
		l := lanes{self: self, all: map[id.Peer]*lane{other: {link: &link.Link{Peer: other, Dials: true}, up: up}}}
		return l.insists(other)
	}
	if !calls(2, 1, false) || calls(1, 2, false) {
		t.Error("the one with the lower name is to give up its call, and the other not")
	}
	if calls(2, 1, true) {
		t.Error("who calls on an open link has lost it, and is to be answered")
	}
	answers := lanes{self: 2, all: map[id.Peer]*lane{1: {link: &link.Link{Peer: 1}}}}
	if answers.insists(1) || answers.insists(3) {
		t.Error("there is no call of our own to insist on")
	}
}
