package upload

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"shoal/id"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// Bounds of an inbox.
const (
	// OpenMax bounds the uploads of one channel that are neither ready nor refused.
	OpenMax = 8
	// KeptMax bounds the uploads of one channel that are told of, and EntriesMax those of all.
	KeptMax    = 100
	EntriesMax = 2000
	// SilentMax is how long an upload may rest before it is deleted: a day, for a line that is cut in the evening.
	SilentMax = 24 * time.Hour
	// ToldFor is how long it is told how an upload ended.
	ToldFor = 7 * 24 * time.Hour
	// attemptsMax is how often one is worked on: a file that ends the server must not do so for ever.
	attemptsMax = 3
	// sweepEvery is how often it is looked for what rests too long, and for work that could not be done.
	sweepEvery = 30 * time.Second
)

// The kinds of error, for errors.Is.
var (
	ErrNotFound = errors.New("no such upload")
	ErrEmpty    = errors.New("the file is empty")
	ErrLarge    = errors.New("the file is larger than this server takes")
	ErrQuota    = errors.New("the channel's uploads that are not yet done take as much as they may")
	ErrMany     = errors.New("the channel has as many uploads under way as it may")
	ErrFull     = errors.New("the disk is full")
	ErrOffset   = errors.New("the upload goes on from another place")
	ErrBusy     = errors.New("the upload is written to already")
	ErrTools    = errors.New("uploads need ffmpeg")
)

// Tools reads files in a cage.
type Tools interface {
	// Ready says what is missing, and what to install.
	Ready() error
	// Run runs an Errand until it ends or ctx does.
	Run(ctx context.Context, e Errand) error
}

// Errand is one run of ffmpeg or ffprobe in a cage.
type Errand struct {
	Probe  bool     // ffprobe instead of ffmpeg
	Args   []string // the file is Input in them
	File   *os.File
	Memory uint64 // bytes
	Read   func(io.Reader) error
}

// Input stands in an Errand's Args for the file.
const Input = "INPUT"

// Press makes recordings.
type Press interface {
	// NextEpoch returns an epoch that no restart gives again.
	NextEpoch(ctx context.Context, channel id.Channel) (uint64, error)
	// Begin begins a recording that nobody sees until it is sealed.
	Begin(ctx context.Context, o Order) (Sheet, error)
	// Has reports whether there is a recording.
	Has(channel id.Channel, epoch uint64) bool
	// Spare returns how many bytes may be written before the disk counts as full.
	Spare() (int64, error)
}

// Order describes a recording to be made.
type Order struct {
	Channel id.Channel
	Name    id.Name
	Epoch   uint64
	Title   string
	Tracks  []ingest.Track
	Wall    time.Time // of the first sample: the last one is now, as the present is the latest that parts may be of
	Came    time.Time // when it was uploaded
}

// Sheet is a recording in the making: parts are added, and then it is sealed. Drop takes it away; after Seal it does nothing.
type Sheet interface {
	Add(part pack.Part) error
	Seal() error
	Drop() error
}

// Config is what an Inbox needs.
type Config struct {
	Dir     string
	Tools   Tools
	Press   Press
	One     int64 // bytes of one upload at most
	Channel int64 // bytes of a channel's uploads that are not ended
	Log     *slog.Logger
	Now     func() time.Time // nil is time.Now
}

// Inbox holds the uploads of all channels. Its methods may be called at once.
type Inbox struct {
	config Config
	now    func() time.Time
	kick   chan struct{} // there may be work

	mu      sync.Mutex // guards the rest
	entries map[string]*entry
}

// entry is one upload.
type entry struct {
	about
	writing bool
	percent int    // of packaging
	cancel  func() // ends the work on it; nil while there is none
}

// Open returns the inbox in a directory, which is made if need be. What an earlier process was packaging waits again, unless its
// recording is there.
func Open(c Config) (*Inbox, error) {
	x := &Inbox{config: c, now: c.Now, kick: make(chan struct{}, 1), entries: make(map[string]*entry)}
	if x.now == nil {
		x.now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the directory of uploads: %w", err)
	}
	list, err := os.ReadDir(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the directory of uploads: %w", err)
	}
	for _, d := range list {
		if !d.IsDir() || !ValidID(d.Name()) || len(x.entries) >= EntriesMax {
			continue
		}
		if err := x.adopt(d.Name()); err != nil {
			c.Log.Error("an upload cannot be read, and is deleted", "upload", d.Name(), "err", err)
			if err := os.RemoveAll(x.dir(d.Name())); err != nil {
				c.Log.Error("it cannot be deleted either", "upload", d.Name(), "err", err)
			}
		}
	}
	return x, nil
}

// adopt takes in an upload that an earlier process left.
func (x *Inbox) adopt(upload string) error {
	a, err := readAbout(x.dir(upload), upload)
	if err != nil {
		return err
	}
	e := &entry{about: a}
	switch {
	case a.State.ended():
		err = x.dropMedia(upload) // the process may have ended before it could
	case a.State == Receiving && x.received(e) < a.Length:
	case a.Epoch > 0 && x.config.Press.Has(a.Channel, a.Epoch):
		e.State, e.Ended = Ready, x.now()
		err = errors.Join(e.save(x.dir(upload)), x.dropMedia(upload))
	case a.State != Waiting:
		e.State = Waiting
		err = e.save(x.dir(upload))
	}
	x.entries[upload] = e
	return err
}

func (x *Inbox) dir(upload string) string { return filepath.Join(x.config.Dir, upload) }

func (x *Inbox) media(upload string) string { return filepath.Join(x.dir(upload), mediaFile) }

func (x *Inbox) dropMedia(upload string) error {
	if err := os.Remove(x.media(upload)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// received returns how many bytes of an upload are there.
func (x *Inbox) received(e *entry) int64 {
	if e.State != Receiving {
		return e.Length
	}
	info, err := os.Stat(x.media(e.ID))
	if err != nil {
		return 0
	}
	return info.Size()
}

// idBytes is the randomness of an upload's id: 130 bits, so that nobody finds one by guessing.
const idDigits = 26

func newID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:idDigits])
}

// ValidID reports whether text has the form of an upload's id.
func ValidID(text string) bool {
	return len(text) == idDigits && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '2' || c > '7') })
}

// Report says how an upload stands.
type Report struct {
	ID       string
	Title    string
	State    State
	Why      string // it was refused, or waits
	Length   int64
	Received int64
	Percent  int    // of packaging
	Epoch    uint64 // of the recording, once it is ready
	Created  time.Time
	Expires  time.Time // when it is deleted if nothing more comes; zero unless it is being received
}

// report is Report for who holds mu.
func (x *Inbox) report(e *entry) Report {
	r := Report{ID: e.ID, Title: e.Title, State: e.State, Why: e.Why, Length: e.Length, Received: x.received(e), Percent: e.percent, Created: e.Created}
	if e.State == Ready {
		r.Epoch, r.Percent = e.Epoch, 100
	}
	if e.State == Receiving {
		r.Expires = x.heard(e).Add(SilentMax)
	}
	return r
}

// heard is when something last came of an upload.
func (x *Inbox) heard(e *entry) time.Time {
	if info, err := os.Stat(x.media(e.ID)); err == nil && info.ModTime().After(e.Created) {
		return info.ModTime()
	}
	return e.Created
}

// Able returns ErrTools while uploads cannot be packaged: then none is taken.
func (x *Inbox) Able() error {
	if err := x.config.Tools.Ready(); err != nil {
		return fmt.Errorf("%w: %w", ErrTools, err)
	}
	return nil
}

// Show says how a channel's upload stands, or ErrNotFound.
func (x *Inbox) Show(channel id.Channel, upload string) (Report, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.entries[upload]
	if e == nil || e.Channel != channel {
		return Report{}, ErrNotFound
	}
	return x.report(e), nil
}

// List says how a channel's uploads stand, newest first.
func (x *Inbox) List(channel id.Channel) []Report {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := []Report{}
	for _, e := range x.entries {
		if e.Channel == channel {
			list = append(list, x.report(e))
		}
	}
	slices.SortFunc(list, func(a, b Report) int { return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID)) })
	return list
}
