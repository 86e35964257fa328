package remake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/ingest"
)

// When recordings are worked on.
const (
	// LookEvery is how often the Bench looks whether it may work, and whether it still may.
	LookEvery = time.Second
	// CalmFor is how long nothing must have been live before it begins.
	CalmFor = 5 * time.Second
	// RestAfter is how long it rests after what failed.
	RestAfter = 5 * time.Minute
	// RoomAfter is how long it waits for room.
	RoomAfter = time.Hour
)

// FirstSeq is where the numbers of parts begin that are made later, or a multiple of it: six days of parts, when a recording has half a day at most.
const FirstSeq = 1 << 20

// SessionsMax is how many session keys may have signed a recording that gets rungs: viewers keep eight certificates of a recording, and
// one is the Bench's. Half a day of live has two or three.
const SessionsMax = 7

// Picture is what is known of a source's picture.
type Picture struct {
	Width, Height int
	Rate          float64 // frames per second; 0: not known
}

// Rung is one size to make.
type Rung struct{ Height, Kbit int }

// Run is one run of a source whose parts follow each other. Its functions are called by one goroutine.
type Run struct {
	Source  ingest.Track
	Picture Picture
	Rungs   []Rung
	Next    func() (ingest.Sample, error)
	Begins  func(n int, t ingest.Track) error
	Frame   func(n, rank int, s ingest.Sample) error
}

// Ladder makes rungs of what is whole.
type Ladder interface {
	// Lacking returns the rungs that a recording of a channel should have beside those with these heights, at most most.
	Lacking(channel id.Channel, p Picture, has []int, most int) []Rung
	// Remake makes the rungs of one run, and returns when they are whole.
	Remake(ctx context.Context, r Run) error
}

// Source is the best picture of a recording, part by part.
type Source interface {
	Channel() id.Channel
	Name() id.Name // of the channel, for the log
	Epoch() uint64
	Len() int
	Read(n int) (m *manifest.Part, init, data []byte, err error)
	// Smallest returns the init segment of the smallest picture that it has at any time.
	Smallest() (init []byte)
	// Rungs returns the heights of the smaller pictures that are there.
	Rungs() []int
	// Free returns the first free track and how many are free.
	Free() (first segment.Track, n int)
	// Sessions returns how many session keys signed it.
	Sessions() int
}

// ErrRoom says that there is no room for the rungs of a recording.
var ErrRoom = errors.New("there is no room for rungs")

// Addition takes tracks for a recording, all or nothing.
type Addition interface {
	Certificate(record []byte) error
	Part(record, init, data []byte) error
	Commit() error
	// Drop throws away what was not committed.
	Drop() error
}

// Shelf has the recordings.
type Shelf interface {
	// Lacking returns a recording that was not looked at yet, but for those that skip names; nil if there is none.
	Lacking(skip func(channel id.Channel, epoch uint64) bool) Source
	// Add begins an addition of at most so many bytes to it. It returns ErrRoom if there is no room for them.
	Add(s Source, bytes int64) (Addition, error)
	// Done notes that a recording has what it should have.
	Done(s Source) error
}

// Config is what a Bench needs.
type Config struct {
	Ladder Ladder
	Shelf  Shelf
	// Signer returns a channel's identity.
	Signer func(ctx context.Context, channel id.Channel) (sign.Signer, error)
	// Live reports whether anything is live.
	Live func() bool
	Log  *slog.Logger
}

// Progress is what is being made.
type Progress struct {
	Channel id.Channel
	Epoch   uint64
	Share   float64 // of its parts
}

// Bench works while Run runs. Progress may be called at any time.
type Bench struct {
	config Config

	failed map[work]bool // owned by Run; bounded by the recordings there are
	calm   time.Time     // owned by Run: when something was live last

	mu  sync.Mutex // guards now
	now *Progress
}

// work names a recording.
type work struct {
	channel id.Channel
	epoch   uint64
}

// New returns a Bench.
func New(c Config) *Bench { return &Bench{config: c, failed: make(map[work]bool)} }

// Progress returns what is being made; ok is false while nothing is.
func (b *Bench) Progress() (p Progress, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return Progress{}, false
	}
	return *b.now, true
}

// Run works until ctx ends.
func (b *Bench) Run(ctx context.Context) error {
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	b.calm = time.Now()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if b.config.Live() {
			b.calm = time.Now()
		}
		if time.Since(b.calm) < CalmFor {
			continue
		}
		switch err := b.one(ctx); {
		case err == nil, ctx.Err() != nil, errors.Is(err, errLive):
		case errors.Is(err, ErrRoom):
			b.config.Log.Info("recordings get no smaller rungs for now", "because", err, "again_after", RoomAfter)
			b.calm = time.Now().Add(RoomAfter)
		default:
			b.config.Log.Warn("the rungs of a recording cannot be made; it is left for the next start", "err", err)
			b.calm = time.Now().Add(RestAfter)
		}
	}
}

// errLive says that something went live.
var errLive = errors.New("something is live")

// one works on one recording, if there is one.
func (b *Bench) one(ctx context.Context) error {
	source := b.config.Shelf.Lacking(func(channel id.Channel, epoch uint64) bool { return b.failed[work{channel, epoch}] })
	if source == nil {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		b.watch(ctx, stop)
	}()
	defer func() { <-watching }()
	defer stop(nil)
	b.tell(&Progress{Channel: source.Channel(), Epoch: source.Epoch()})
	defer b.tell(nil)
	began := time.Now()
	made, err := b.make(ctx, source)
	switch {
	case errors.Is(context.Cause(ctx), errLive):
		b.config.Log.Info("something is live: the rungs of a recording wait", "channel", string(source.Name()), "epoch", source.Epoch())
		return errLive
	case errors.Is(err, ErrRoom):
	case err != nil:
		b.failed[work{source.Channel(), source.Epoch()}] = true
		err = fmt.Errorf("recording %d of channel %s: %w", source.Epoch(), source.Name(), err)
	case made > 0:
		b.config.Log.Info("a recording has its smaller rungs", "channel", string(source.Name()), "epoch", source.Epoch(), "rungs", made, "took", time.Since(began).Round(time.Second))
	}
	return err
}

// watch stops the work when something goes live.
func (b *Bench) watch(ctx context.Context, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if b.config.Live() {
				stop(errLive)
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (b *Bench) tell(p *Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = p
}

// advance notes how much of the source was read.
func (b *Bench) advance(share float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != nil {
		b.now.Share = share
	}
}
