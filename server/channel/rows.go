package channel

import (
	"context"
	"errors"
	"time"

	"shoal/id"
)

// The kinds of error, for errors.Is.
var (
	ErrNotFound = errors.New("no such channel")
	ErrTaken    = errors.New("name is taken")
	ErrInvalid  = errors.New("not a valid channel name")
	ErrFull     = errors.New("no room for another channel")
	ErrSecret   = errors.New("secret.key does not belong to this data")
)

// ChannelsMax bounds the channels of one registry: all of them are listed at once, on pages and in metrics.
const ChannelsMax = 4096

// EpochMax is the last epoch of a channel. A media sequence number is epoch<<20 plus a count, and must stay a whole
// number in JavaScript (53 bits).
const EpochMax = 1<<33 - 1

// Row is a channel as it rests.
type Row struct {
	ID      id.Channel
	Name    id.Name
	KeyHash id.Digest // SHA-256 of the stream key
	Sealed  []byte    // seed of the identity, sealed by Secret
	Created time.Time // to the millisecond

	Settings string // as Settings.String writes them
	OnAir    bool   // a broadcast of it began, and has not ended; AddChannel does not ask
}

// Query names one channel by exactly one of its fields; the others are zero.
type Query struct {
	ID      id.Channel
	Name    id.Name
	KeyHash id.Digest
}

// Rows is where channels rest. Every change is durable when the method returns: neither a killed process nor a power
// cut takes it back. Several processes may use the same rows at once.
type Rows interface {
	// AddChannel adds a row. It returns ErrTaken if a row has the name, the id or the key hash, and ErrFull beyond max.
	AddChannel(ctx context.Context, row Row, max int) error
	// FindChannel returns the row that q names, or ErrNotFound.
	FindChannel(ctx context.Context, q Query) (Row, error)
	// ListChannels returns all rows, by name.
	ListChannels(ctx context.Context) ([]Row, error)
	// SetKeyHash replaces the stream key's hash, or returns ErrNotFound.
	SetKeyHash(ctx context.Context, channel id.Channel, hash id.Digest) error
	// SetSettings replaces the settings of a channel that are was. It returns ErrChanged if they are not, and ErrNotFound.
	SetSettings(ctx context.Context, channel id.Channel, was, settings string) error
	// RemoveChannel removes a row with all that it says, or returns ErrNotFound.
	RemoveChannel(ctx context.Context, channel id.Channel) error
	// SetOnAir notes whether a channel is on air, or returns ErrNotFound.
	SetOnAir(ctx context.Context, channel id.Channel, on bool) error
	// NextEpoch counts a channel's epoch up and returns it: 1 the first time, never the same twice. ErrNotFound
	// without the channel.
	NextEpoch(ctx context.Context, channel id.Channel) (uint64, error)
}
