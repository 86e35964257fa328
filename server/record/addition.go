package record

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"

	"shoal/id"
	"shoal/manifest"
)

// additionFile is what an Addition writes to. Until it has a spool's name nothing of it counts.
const additionFile = "rungs.new"

// Addition is tracks that a recording gets after it was sealed, all at once or not at all. One goroutine uses it.
type Addition struct {
	shelf *Shelf
	key   Key
	dir   string
	file  *os.File
	w     *bufio.Writer
	inits map[id.Digest]bool
}

// Adding reports whether something is being added to a recording below dir, by a server beside us.
func Adding(dir string, key Key) bool {
	_, err := os.Stat(filepath.Join(dir, key.dir(), additionFile))
	return err == nil
}

// Lacking returns the newest recording that was not looked at for rungs under its channel's ladder, or nil if there is none. skip says which
// are left out.
func (s *Shelf) Lacking(ladder func(id.Channel) string, skip func(Key) bool) *Source {
	for {
		var key Key
		found := false
		s.mu.Lock()
		for k, sum := range s.sealed {
			if k.Clip == "" && sum.Ladder != ladder(k.Channel) && !skip(k) && (!found || sum.Ended.After(s.sealed[key].Ended)) {
				key, found = k, true
			}
		}
		s.mu.Unlock()
		if !found {
			return nil
		}
		r, err := s.Find(key)
		if err == nil {
			if source := r.source(); source != nil {
				return source
			}
			err = s.Climbed(key, ladder(key.Channel)) // sound alone
		}
		if err != nil {
			s.log.Error("a recording cannot be read for its rungs", "channel", s.named(key), "epoch", key.Epoch, "err", err)
			return nil
		}
	}
}

// ErrKeep says that recordings would take more than they may: older ones must not go for an addition.
var ErrKeep = errors.New("recordings would take more than keep_gb")

// Add begins an addition of at most so many bytes. What an earlier process began is thrown away. It returns ErrKeep or ErrFull if there is no room.
func (s *Shelf) Add(key Key, bytes int64) (*Addition, error) {
	s.mu.Lock()
	room, most := s.room, s.most
	s.mu.Unlock()
	if _, _, all := s.Totals(); most > 0 && all+bytes > most {
		return nil, ErrKeep
	}
	if room != nil {
		if err := room(); err != nil {
			return nil, err
		}
	}
	a := &Addition{shelf: s, key: key, dir: s.path(key), inits: make(map[id.Digest]bool)}
	f, err := os.OpenFile(filepath.Join(a.dir, additionFile), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, gone(err)
	}
	a.file, a.w = f, bufio.NewWriterSize(f, 1<<20)
	_, err = a.w.WriteString(spoolMagic)
	return a, err
}

// Certificate appends the certificate of a session key.
func (a *Addition) Certificate(record []byte) error { return a.entry(kindCertificate, record, nil) }

// Part appends a part, with its init segment if it is new; or a track's end, which has neither.
func (a *Addition) Part(record, init, data []byte) error {
	p, err := manifest.ParsePart(record)
	if err != nil {
		return err
	}
	if p.Channel != a.key.Channel || p.Epoch != a.key.Epoch {
		return errForeign
	}
	if len(data) != int(p.Length) || len(init) > initMax {
		return errTorn
	}
	if sum := id.Digest(sha256.Sum256(init)); len(init) > 0 && !a.inits[sum] && len(a.inits) < initsMax {
		a.inits[sum] = true
		if err := a.entry(kindInit, sum[:], init); err != nil {
			return err
		}
	}
	return a.entry(kindPart, record, data)
}

func (a *Addition) entry(kind uint32, record, data []byte) error {
	_, err := a.w.Write(appendEntry(nil, kind, record, len(data)))
	if err == nil {
		_, err = a.w.Write(data)
	}
	return err
}

// Commit makes the addition part of the recording, which was looked at for a ladder. After an error nothing of it is.
func (a *Addition) Commit(ladder string) error {
	err := errors.Join(a.w.Flush(), a.file.Sync(), a.file.Close())
	a.file = nil
	if err != nil {
		return errors.Join(err, a.Drop())
	}
	spools, err := spoolsIn(a.dir)
	if err == nil && len(spools) == 0 {
		err = ErrNotFound
	}
	if err == nil {
		next := spools[len(spools)-1] + 1
		err = os.Rename(filepath.Join(a.dir, additionFile), filepath.Join(a.dir, spoolName(next)))
	}
	if err != nil {
		return errors.Join(gone(err), a.Drop())
	}
	return a.shelf.Climbed(a.key, ladder)
}

// Drop throws the addition away. It may be called after Commit.
func (a *Addition) Drop() error {
	if a.file != nil {
		_ = a.file.Close() // it is thrown away
		a.file = nil
	}
	if err := os.Remove(filepath.Join(a.dir, additionFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Climbed notes that a recording has what rungs a ladder makes of it, and reads it anew.
func (s *Shelf) Climbed(key Key, ladder string) error {
	s.mu.Lock()
	sum, known := s.sealed[key]
	s.mu.Unlock()
	if !known {
		return ErrNotFound
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	r := newRecording(key, s.path(key))
	if _, err := r.load(false); err != nil {
		return err
	}
	sum.Bytes, sum.Ladder = r.index.bytes, ladder
	b, err := sum.marshal()
	if err == nil {
		err = writeDurably(filepath.Join(r.dir, sealedFile), b)
	}
	if err != nil {
		return gone(err)
	}
	r.sealed, r.summary = true, sum
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, known := s.sealed[key]; known { // it was not deleted meanwhile
		sum.Pictured = now.Pictured
		r.summary.Pictured = now.Pictured
		s.sealed[key] = sum
		for n := range s.loaded {
			if s.loaded[n].Key == key {
				s.loaded[n] = r
			}
		}
	}
	return nil
}
