package swarm

import "shoal/id"

// Config is what an engine is born with.
type Config struct {
	Self    id.Peer
	Channel id.Channel
	// Seed is where all chance comes from: two peers with different seeds choose differently among equals.
	Seed uint64
	// BirthWallMS is the server's wall clock at Step's time 0, in ms since 1970.
	BirthWallMS int64
	// UplinkBytesPerSecond is the first Uplink.
	UplinkBytesPerSecond int
	// Recorded says that the channel is a recording of one epoch: everyone plays another place of it.
	Recorded bool
}
