package peer

import (
	"io"
	"log/slog"
	"time"

	"github.com/pion/transport/v4"

	"shoal/segment"
)

// DefaultLatency is how far behind live the player plays.
const DefaultLatency = 3 * time.Second

// DefaultUplink is how many bytes per second a peer may send: 20 Mbit/s.
const DefaultUplink = 20_000_000 / 8

// DefaultMemory bounds the media that a peer holds, in bytes: about a minute at 8 Mbit/s.
const DefaultMemory = 64 << 20

// Config is what a peer is born with. Only Watch is needed.
type Config struct {
	// Watch is the channel's watch link: http://HOST/c/NAME.
	Watch string
	// Pass admits to a private channel; it may stand in Watch as well.
	Pass string
	// Latency is how far behind live to play; 0 means DefaultLatency.
	Latency time.Duration
	// UplinkBytesPerSecond is how much to send to others; 0 means DefaultUplink, negative nothing.
	UplinkBytesPerSecond int
	// MemoryBytes bounds the media held; 0 means DefaultMemory.
	MemoryBytes int
	// Height bounds the lines of the picture that is chosen, of a picture that stands upright its narrow side; 0 means no bound.
	Height int
	// Sink returns where a track's media goes: one Write for each init segment and each part, in order. It must not
	// block for long: the engine waits. Nil means nowhere, and so does a nil writer.
	Sink func(segment.Track) io.Writer
	// Tape is where every input of the engine is recorded in package tape's file form; nil means nowhere.
	Tape io.Writer
	// Net is the network that everything goes through; nil means this machine's. bench/calibrate gives each peer a line.
	Net transport.Net
	// Log hears of the peer's life; nil means nobody does.
	Log *slog.Logger
}

func (c Config) filled() Config {
	if c.Latency == 0 {
		c.Latency = DefaultLatency
	}
	switch {
	case c.UplinkBytesPerSecond == 0:
		c.UplinkBytesPerSecond = DefaultUplink
	case c.UplinkBytesPerSecond < 0:
		c.UplinkBytesPerSecond = 0
	}
	if c.MemoryBytes == 0 {
		c.MemoryBytes = DefaultMemory
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Stats is what happened to a peer since its birth. Its JSON form is what `shoal watch --json` prints.
type Stats struct {
	Peer      string `json:"peer"`
	Playing   bool   `json:"playing"`
	StartupMS int64  `json:"startupMs"` // from finding the channel live to the first frame; -1 before it
	LatencyMS int64  `json:"latencyMs"` // behind live, now
	BufferMS  int64  `json:"bufferMs"`
	Lines     int    `json:"lines"` // of the picture that is played, of one that stands upright its narrow side; 0: there is none, or it is not known

	Parts     uint64 `json:"parts"` // given to the player
	LateParts uint64 `json:"lateParts"`
	Stalls    uint64 `json:"stalls"`
	StalledMS int64  `json:"stalledMs"`
	Skips     uint64 `json:"skips"`    // parts never played
	Declined  uint64 `json:"declined"` // parts that the engine left to the player
	Overdue   uint64 `json:"overdue"`  // parts that the player fetched because the engine did not answer in time
	Unlisted  uint64 `json:"unlisted"` // parts that the player fetched without having heard of them

	PeerBytes      uint64 `json:"peerBytes"` // checked pieces
	OriginBytes    uint64 `json:"httpBytes"` // all media read from the origin
	UploadBytes    uint64 `json:"uploadBytes"`
	SentBytes      uint64 `json:"sentBytes"`      // to others, in all: pieces, headers, acknowledgements, requests, records
	DuplicateBytes uint64 `json:"duplicateBytes"` // arrived for nothing
	Verified       uint64 `json:"verified"`       // pieces
	Refused        uint64 `json:"refused"`        // pieces
	Duplicates     uint64 `json:"duplicates"`
	Rescues        uint64 `json:"rescues"`

	Links       int    `json:"links"`     // open now
	LinksEver   uint64 `json:"linksEver"` // opened
	LinksFailed uint64 `json:"linksFailed"`
	Polluters   uint64 `json:"polluters"` // connections ended because a check failed
	Babblers    uint64 `json:"babblers"`  // connections ended because the protocol was broken
	Sessions    uint64 `json:"sessions"`  // joins, the first included
	MemoryBytes int    `json:"memoryBytes"`
	MemoryMost  int    `json:"memoryMostBytes"`
	Evicted     uint64 `json:"evicted"` // parts, for want of memory
}
