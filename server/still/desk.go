package still

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync"
	"time"

	"shoal/id"
	"shoal/server/ingest"
)

// When stills are made.
const (
	// LookEvery is how often the Desk looks what is running, and whether a recording has no stills yet.
	LookEvery = 2 * time.Second
	// PosterEvery is how old the poster of a running broadcast becomes.
	PosterEvery = 30 * time.Second
	// TileEvery is the least distance of two tiles.
	TileEvery = 5 * time.Second
	// tileEveryLive is that of what is running: each is a worker of its own.
	tileEveryLive = 10 * time.Second
	// TilesMax bounds the tiles of a storyboard: of half a day they are two minutes apart.
	TilesMax = 360
	// shareOfTime is how many times longer than a still took nothing is made of the same broadcast: a hundredth of a processor.
	shareOfTime = 100
	// restFirst and restMax bound the wait after what failed. It doubles.
	restFirst, restMax = 30 * time.Second, 30 * time.Minute
	// AlbumsMax bounds the running broadcasts that have stills: each takes a few megabytes.
	AlbumsMax = 256
)

// Darkroom decodes key frames, and waits for idle processors with it.
type Darkroom interface {
	// Able reports whether it can make anything.
	Able() bool
	// Develop makes pictures of a size, with even sides, of key frames of one track: one for each, nil where it cannot be decoded.
	// took is the processor's time.
	Develop(ctx context.Context, t ingest.Track, keys [][]byte, width, height int) (all []*image.YCbCr, took time.Duration, err error)
}

// Show is a running broadcast.
type Show struct {
	Channel id.Channel
	Name    id.Name
	Epoch   uint64
	Started time.Time
}

// Live knows what is running.
type Live interface {
	Running() []Show
	// Newest returns the newest part, with its init segment, that begins with a key frame of a broadcast's best picture, and when
	// it was; none if it has no picture.
	Newest(channel id.Channel, epoch uint64) (init, part []byte, wall time.Time, ok bool)
}

// Film is a recording: its key frames, by number, in order.
type Film interface {
	Len() int
	// At is when key frame n is shown, as the recording is played.
	At(n int) time.Duration
	// Lasts is how long it is.
	Lasts() time.Duration
	// Read returns the part that begins with key frame n, and its init segment.
	Read(n int) (init, part []byte, err error)
}

// Shelf has what is recorded.
type Shelf interface {
	// Bare returns a recording that is whole and has no stills, and the way to give it some: all or nothing. Without any it stays
	// so for good. Nil if there is none.
	Bare() (film Film, keep func(Stills) error)
}

// Stills are a recording's. The zero Stills are of one without pictures.
type Stills struct {
	Poster []byte   // JPEG
	Sheets [][]byte // JPEG
	Track  []byte   // WebVTT; names sheets as SheetName does
}

// Config is what a Desk needs.
type Config struct {
	Darkroom Darkroom
	Live     Live
	Shelf    Shelf
	Rewind   time.Duration // how far back what is running may be played; 0: there are no storyboards of it
	Log      *slog.Logger
	Now      func() time.Time // nil is time.Now
}

// Desk makes stills while Run runs. Its other methods may be called at once.
type Desk struct {
	config Config
	now    func() time.Time

	// owned by Run
	resting map[id.Channel]*rest
	shelf   rest

	mu     sync.Mutex // guards albums and what is in them
	albums map[id.Channel]*album
}

// rest plans when something is made next.
type rest struct {
	due    time.Time
	failed time.Duration // the last wait after a failure; 0: it went well
}

func (r *rest) well(now time.Time, every, took time.Duration) {
	r.failed, r.due = 0, now.Add(max(every, shareOfTime*took))
}

func (r *rest) bad(now time.Time) {
	r.failed = min(max(2*r.failed, restFirst), restMax)
	r.due = now.Add(r.failed)
}

// New returns a Desk.
func New(c Config) *Desk {
	d := &Desk{config: c, now: c.Now, resting: make(map[id.Channel]*rest), albums: make(map[id.Channel]*album)}
	if d.now == nil {
		d.now = time.Now
	}
	return d
}

// Run makes stills until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	if !d.config.Darkroom.Able() {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for {
		d.look(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look makes what is due: of what is running first, and then of one recording.
func (d *Desk) look(ctx context.Context) {
	shows := d.config.Live.Running()
	d.forget(shows)
	for _, show := range shows {
		if ctx.Err() == nil {
			d.take(ctx, show)
		}
	}
	if ctx.Err() != nil || d.now().Before(d.shelf.due) {
		return
	}
	film, keep := d.config.Shelf.Bare()
	if film == nil {
		return
	}
	stills, err := d.stillsOf(ctx, film)
	if err == nil {
		err = keep(stills)
	}
	if err == nil {
		d.shelf = rest{}
		return
	}
	if ctx.Err() == nil {
		d.shelf.bad(d.now())
		d.config.Log.Warn("the stills of a recording cannot be made", "again_after", d.shelf.failed, "err", err)
	}
}

// forget drops what is no longer running.
func (d *Desk) forget(shows []Show) {
	running := make(map[id.Channel]uint64, len(shows))
	for _, s := range shows {
		running[s.Channel] = s.Epoch
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for channel, a := range d.albums {
		if running[channel] != a.epoch {
			delete(d.albums, channel)
			delete(d.resting, channel)
		}
	}
	for channel := range d.resting {
		if _, is := running[channel]; !is {
			delete(d.resting, channel)
		}
	}
}

var errNoPicture = errors.New("there is no picture")
