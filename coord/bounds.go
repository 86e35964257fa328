package coord

import "time"

// Limits and habits of the mind.
const (
	// NeighboursMax is how many peers one introduction names: the mesh of swarm.md has 14 neighbours.
	NeighboursMax = 14
	// KinMax is how many of them follow the same tracks, as long as there are others: who turns to other tracks should know
	// somebody there.
	KinMax = 10
	// GroupsMax bounds the sets of tracks for which stripes are shared out: eight renditions with the sound, and as many alone.
	GroupsMax = 16
	// StrongMax is how many of them, at least if there are any, are of the strong: those with StrongTimes the usual slots.
	StrongMax   = 4
	StrongTimes = 2
	// FriendsMax is how many of the strong one is introduced to that has become one of them.
	FriendsMax = 8
	// HomeMax is how many of them, and of all that a peer has met, come from its own network, if it has so many: what is passed on
	// there need not leave it.
	HomeMax = 5
	// PerPrefixMax is how many of them may come from any other network, as long as others can be had (a Sybil's peers share few networks).
	PerPrefixMax = 2
	// MetMax bounds the acquaintances of one peer: those it called, those that called it.
	MetMax = 64
	// Reach is how far ahead in a recording those may be whom a peer is introduced to: what viewers hold in memory behind the
	// playhead, about 3 minutes at 3 Mbit/s.
	Reach = 3 * time.Minute
	// NearMax is how many of an introduction are the nearest ahead; the others are any within Reach, so that what the nearest
	// lack has not far to come.
	NearMax = 10
	// NeighboursFar bounds those behind a newcomer who are looked at for whether they know too few ahead.
	NeighboursFar = 2 * NeighboursMax
	// Drift is how far a peer may be from where it should be, playing on, until it has jumped.
	Drift = 2 * time.Second
	// searchMax bounds the members looked at for one introduction, so that a crowd from one network costs no more than others.
	searchMax = 256
	// MorePause is the least time between two introductions that a peer asks for.
	MorePause = 5 * time.Second
	// AgainAfter is how long two have to connect before they may be introduced a second time: longer than an attempt lasts
	// (15 s, web/engine and peer/link).
	AgainAfter = 17 * time.Second
	// CallFor is how long a call mostly takes to come through, or to fail: two who were named to each other that shortly before may be
	// connecting.
	CallFor = 5 * time.Second
	// AgainMax is how often a peer is named those once more whom it has met.
	AgainMax = 2
	// AgainAlone is to how many who reached nobody is named then.
	AgainAlone = 2
	// Copies is K0, how many seeds a stripe has.
	Copies = 1
	// CopiesLarge is K0 for a swarm in which one more copy from the origin costs little and saves a level of depth.
	CopiesLarge = 2
	// LargeFrom is the number of sharing peers from which on CopiesLarge holds, LargeUntil the one below which it ends:
	// they differ so that a swarm at the border does not change its mind with every viewer.
	LargeFrom  = 200
	LargeUntil = 160
	// SlotsFirst stands for the slots of a peer that has not said how many it has.
	SlotsFirst = 8
	// SlotsMax bounds what is believed of anyone's slots, so that a boaster gets no more than a strong peer would.
	SlotsMax = 128
	// RelieveGain is by how much a holder must be the worse off to be relieved, in percent: stripes are not to wander with
	// every change of what somebody can give.
	RelieveGain = 150
	// RelieveEvery is how often stripes are moved for want of capacity in a swarm larger than RelieveAtOnce: it takes a look
	// at everyone.
	RelieveEvery  = time.Second
	RelieveAtOnce = 64
	// RunsMax is in how many runs a seed's stripes may lie: each is a request to the origin for every part.
	RunsMax = 4
	// BanFor is how long a banned peer stays out.
	BanFor = 10 * time.Minute
	// ComplaintFor is how long a complaint counts.
	ComplaintFor = 10 * time.Minute
	// ComplaintsMax bounds the complaints remembered about one peer: two suffice for a ban.
	ComplaintsMax = 8
	// BansMax bounds the banned peers remembered; beyond it the oldest is let go.
	BansMax = 1024
)
