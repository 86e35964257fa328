package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"shoal/manifest"
	"shoal/segment"
)

// Bounds of a spool.
const (
	// spoolBytes and spoolLasts are where the next spool begins: old ones are deleted whole.
	spoolBytes = 256 << 20
	spoolLasts = time.Minute
	// spoolsMax bounds the spools of a recording.
	spoolsMax = 1 << 20
)

// tape is a recording that is being written. One goroutine uses it.
type tape struct {
	rec   *Recording
	next  [segment.TracksMax]uint64 // by track, seq of the part to come
	heard time.Time                 // when the last part came
	keep  bool                      // after the broadcast

	file  *os.File
	spool uint32
	size  int64
	began time.Time
	dirty bool

	waiting []saying                                      // to be written with the next part
	has     struct{ inits, certificates map[string]bool } // what this spool holds already
}

// newTape begins a recording in its directory, which is made.
func newTape(rec *Recording) (*tape, error) {
	if err := os.MkdirAll(rec.dir, 0o700); err != nil {
		return nil, err
	}
	return &tape{rec: rec}, nil
}

// turn begins the next spool.
func (t *tape) turn(now time.Time) error {
	if err := t.close(); err != nil {
		return err
	}
	t.spool++ // also if it fails: no spool is begun twice
	f, err := os.OpenFile(filepath.Join(t.rec.dir, spoolName(t.spool)), os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(spoolMagic)); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	t.file, t.size, t.began, t.dirty = f, int64(len(spoolMagic)), now, true
	t.has.inits, t.has.certificates = make(map[string]bool), make(map[string]bool)
	return nil
}

// put appends one part with all that it needs. After an error nothing of it stands in the spool.
func (t *tape) put(p *manifest.Part, record, data, init []byte, now time.Time) error {
	if t.file == nil || t.size > spoolBytes || now.Sub(t.began) > spoolLasts {
		if err := t.turn(now); err != nil {
			return err
		}
	}
	t.heard = now
	before := t.size
	if err := t.write(p, record, data, init); err != nil {
		return errors.Join(err, t.file.Truncate(before), t.back(before))
	}
	t.waiting = nil
	return nil
}

func (t *tape) back(to int64) error {
	t.size = to
	t.has.inits, t.has.certificates = make(map[string]bool), make(map[string]bool) // what was cut off may be among them
	_, err := t.file.Seek(to, 0)
	return err
}

func (t *tape) write(p *manifest.Part, record, data, init []byte) error {
	r := t.rec
	r.mu.Lock()
	certificates := slices.Clone(r.index.certificates)
	r.mu.Unlock()
	for _, c := range certificates {
		if !t.has.certificates[string(c)] {
			if _, err := t.entry(kindCertificate, c, nil); err != nil {
				return err
			}
			t.has.certificates[string(c)] = true
		}
	}
	for _, s := range t.waiting {
		if _, err := t.entry(kindText, s.record(), nil); err != nil {
			return err
		}
	}
	if p.End {
		if _, err := t.entry(kindPart, record, nil); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.index.tracks[p.Track].end = record
		return nil
	}
	if !t.has.inits[string(p.Init[:])] {
		if _, err := t.entry(kindInit, p.Init[:], init); err != nil {
			return err
		}
		t.has.inits[string(p.Init[:])] = true
	}
	at, err := t.entry(kindPart, record, data)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.index.init(p.Init); !known && len(r.index.inits) < initsMax {
		r.index.inits = append(r.index.inits, initSegment{sum: p.Init, data: init})
	}
	r.index.add(p, t.spool, at, len(record))
	clear(r.rendered)
	return nil
}

// entry appends one entry and returns where its record stands.
func (t *tape) entry(kind uint32, record, data []byte) (at int64, err error) {
	at = t.size + entryHead
	b := appendEntry(make([]byte, 0, entryHead+len(record)+len(data)), kind, record, len(data))
	n, err := t.file.Write(append(b, data...))
	t.size += int64(n)
	t.dirty = true
	return at, err
}

// certify keeps a certificate, to be written with the next part.
func (t *tape) certify(record []byte) {
	t.rec.mu.Lock()
	defer t.rec.mu.Unlock()
	if !t.rec.index.knowsCertificate(record) && len(t.rec.index.certificates) < certificatesMax {
		t.rec.index.certificates = append(t.rec.index.certificates, record)
	}
}

// certificatesMax bounds the certificates of a recording: one for each 12 hours.
const certificatesMax = 64

// sync makes durable what was appended.
func (t *tape) sync() error {
	if t.file == nil || !t.dirty {
		return nil
	}
	t.dirty = false
	return t.file.Sync()
}

func (t *tape) close() error {
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return errors.Join(f.Sync(), f.Close())
}

// trim deletes the spools in which nothing is later than before, but for the one that is being written. It returns how many bytes
// of parts went.
func (t *tape) trim(before time.Time) (int64, error) {
	r := t.rec
	r.mu.Lock()
	defer r.mu.Unlock()
	newest := make(map[uint32]int64) // by spool
	for n := range r.index.tracks {
		for _, p := range r.index.tracks[n].parts {
			newest[p.spool] = max(newest[p.spool], p.wallMS)
		}
	}
	keep := t.spool
	for spool, wall := range newest {
		if wall >= before.UnixMilli() {
			keep = min(keep, spool)
		}
	}
	had := r.index.bytes
	r.index.trim(keep)
	clear(r.rendered)
	names, err := spoolsIn(r.dir)
	for _, n := range names {
		if n < keep {
			err = errors.Join(err, os.Remove(filepath.Join(r.dir, spoolName(n))))
		}
	}
	return had - r.index.bytes, err
}

// spoolsIn returns the numbers of the spools in a directory, ascending.
func spoolsIn(dir string) ([]uint32, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var spools []uint32
	for _, f := range list {
		text, ok := strings.CutSuffix(f.Name(), spoolSuffix)
		n, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || spoolName(uint32(n)) != f.Name() || n > spoolsMax {
			continue
		}
		spools = append(spools, uint32(n))
	}
	slices.Sort(spools)
	return spools, nil
}

// seal ends a recording: its summary is written, and nothing can follow. An empty one is deleted.
func (r *Recording) seal() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		return nil
	}
	s := r.sum()
	s.Growing, s.Changed = false, r.changed()
	if !r.dated.IsZero() {
		s.Started, s.Ended = r.dated, r.dated
		for n := range s.Chapters {
			s.Chapters[n].Wall = r.dated
		}
	}
	if s.Bytes == 0 {
		return errors.Join(errEmpty, removeEmpty(r.dir))
	}
	r.summary, r.sealed = s, true // whether the disk takes the summary or not: nothing more comes
	clear(r.rendered)
	return r.settle()
}

// settle writes what a sealed recording has beside its spools. The caller holds mu.
func (r *Recording) settle() error {
	b, err := r.summary.marshal()
	if err == nil {
		err = r.writeSaid() // first: what is sealed has them, or never will
	}
	if err == nil {
		r.said = nil
		err = writeDurably(filepath.Join(r.dir, sealedFile), b)
	}
	if err != nil {
		return fmt.Errorf("cannot seal a recording: %w", err)
	}
	return nil
}

var errEmpty = errors.New("nothing was recorded")

// emptyMost is the size of a spool in which the first part was being written: a larger one without a part is damaged, and is
// left for whoever can mend it.
const emptyMost = segment.PartSizeMax + initMax + recordMax

// removeEmpty deletes the directory of a recording without a part, but nothing that this program did not write there.
func removeEmpty(dir string) error {
	spools, err := spoolsIn(dir)
	if err != nil {
		return err
	}
	names := []string{nameFile, passingFile, declaredFile, additionFile}
	for _, n := range spools {
		names = append(names, spoolName(n))
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Size() > emptyMost {
			return fmt.Errorf("%s holds no part that can be read", filepath.Join(dir, name))
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return os.Remove(dir)
}

// writeDurably makes a file of b, whole or not at all.
func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
