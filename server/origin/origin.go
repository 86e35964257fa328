package origin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"shoal/id"
	"shoal/manifest/sign"
	"shoal/server/event"
	"shoal/server/pack"
)

// Bounds and times of what is kept.
const (
	// Window is how much a playlist names at least: twelve segments of two seconds.
	Window = 24 * time.Second
	// windowSegments keeps a playlist useful when segments are long: RFC 8216 asks for three.
	windowSegments = 4
	// Grace is how long a part can be fetched after its playlist forgot it.
	Grace = 30 * time.Second
	// TrackBytesMax bounds the bytes kept of a track, give or take a segment: 54 s at 40 Mbit/s. Beyond it Grace, then
	// Window, get shorter.
	TrackBytesMax = 256 << 20
	// EndedKeep is how long an ended broadcast can be fetched.
	EndedKeep = 2 * time.Minute
	// EpochsMax bounds the broadcasts kept of one channel: the newest, and ended ones that viewers finish.
	EpochsMax = 3
	// HeldMax bounds the requests that wait at once.
	HeldMax = 20_000
	// AheadMax is how many segments a request may be ahead of the newest.
	AheadMax = 2
	// holdTargets is how many target durations a request waits at most.
	holdTargets = 3
	// sweepEvery is how often forgotten bytes are looked for while nothing is published.
	sweepEvery = 5 * time.Second
)

// The kinds of error, for errors.Is.
var (
	ErrNotFound = errors.New("not found, or no longer kept")
	ErrTooFar   = errors.New("too far ahead of the newest segment")
	ErrTimeout  = errors.New("nothing came in time")
	ErrBusy     = errors.New("too many requests are waiting")
	ErrOver     = errors.New("the broadcast is over")
)

// Facts is where an Origin tells what happened. Publish never blocks.
type Facts interface{ Publish(event.Fact) }

// Config is what an Origin needs.
type Config struct {
	Facts Facts
	Log   *slog.Logger     // nil is slog.Default
	Now   func() time.Time // nil is time.Now
}

// Opening describes a broadcast to be opened.
type Opening struct {
	Channel id.Channel
	Name    id.Name
	Epoch   uint64        // higher than any before
	Tracks  int           // how many; their number is fixed for an epoch
	Signer  sign.Signer   // the channel's identity
	Wall    time.Time     // wall-clock time of the first sample
	Master  MasterWriter  // how to write its multivariant playlist
	Target  time.Duration // what segments aim at; 0 means pack's default
}

// MasterWriter writes a multivariant playlist from the windows of all tracks and the languages of subtitles, or nil while no track
// has a part.
type MasterWriter func(windows []pack.Window, texts []string) []byte

// Origin keeps the broadcasts of all channels. Its methods may be called at once.
type Origin struct {
	// set once
	facts Facts
	log   *slog.Logger
	now   func() time.Time

	held   atomic.Int64
	sheets sheets

	mu       sync.RWMutex // guards the rest
	channels map[id.Channel][]*Broadcast
	names    map[id.Name]id.Channel
	written  map[counter]*atomic.Uint64 // bounded by channels that were ever live, times tracks
}

// New returns an Origin that keeps nothing yet. Run must run while it is used.
func New(c Config) *Origin {
	o := &Origin{
		facts: c.Facts, log: c.Log, now: c.Now,
		channels: make(map[id.Channel][]*Broadcast),
		names:    make(map[id.Name]id.Channel),
		written:  make(map[counter]*atomic.Uint64),
	}
	o.sheets.most = sheetsHere()
	if o.now == nil {
		o.now = time.Now
	}
	if o.log == nil {
		o.log = slog.Default()
	}
	return o
}

// Run forgets what need not be kept, until ctx is done.
func (o *Origin) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			o.sweep()
		}
	}
}

// Open begins a broadcast: its session key is certified, and said to be. The caller ends it.
func (o *Origin) Open(p Opening) (*Broadcast, error) {
	b, err := newBroadcast(o, p)
	if err != nil {
		return nil, fmt.Errorf("channel %s, epoch %d: %w", p.Name, p.Epoch, err)
	}
	o.mu.Lock()
	kept := o.channels[p.Channel]
	if n := len(kept); n > 0 && kept[n-1].opening.Epoch >= p.Epoch {
		o.mu.Unlock()
		return nil, fmt.Errorf("channel %s: epoch %d does not follow epoch %d", p.Name, p.Epoch, kept[n-1].opening.Epoch)
	}
	for _, old := range kept[:max(0, len(kept)-EpochsMax+1)] {
		old.drop()
	}
	kept = append(kept[max(0, len(kept)-EpochsMax+1):len(kept):len(kept)], b)
	o.channels[p.Channel], o.names[p.Name] = kept, p.Channel
	o.mu.Unlock()
	o.facts.Publish(event.CertificateSigned{Channel: p.Channel, Certificate: b.signing.record})
	return b, nil
}

// newest returns the channel's newest broadcast.
func (o *Origin) newest(name id.Name) (*Broadcast, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	kept := o.channels[o.names[name]]
	if len(kept) == 0 {
		return nil, ErrNotFound
	}
	return kept[len(kept)-1], nil
}

// epoch returns the channel's broadcast of this epoch.
func (o *Origin) epoch(name id.Name, epoch uint64) (*Broadcast, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, b := range o.channels[o.names[name]] {
		if b.opening.Epoch == epoch {
			return b, nil
		}
	}
	return nil, ErrNotFound
}

// sweep drops expired parts, and broadcasts that ended long ago.
func (o *Origin) sweep() {
	now := o.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	for channel, kept := range o.channels {
		var left []*Broadcast
		for _, b := range kept {
			if b.sweep(now) {
				left = append(left, b)
			} else {
				b.drop()
			}
		}
		o.channels[channel] = left
		if len(left) == 0 {
			delete(o.channels, channel)
			delete(o.names, kept[0].opening.Name)
		}
	}
}
