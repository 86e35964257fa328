package record

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"shoal/id"
)

// Bounds of a shelf.
const (
	// RecordingsMax bounds the recordings and clips of all channels: their summaries are kept in memory.
	RecordingsMax = 20_000
	// loadedMax bounds the sealed recordings whose index is kept in memory: at most 50 MB each, mostly below 1.
	loadedMax = 16
	// ListMax bounds one answer of List and of Clips.
	ListMax = 100
)

// Shelf holds the recordings of one directory. Its methods may be called at once.
type Shelf struct {
	dir string // set once
	log *slog.Logger

	loading sync.Mutex // one index is read at a time: readers wait for it rather than for memory

	mu        sync.Mutex   // guards the rest
	room      func() error // why nothing may be written now; nil is never asked
	most      int64        // that all may take; 0 sets no bound
	clipBytes int64        // that clips may take in all; 0 sets no bound
	sealed    map[Key]Summary
	looked    map[Key]bool // of sealed: which were looked at for stills
	growing   map[Key]*Recording
	loaded    []*Recording // most recently used last
}

// Open returns the shelf in dir, which is made if need be. What an earlier process was writing is cut behind its last whole part
// and sealed.
func Open(dir string, log *slog.Logger) (*Shelf, error) {
	s := &Shelf{dir: dir, log: log, sealed: make(map[Key]Summary), looked: make(map[Key]bool), growing: make(map[Key]*Recording)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the directory of recordings: %w", err)
	}
	channels, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the directory of recordings: %w", err)
	}
	for _, c := range channels {
		channel, err := id.ParseChannel(c.Name())
		if err != nil || !c.IsDir() {
			continue
		}
		if err := s.openChannel(channel); err != nil {
			return nil, fmt.Errorf("cannot read the recordings of a channel: %w", err)
		}
	}
	return s, nil
}

func (s *Shelf) openChannel(channel id.Channel) error {
	list, err := os.ReadDir(filepath.Join(s.dir, channel.String()))
	if err != nil {
		return err
	}
	for _, d := range list {
		path := filepath.Join(s.dir, channel.String(), d.Name())
		if strings.HasSuffix(d.Name(), goneSuffix) || strings.HasSuffix(d.Name(), makingSuffix) {
			if err := os.RemoveAll(path); err != nil {
				s.log.Error("what is not to be kept cannot be removed", "path", path, "err", err)
			}
			continue
		}
		key, ok := parseDir(channel, d.Name())
		if !ok || !d.IsDir() || len(s.sealed) >= RecordingsMax {
			continue
		}
		if err := s.adopt(key, path); err != nil { // one that cannot be read must not keep the server from starting
			s.log.Error("a recording cannot be read", "path", path, "err", err)
		}
	}
	return nil
}

// parseDir reads which recording a directory holds.
func parseDir(channel id.Channel, name string) (Key, bool) {
	if clip, ok := strings.CutPrefix(name, clipPrefix); ok {
		return Key{Channel: channel, Clip: clip}, ValidClip(clip)
	}
	epoch, err := strconv.ParseUint(name, 10, 64)
	return Key{Channel: channel, Epoch: epoch}, err == nil && fmt.Sprint(epoch) == name
}

// adopt takes in a recording that an earlier process left.
func (s *Shelf) adopt(key Key, path string) error {
	b, err := readBounded(filepath.Join(path, sealedFile), summaryMax)
	if err == nil {
		if sum, err := parseSealed(b, key); err == nil {
			s.sealed[key] = sum
			s.look(key, false)
			_ = os.Remove(filepath.Join(path, additionFile)) // half made: it begins anew
			return nil
		}
	}
	if _, err := os.Stat(filepath.Join(path, passingFile)); err == nil || key.Clip != "" {
		return os.RemoveAll(path) // it was to be kept while live only; and a clip is made at once, or not at all
	}
	r := newRecording(key, path)
	name, err := r.load(true)
	if err != nil {
		return err
	}
	r.summary.Key, r.summary.Name, r.summary.Declared = key, name, declaredIn(path)
	if err := r.seal(); errors.Is(err, errEmpty) {
		if _, gone := os.Stat(path); errors.Is(gone, os.ErrNotExist) {
			return nil
		}
		return err
	} else if err != nil {
		return err
	}
	s.log.Info("a recording that was broken off is whole up to its last part", "channel", string(name), "epoch", key.Epoch, "lasts", r.summary.Lasts)
	s.sealed[key] = r.summary
	return nil
}

// named returns the name of a sealed recording's channel for the log, "" if it is not known.
func (s *Shelf) named(key Key) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.sealed[key].Name)
}

func readBounded(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, errSealed
	}
	return os.ReadFile(path)
}

// load reads the index from the spools. mend cuts a torn part off the last one, whose parts are all checked.
func (r *Recording) load(mend bool) (name id.Name, err error) {
	spools, err := spoolsIn(r.dir)
	if err != nil {
		return "", gone(err)
	}
	for n, spool := range spools {
		if err := r.loadSpool(spool, mend && n == len(spools)-1); err != nil {
			return "", err
		}
	}
	b, err := readBounded(filepath.Join(r.dir, nameFile), id.NameMax)
	if err != nil {
		return "unnamed", nil // only what is shown depends on it
	}
	if name, err = id.ParseName(string(b)); err != nil {
		return "unnamed", nil
	}
	return name, nil
}

// nameFile holds the channel's name until the recording is sealed. Of what is to be kept for rewinding only, passingFile does.
const (
	nameFile    = "name"
	passingFile = "passing"
)

func (r *Recording) loadSpool(spool uint32, mend bool) (err error) {
	mode := os.O_RDONLY
	if mend {
		mode = os.O_RDWR
	}
	f, err := os.OpenFile(filepath.Join(r.dir, spoolName(spool)), mode, 0)
	if err != nil {
		return gone(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	good, err := scan(f, info.Size(), mend, func(e entry) error { return r.take(e, spool) })
	if errors.Is(err, errSpool) { // it was being begun: nothing is lost
		good, err = 0, nil
	}
	if err == nil && mend && good < info.Size() {
		err = errors.Join(f.Truncate(good), f.Sync())
	}
	return err
}

var errForeign = errors.New("a part of another channel or broadcast")

// take adds one entry of a spool to the index.
func (r *Recording) take(e entry, spool uint32) error {
	x := &r.index
	switch {
	case e.certificate:
		if !x.knowsCertificate(e.record) && len(x.certificates) < certificatesMax {
			x.certificates = append(x.certificates, e.record)
		}
	case e.init != nil:
		if _, known := x.init(e.initSum); !known && len(x.inits) < initsMax {
			x.inits = append(x.inits, initSegment{sum: e.initSum, data: e.init})
		}
	case e.saying != nil:
		r.say(*e.saying)
	case e.part.Channel != r.Key.Channel || e.part.Epoch != r.Key.Epoch:
		return errForeign
	case e.part.End:
		x.tracks[e.part.Track].end = e.part.Append(nil)
	default:
		x.add(e.part, spool, e.at, e.recordSize)
	}
	return nil
}

// Find returns a recording, or ErrNotFound.
func (s *Shelf) Find(key Key) (*Recording, error) {
	if r, known := s.inMemory(key); r != nil || !known {
		if r == nil {
			return nil, ErrNotFound
		}
		return r, nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	r, known := s.inMemory(key) // another may have read it meanwhile
	if r != nil || !known {
		return r, notFound(r)
	}
	s.mu.Lock()
	sum := s.sealed[key]
	s.mu.Unlock()
	r = newRecording(sum.Key, filepath.Join(s.dir, key.dir()))
	if _, err := r.load(false); err != nil {
		if errors.Is(err, ErrNotFound) { // it was deleted from outside
			s.forget(key)
		}
		return nil, err
	}
	sum.Changed = r.changed()
	r.sealed, r.summary, r.said = true, sum, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tellChanged(key, sum.Changed)
	s.loaded = append(s.loaded[max(0, len(s.loaded)-loadedMax+1):], r)
	return r, nil
}

func notFound(r *Recording) error {
	if r == nil {
		return ErrNotFound
	}
	return nil
}

// inMemory returns a recording whose index is in memory, or nil, and whether there is one at all.
func (s *Shelf) inMemory(key Key) (r *Recording, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key.Clip != "" {
		key.Epoch = 0
	}
	if r := s.growing[key]; r != nil {
		return r, true
	}
	n := slices.IndexFunc(s.loaded, func(r *Recording) bool { return r.Key.plain() == key })
	if n >= 0 {
		r = s.loaded[n]
		s.loaded = append(slices.Delete(s.loaded, n, n+1), r)
		return r, true
	}
	_, known = s.sealed[key]
	return nil, known
}

// plain is the key as it is looked up: a clip is known by its name alone.
func (k Key) plain() Key {
	if k.Clip != "" {
		k.Epoch = 0
	}
	return k
}

// forget drops what is known of a recording.
func (s *Shelf) forget(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sealed, key.plain())
	delete(s.looked, key.plain())
	s.loaded = slices.DeleteFunc(s.loaded, func(r *Recording) bool { return r.Key.plain() == key.plain() })
}

// path is the directory of a recording.
func (s *Shelf) path(key Key) string { return filepath.Join(s.dir, key.dir()) }
