package record

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/pack"
)

// Times of recording.
const (
	// SyncEvery is how often what was appended is made durable.
	SyncEvery = 2 * time.Second
	// RetryEvery is how long a recording that could not be written rests.
	RetryEvery = 30 * time.Second
	// PruneEvery is how often it is looked for what need not be kept.
	PruneEvery = 30 * time.Second
	// SilentMax is after how long without a part a broadcast counts as over, should its end have been missed.
	SilentMax = 10 * time.Minute
	// LastsMax is how much of a broadcast is kept: of one that never ends, the last half day.
	LastsMax = 12 * time.Hour
	// GrowingMax bounds the broadcasts recorded at once.
	GrowingMax = 256
)

// Facts is where a Recorder hears what was published.
type Facts interface {
	// Subscribe returns the facts from now on, and a function that ends it.
	Subscribe() (facts <-chan event.Fact, stop func())
}

// Origin has the bytes of what was published a short while ago.
type Origin interface {
	// Kept returns a part's record, bytes and init segment, which are not to be changed, if they are still kept.
	Kept(channel id.Channel, part segment.Part) (record, data, init []byte, ok bool)
	// Declared returns how long the live playlists of an epoch say that segments are at most: 0 until that is settled.
	Declared(channel id.Channel, epoch uint64) time.Duration
}

// Config is what a Recorder needs.
type Config struct {
	Shelf  *Shelf
	Facts  Facts
	Origin Origin
	Keep   bool          // recordings are kept after the broadcast
	Rewind time.Duration // how far back a running broadcast may be played; 0 means not at all
	Days   int           // recordings are deleted after so many days; 0 means never
	Bytes  int64         // the oldest are deleted beyond so many bytes; 0 means never
	Free   func(dir string) (free, total int64, err error)
	Log    *slog.Logger

	Channels Channels         // may be nil: Keep, Rewind and Days are those of every channel
	Now      func() time.Time // nil is time.Now
}

// Recorder writes recordings. Status and Planned may be called at any time.
type Recorder struct {
	config Config
	now    func() time.Time

	// owned by Run
	tapes        map[id.Channel]*tape
	names        map[id.Channel]id.Name
	certificates map[id.Channel][]byte      // of an epoch whose first part has not come
	captions     map[id.Channel]captioned   // of the newest epoch; bounded by the channels there are
	early        map[id.Channel]spokenEarly // of the newest epoch; bounded by the channels there are
	retry        time.Time                  // when it is tried again after an error
	unwritten    []*Recording               // sealed in memory only: the disk did not take it
	pruned       time.Time

	mu     sync.Mutex // guards the rest
	status Status
	plans  map[id.Channel]plan // of the newest epoch; bounded by the channels there are
}

// NewRecorder returns a Recorder, which records while Run runs.
func NewRecorder(c Config) *Recorder {
	r := &Recorder{
		config: c, now: c.Now, tapes: make(map[id.Channel]*tape), names: make(map[id.Channel]id.Name),
		certificates: make(map[id.Channel][]byte), captions: make(map[id.Channel]captioned),
		plans: make(map[id.Channel]plan), early: make(map[id.Channel]spokenEarly),
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.config.Free == nil {
		r.config.Free = freeSpace
	}
	r.status = Status{State: Well, Since: r.now()}
	if !c.Keep {
		r.status.State = Off
	}
	c.Shelf.mu.Lock()
	defer c.Shelf.mu.Unlock()
	c.Shelf.room, c.Shelf.most, c.Shelf.clipBytes = r.room, c.Bytes, c.Bytes/clipShare
	return r
}

// Run records until ctx is done, and then what was published before.
func (r *Recorder) Run(ctx context.Context) error {
	if r.config.Channels == nil && !r.config.Keep && r.config.Rewind == 0 {
		return r.keepHouse(ctx)
	}
	facts, stop := r.config.Facts.Subscribe()
	defer stop()
	ticker := time.NewTicker(SyncEvery)
	defer ticker.Stop()
	r.prune()
	for {
		select {
		case fact, more := <-facts:
			if !more {
				return errors.New("facts ended")
			}
			r.hear(fact)
		case <-ticker.C:
			r.tick()
		case <-ctx.Done():
			for len(facts) > 0 {
				r.hear(<-facts)
			}
			for channel := range r.tapes {
				r.end(channel)
			}
			return nil
		}
	}
}

func (r *Recorder) hear(fact event.Fact) {
	switch f := fact.(type) {
	case event.BroadcastStarted:
		r.names[f.Channel] = f.Name // bounded by the channels there are
		r.plan(Key{Channel: f.Channel, Epoch: f.Epoch})
	case event.CertificateSigned:
		r.certificate(f)
	case event.PartPublished:
		r.part(f)
	case event.CaptionsSeen:
		r.caption(f)
	case event.TextSaid:
		r.hearSaid(f)
	case event.BroadcastEnded:
		if t := r.tapes[f.Channel]; t != nil && t.rec.Key.Epoch == f.Epoch {
			r.end(f.Channel)
		}
		delete(r.early, f.Channel)
	}
}

func (r *Recorder) certificate(f event.CertificateSigned) {
	c, err := manifest.ParseCertificate(f.Certificate)
	if err != nil {
		return
	}
	if t := r.tapes[f.Channel]; t != nil && t.rec.Key.Epoch == c.Epoch {
		t.certify(f.Certificate)
		return
	}
	r.certificates[f.Channel] = f.Certificate // bounded by the channels there are
}

// part records a part, and what came before it and was not heard of.
func (r *Recorder) part(f event.PartPublished) {
	t := r.tapes[f.Channel]
	if t != nil && f.Part.Epoch < t.rec.Key.Epoch {
		return // it came late, and its recording is sealed
	}
	if t != nil && t.rec.Key.Epoch != f.Part.Epoch {
		r.end(f.Channel)
		t = nil
	}
	if !r.rested() {
		return // the origin keeps it for a while
	}
	if t == nil {
		if t = r.begin(f.Channel, f.Part.Epoch); t == nil {
			return
		}
	}
	for seq := t.next[f.Part.Track]; seq <= f.Part.Seq; seq++ {
		part := segment.Part{Epoch: f.Part.Epoch, Track: f.Part.Track, Seq: seq}
		record, data, init, ok := r.config.Origin.Kept(f.Channel, part)
		if !ok && seq == f.Part.Seq { // an end record has no bytes
			record = f.Manifest
		}
		p, err := manifest.ParsePart(record)
		if err != nil || !ok && !p.End {
			r.lost(1)
			t.next[part.Track] = seq + 1
			continue
		}
		if err := t.put(p, record, data, init, r.now()); err != nil {
			r.failed(err)
			return
		}
		t.next[part.Track] = seq + 1
	}
	if err := t.rec.declare(r.config.Origin.Declared(f.Channel, f.Part.Epoch)); err != nil {
		r.failed(err)
		return
	}
	r.well()
}

// rested reports whether anything can be written, as far as known: after an error only when it was some time ago and there is room.
func (r *Recorder) rested() bool {
	if r.retry.IsZero() {
		return true
	}
	if r.now().Before(r.retry) {
		return false
	}
	if err := r.room(); err != nil {
		r.failed(err)
		return false
	}
	r.retry = time.Time{}
	return true
}

// begin opens a recording.
func (r *Recorder) begin(channel id.Channel, epoch uint64) *tape {
	key := Key{Channel: channel, Epoch: epoch}
	plan := r.planned(key)
	if len(r.tapes) >= GrowingMax || !plan.Keep && plan.Rewind == 0 {
		return nil
	}
	if err := r.room(); err != nil {
		r.failed(err)
		return nil
	}
	if _, known := r.config.Shelf.inMemory(key); known {
		return nil // what is sealed is never written to
	}
	rec := newRecording(key, filepath.Join(r.config.Shelf.dir, key.dir()))
	rec.rewind = plan.Rewind
	rec.summary = Summary{Key: key, Name: r.names[channel], Captions: pack.Captions{Seen: r.seen(key), Over: true}}
	t, err := newTape(rec)
	if err == nil {
		t.keep = plan.Keep
		err = writeDurably(filepath.Join(rec.dir, t.nameFile()), []byte(rec.summary.Name))
	}
	if err != nil {
		r.failed(err)
		return nil
	}
	if c, err := manifest.ParseCertificate(r.certificates[channel]); err == nil && c.Epoch == epoch {
		t.certify(r.certificates[channel])
	}
	r.sayEarly(t)
	r.tapes[channel] = t
	r.config.Shelf.mu.Lock()
	defer r.config.Shelf.mu.Unlock()
	r.config.Shelf.growing[key] = rec
	return t
}

// nameFile is where the channel's name rests until the recording is sealed.
func (t *tape) nameFile() string {
	if t.keep {
		return nameFile
	}
	return passingFile
}

// end seals a recording, or deletes it if recordings are not kept.
func (r *Recorder) end(channel id.Channel) {
	t := r.tapes[channel]
	delete(r.tapes, channel)
	err := t.close()
	if t.keep {
		err = errors.Join(err, t.rec.seal())
	} else {
		err = errors.Join(err, os.RemoveAll(t.rec.dir))
	}
	if err != nil && !errors.Is(err, errEmpty) {
		r.log().Error("a recording cannot be ended: it is tried again every half minute, and by the next start", "channel", t.rec.summary.Name, "err", err)
		r.remember(t.rec, err)
	}
	s := r.config.Shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.growing, t.rec.Key)
	if t.rec.sealed {
		s.sealed[t.rec.Key] = t.rec.summary
		s.loaded = append(s.loaded[max(0, len(s.loaded)-loadedMax+1):], t.rec)
	}
}

// tick makes durable what was appended, and lets go of what need not be kept.
func (r *Recorder) tick() {
	for channel, t := range r.tapes {
		if err := t.sync(); err != nil {
			r.failed(err)
		}
		if !t.began.IsZero() && r.now().Sub(t.heard) > SilentMax {
			r.end(channel)
		}
	}
	r.resume()
	if r.now().Sub(r.pruned) >= PruneEvery {
		r.prune()
	}
}

func (r *Recorder) log() *slog.Logger { return r.config.Log }
