package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"shoal/id"
	"shoal/manifest/sign"
	"shoal/server/event"
	"shoal/server/ingest"
	"shoal/server/origin"
	"shoal/server/pack"
)

const (
	// DefaultIdle is how long a broadcast waits for its publisher.
	DefaultIdle = 90 * time.Second
	// SilentMax is after how long without a sample a publisher counts as gone when another one with the key knocks: a
	// connection that broke without a word must not lock its owner out.
	SilentMax = 3 * time.Second
	// BroadcastsMax bounds the broadcasts open at once.
	BroadcastsMax = 256
)

// The kinds of error, for errors.Is.
var (
	ErrRefused = errors.New("stream key refused")
	ErrBusy    = errors.New("the channel has a publisher already")
	ErrFull    = errors.New("too many broadcasts are open")
	ErrOver    = errors.New("the publication is over")
	ErrTaken   = errors.New("another publisher with the key took its place")
	ErrRevoked = errors.New("its stream key was replaced, or its channel removed")
)

// errSilent says that a publisher lost its place to one who did not ask to take over.
var errSilent = fmt.Errorf("%w: this one had been silent for %v", ErrTaken, SilentMax)

// Registry knows channels.
type Registry interface {
	// Admit returns the channel that a stream key may publish to, if it is known.
	Admit(ctx context.Context, key string) (channel id.Channel, name id.Name, known bool, err error)
	// Exists reports whether there is such a channel still.
	Exists(ctx context.Context, channel id.Channel) (bool, error)
	// NextEpoch returns an epoch that no restart gives again.
	NextEpoch(ctx context.Context, channel id.Channel) (uint64, error)
	// Signer returns the channel's identity.
	Signer(ctx context.Context, channel id.Channel) (sign.Signer, error)
}

// Ways knows what channels have of their own. It does not wait.
type Ways interface {
	// Idle returns how long a broadcast of the channel waits for its publisher.
	Idle(channel id.Channel) time.Duration
	// Laddered reports whether rungs may be made of its picture.
	Laddered(channel id.Channel) bool
}

// Facts is where a Live tells what happened. Publish never blocks.
type Facts interface{ Publish(event.Fact) }

// Meter counts. It never blocks.
type Meter interface {
	// PartPublished hears how long a part took from its last sample's arrival to its publication.
	PartPublished(channel id.Channel, took time.Duration)
	// IngestFault counts a fault of ours that ended one publication and no other.
	IngestFault(protocol string)
}

// Config is what a Live needs.
type Config struct {
	Registry Registry
	Ledger   Ledger // may be nil: after a restart nothing counts as cut off. Recall asks it
	Origin   *origin.Origin
	Facts    Facts
	Meter    Meter         // may be nil
	Ladder   Ladder        // may be nil: no rungs but the source
	Pack     pack.Config   // zero means pack's defaults
	Idle     time.Duration // 0 means DefaultIdle
	Ways     Ways          // may be nil: Idle and Ladder are for every channel
	Log      *slog.Logger  // nil is slog.Default
}

// Channel names a channel to publish to.
type Channel struct {
	ID   id.Channel
	Name id.Name
}

// Live conducts the broadcasts of all channels. Its methods may be called at once.
type Live struct {
	config Config
	log    *slog.Logger

	ready chan struct{} // closed when Run runs

	noting sync.Mutex // is held while the ledger is written, so that who is given up and who comes back do not cross

	mu         sync.Mutex // guards the rest
	running    context.Context
	broadcasts map[id.Channel]*broadcast
	awaited    map[id.Channel]time.Time // since when, whom the process before cut off; bounded by the channels there are
	wait       sync.WaitGroup
}

// New returns a Live. Publications wait until Run runs.
func New(c Config) *Live {
	if c.Idle == 0 {
		c.Idle = DefaultIdle
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Live{config: c, log: c.Log, ready: make(chan struct{}), broadcasts: make(map[id.Channel]*broadcast), awaited: make(map[id.Channel]time.Time)}
}

// Run conducts until ctx is done, and returns when every broadcast's goroutine has. It is called once.
func (l *Live) Run(ctx context.Context) error {
	l.mu.Lock()
	l.running = ctx
	l.mu.Unlock()
	close(l.ready)
	l.watchKeys(ctx)
	l.mu.Lock() // whoever starts a broadcast holds mu and sees that ctx is done
	l.mu.Unlock()
	l.wait.Wait()
	return nil
}

// Start lets a publisher in that is inside the house. from is for the log.
func (l *Live) Start(ctx context.Context, channel Channel, from string) (sink ingest.Sink, leave func(error), err error) {
	p, err := l.start(ctx, channel, Request{From: from})
	return p.Sink, p.Leave, err
}

// start makes the publisher of r the channel's.
func (l *Live) start(ctx context.Context, channel Channel, r Request) (Place, error) {
	select {
	case <-l.ready:
	case <-ctx.Done():
		return Place{}, ctx.Err()
	}
	for {
		b, err := l.open(channel)
		if err != nil {
			return Place{}, fmt.Errorf("channel %s: %w", channel.Name, err)
		}
		p := &publisher{broadcast: b, Request: r, cut: make(chan struct{})}
		switch err := b.call(func() error { return b.attach(p) }); {
		case err == nil:
			return Place{Name: channel.Name, Sink: p, Leave: p.leave, Cut: p.cut, Lost: p.lost, LeftOut: p.leftOut, RungOut: p.rungOut, Text: p.text}, nil
		case errors.Is(err, ErrOver): // it ended between finding it and asking it
			<-b.done
		default:
			return Place{}, fmt.Errorf("channel %s: %w", channel.Name, err)
		}
	}
}

// State returns what is known of a channel's broadcast. The zero State is a channel that is not live.
func (l *Live) State(channel id.Channel) State {
	l.mu.Lock()
	b := l.broadcasts[channel]
	l.mu.Unlock()
	s := State{}
	if b != nil {
		s = b.snapshot()
	}
	s.Awaited = !s.Live && l.awaits(channel)
	return s
}

// idle is how long a broadcast of a channel waits for its publisher.
func (l *Live) idle(channel id.Channel) time.Duration {
	if w := l.config.Ways; w != nil {
		return w.Idle(channel)
	}
	return l.config.Idle
}

// open returns the channel's broadcast, started if there is none.
func (l *Live) open(channel Channel) (*broadcast, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.broadcasts[channel.ID]; b != nil {
		return b, nil
	}
	if err := l.running.Err(); err != nil {
		return nil, fmt.Errorf("the server is stopping: %w", err)
	}
	if len(l.broadcasts) >= BroadcastsMax {
		return nil, ErrFull
	}
	b := newBroadcast(l, channel)
	l.broadcasts[channel.ID] = b
	ctx := l.running
	l.wait.Go(func() {
		b.run(ctx)
		l.mu.Lock()
		delete(l.broadcasts, channel.ID)
		l.mu.Unlock()
		close(b.done)
	})
	return b, nil
}
