package coord

import (
	"shoal/id"
	"shoal/segment"
)

// Input is something that happened in the channel. The types below are all there are.
type Input interface{ input() }

// Prefix stands for the network a peer comes from (an IPv4 /24 or IPv6 /48), as an opaque key.
type Prefix uint64

// Joined says that a peer came. One that does not share is never introduced, nor asked to seed.
type Joined struct {
	Peer   id.Peer
	Prefix Prefix
	Share  bool
	Tracks segment.Tracks // as in Follows
}

// Follows says which tracks a peer follows from now on; 0 is all, as long as it has not said. Stripes are shared out anew
// among those who follow the same.
type Follows struct {
	Peer   id.Peer
	Tracks segment.Tracks
}

// Left says that a peer is gone.
type Left struct{ Peer id.Peer }

// Linked reports how many connections to other peers a peer has open.
type Linked struct {
	Peer id.Peer
	N    int
}

// Able reports how many stripes a peer's uplink can give away. It is believed for the choice of seeds only: who promises
// too much makes others late, not wrong.
type Able struct {
	Peer  id.Peer
	Slots int
}

// At reports where in a recording a peer plays, in milliseconds of it: every 10 s and after each jump (swarm.Position).
type At struct {
	Peer       id.Peer
	PositionMS int64
}

// MorePlease says that a peer would like to meet further peers.
type MorePlease struct{ Peer id.Peer }

// Complained says that a peer got bytes from another that failed their check.
type Complained struct{ By, About id.Peer }

// Tick says only that time has passed. One a minute is plenty.
type Tick struct{}

func (Joined) input()     {}
func (Left) input()       {}
func (Follows) input()    {}
func (Linked) input()     {}
func (Able) input()       {}
func (At) input()         {}
func (MorePlease) input() {}
func (Complained) input() {}
func (Tick) input()       {}
