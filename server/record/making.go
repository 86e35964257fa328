package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"shoal/id"
	"shoal/manifest"
)

// makingSuffix marks a recording that is being made at once, from a file and not from what is live. A shelf that finds one at its
// start deletes it: half of it is worth nothing to anybody.
const makingSuffix = ".making"

var errMade = errors.New("there is a recording of this number already")

// Making is a recording that is being made at once, and that nobody sees until it is sealed. One goroutine uses it, and ends it with
// Seal or Drop.
type Making struct {
	shelf *Shelf
	tape  *tape
	final string // where it stands once it is sealed
}

// Make begins a recording of parts that are signed already, of what came at some time: that is its date, as times in its parts are made up. It returns
// ErrFull while the disk has no room.
func (s *Shelf) Make(key Key, name id.Name, title string, came time.Time) (*Making, error) {
	if err := s.hasRoom(); err != nil {
		return nil, err
	}
	if _, known := s.inMemory(key); known || key.Clip != "" {
		return nil, errMade
	}
	final := s.path(key)
	rec := newRecording(key, final+makingSuffix)
	rec.dated, rec.summary = came, Summary{Key: key, Name: name, Title: clipped(title)}
	if err := os.RemoveAll(rec.dir); err != nil {
		return nil, err
	}
	t, err := newTape(rec)
	if err != nil {
		return nil, err
	}
	return &Making{shelf: s, tape: t, final: final}, nil
}

// hasRoom asks the Recorder, if there is one, whether the disk has room.
func (s *Shelf) hasRoom() error {
	s.mu.Lock()
	room := s.room
	s.mu.Unlock()
	if room == nil {
		return nil
	}
	return room()
}

// Certify keeps the identity's word for the session key that signs the parts to come.
func (m *Making) Certify(record []byte) { m.tape.certify(record) }

// Put appends a part, or with no data the end record of a track.
func (m *Making) Put(record, data, init []byte) error {
	p, err := manifest.ParsePart(record)
	if err != nil {
		return err
	}
	if key := m.tape.rec.Key; p.Channel != key.Channel || p.Epoch != key.Epoch {
		return errForeign
	}
	if err := m.shelf.hasRoom(); err != nil {
		return err
	}
	return m.tape.put(p, record, data, init, time.UnixMilli(int64(p.WallMS)))
}

// Seal ends the recording and puts it on the shelf, durably: it is there whole, or not at all.
func (m *Making) Seal() (Summary, error) {
	rec := m.tape.rec
	if err := m.tape.close(); err != nil {
		return Summary{}, err
	}
	if err := rec.seal(); err != nil {
		return Summary{}, err
	}
	if err := os.Rename(rec.dir, m.final); err != nil {
		return Summary{}, fmt.Errorf("cannot put a recording on the shelf: %w", err)
	}
	d, err := os.Open(filepath.Dir(m.final))
	if err != nil {
		return Summary{}, err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return Summary{}, err
	}
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	m.shelf.sealed[rec.Key] = rec.summary
	return rec.summary, nil
}

// Drop deletes what was made. After Seal it does nothing.
func (m *Making) Drop() error {
	return errors.Join(m.tape.close(), os.RemoveAll(m.tape.rec.dir))
}

// Has reports whether a recording is on the shelf, whole or growing.
func (s *Shelf) Has(key Key) bool {
	_, known := s.inMemory(key)
	return known
}

// Spare returns how many bytes may be written to the shelf's disk before it counts as full.
func (s *Shelf) Spare() (int64, error) {
	free, total, err := freeSpace(s.dir)
	return free - min(total/reserveShare, reserveMax), err
}
