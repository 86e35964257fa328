package relay

import "time"

// Limits of the relay. Those that Config can change say so.
const (
	// Realm is the TURN realm.
	Realm = "shoal"
	// CredentialsLife is how long credentials admit a new allocation.
	CredentialsLife = 10 * time.Minute
	// AllocationsMax bounds the allocations in all (Config): each costs a socket and about 10 KiB.
	AllocationsMax = 1024
	// AllocationsPerPeer bounds those of one peer. Browsers ask for one for each connection and each transport, before they know
	// whether they need it: with fewer, who can be reached by relay only has one neighbour, or by bad luck none.
	AllocationsPerPeer = 8
	// BitsPerSecond bounds what one peer's allocations carry, both ways together: a stream of 3 Mbit/s and its overhead fit.
	BitsPerSecond = 4_000_000
	// TotalBitsPerSecond bounds all allocations together (Config): what passes here crosses the operator's line twice.
	TotalBitsPerSecond = 100_000_000
	// BytesMax bounds what one peer's allocations carry, both ways together, until it has none.
	BytesMax = 2_000_000_000
	// burst is how much may pass at once of a rate: a part of a stream arrives in one go.
	burst = 500 * time.Millisecond
	// repliesPerSecond bounds the replies to one IPv4 /24 or IPv6 /48 that did not prove itself: more would serve to flood it
	// with packets under a false sender. repliesAtOnce lets a class behind one address begin.
	repliesPerSecond = 20
	repliesAtOnce    = 100
	// networksMax bounds the networks whose replies are counted.
	networksMax = 1 << 14
	// connectionsMax and connectionsPerHome bound the TCP connections in all and from one IPv4 address or IPv6 /64.
	connectionsMax     = 512
	connectionsPerHome = 32
	// idleMax is how long a TCP connection may be silent: allocations are refreshed more often.
	idleMax = 11 * time.Minute
	// portTries is how many ports are tried for an allocation within a range, and for UDP and TCP at once.
	portTries = 16
)
