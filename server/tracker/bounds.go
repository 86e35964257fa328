package tracker

import (
	"time"

	"shoal/wire/signal"
)

// Limits of the tracker.
const (
	// TokenLife is how long a token admits.
	TokenLife = 5 * time.Minute
	// HelloWithin is how long a connection may take to say hello.
	HelloWithin = 5 * time.Second
	// ConnectionsMax bounds the connections in all: each costs about 40 KiB.
	ConnectionsMax = 20000
	// ConnectionsPerHome bounds the connections from one IPv4 address or IPv6 /64: a school class behind one address fits.
	ConnectionsPerHome = 64
	// queueMax bounds the frames that wait for one viewer: about 20 s of a broadcast with four tracks.
	queueMax = 256
	// backlogMax bounds the records of parts that a newcomer is sent.
	backlogMax = 512
	// lettersMax bounds what waits for the owner of a channel.
	lettersMax = 1024
	// writeWithin is how long one frame may take to leave.
	writeWithin = 10 * time.Second
	// closeWithin is how long a viewer may take to agree that the connection ends.
	closeWithin = 2 * time.Second
	// viewersEvery is the least time between two counts of viewers.
	viewersEvery = 2 * time.Second
	// linkedPause is the least time between two changes of a viewer between linked and not: each may move stripes.
	linkedPause = time.Second
	// turnPause is the least time between two changes of the tracks that a viewer follows: each may move stripes and brings records.
	turnPause = 2 * time.Second
	// descriptionsMax bounds the offers and answers carried from one viewer to one other: a few attempts.
	descriptionsMax = 6
	// strangersMax bounds the candidates of one viewer that are tried again: its own, for each of 14 peers.
	strangersMax = 64
	// seenMax bounds the addresses noted for one viewer: IPv4 and IPv6, each over WebSocket and STUN.
	seenMax = 4
)

// Rates, in the long run and at once. A newcomer calls 14 peers with an offer and about 5 candidates each, and as many may call it.
const (
	messagesPerSecond = 20 // of one viewer
	messagesAtOnce    = 300
	networkPerSecond  = 400 // of all viewers of one network
	networkAtOnce     = 6000
	connectsPerSecond = 10 // from one network
	connectsAtOnce    = 200
	reportsPerSecond  = 1 // of one viewer
	reportsAtOnce     = 3
)

// networksMax bounds the networks whose rates are remembered.
const networksMax = 1 << 16

// sweepEvery is how often networks that have been quiet are forgotten.
const sweepEvery = 30 * time.Second

// What a viewer's report may hold at most for each second since its last: more than any line brings.
const (
	reportedBytesPerSecond  = 100_000_000 / 8
	reportedPiecesPerSecond = reportedBytesPerSecond >> 10
	reportedStallsPerSecond = 10
)

// signal.MessageMax bounds what is read; this is the same bound for the library, which refuses what is longer.
const readMax = signal.MessageMax
