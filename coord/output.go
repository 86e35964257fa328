package coord

import "shoal/id"

// Output is something for the tracker to tell its viewers. The types below are all there are. Outputs are done in order.
type Output interface{ output() }

// Introduce tells Newcomer to call each of To, and each of To to expect the call. Those in Near come from its own network.
type Introduce struct {
	Newcomer id.Peer
	To, Near []id.Peer
}

// Parted tells each of To that a peer it was introduced to is gone.
type Parted struct {
	Peer id.Peer
	To   []id.Peer
}

// Seed tells a peer all the stripes it is to fetch from the origin from now on: bit k is stripe k.
type Seed struct {
	Peer    id.Peer
	Stripes uint16
}

// Ban tells the tracker to close a peer's connection and not to let it back for BanFor. The peer has left with this.
type Ban struct{ Peer id.Peer }

func (Introduce) output() {}
func (Parted) output()    {}
func (Seed) output()      {}
func (Ban) output()       {}
