package record

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"shoal/segment"
	"shoal/server/pack"
)

// ErrParameters says that a recording cannot be one file: the publisher came back with other parameters.
var ErrParameters = errors.New("the publisher's picture or sound changed its form in between")

// startsLate is from where on times are moved to begin at 0: players show what begins later as silence.
const startsLate = 500 * time.Millisecond

// File returns the recording as one fragmented MP4: the best picture, the first sound and all subtitles. Nothing is encoded again: the parts are
// read as they lie. ErrGrowing says that the broadcast still runs, ErrParameters that it cannot be one file, ErrLost that a part of it is gone, and
// ErrNotFound that it has neither picture nor sound.
func (r *Recording) File() (*Content, error) {
	subtitles, starts, err := r.fileTexts()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.sealed {
		return nil, ErrGrowing
	}
	tracks, inits, err := r.together()
	if err != nil {
		return nil, err
	}
	var all []trackPlace
	first := int64(-1)
	for _, n := range tracks {
		for _, p := range r.index.tracks[n].parts {
			all = append(all, trackPlace{n, p})
			if first < 0 || p.startUS < first {
				first = p.startUS
			}
		}
	}
	slices.SortStableFunc(all, func(a, b trackPlace) int {
		return cmp.Or(cmp.Compare(a.startUS, b.startUS), cmp.Compare(a.track, b.track))
	})
	if err := r.intact(all); err != nil {
		return nil, err
	}
	init, scales, err := pack.JoinInits(inits)
	if err != nil {
		return nil, err
	}
	scale := make(map[segment.Track]uint32, len(tracks))
	for i, n := range tracks {
		scale[n] = scales[i]
	}
	begins := time.Duration(max(first, 0)) * time.Microsecond
	if begins >= startsLate {
		begins = 0
	}
	if init, err = pack.WithChapters(init, r.summary.fileChapters(begins)); err != nil {
		return nil, err
	}
	if first >= startsLate.Microseconds() {
		starts -= time.Duration(first) * time.Microsecond
	}
	if init, err = pack.WithTexts(init, fileTracks(subtitles, starts)); err != nil {
		return nil, err
	}
	c := &Content{Channel: r.Key.Channel, dir: r.dir}
	c.add(stretch{memory: init, size: int64(len(init))})
	for _, p := range all {
		part := stretch{spool: p.spool, at: p.at + int64(p.record), size: int64(p.data)}
		if first < startsLate.Microseconds() {
			c.add(part)
			continue
		}
		if err := r.moved(c, part, uint64(first)*uint64(scale[p.track])/1e6); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// intact returns ErrLost unless the spools that hold parts are there, and long enough: it is too late to say so when half of a file is sent.
func (r *Recording) intact(parts []trackPlace) error {
	ends := make(map[uint32]int64)
	for _, p := range parts {
		ends[p.spool] = max(ends[p.spool], p.at+int64(p.record)+int64(p.data))
	}
	for _, n := range slices.Sorted(maps.Keys(ends)) {
		is, err := os.Stat(filepath.Join(r.dir, spoolName(n)))
		switch {
		case errors.Is(err, os.ErrNotExist), err == nil && is.Size() < ends[n]:
			return fmt.Errorf("%w: %s", ErrLost, filepath.Join(r.dir, spoolName(n)))
		case err != nil:
			return err
		}
	}
	return nil
}

// together returns the tracks that go into one file, and their init segments. The caller holds mu.
func (r *Recording) together() (tracks []segment.Track, inits [][]byte, err error) {
	best := [3]int{-1, -1, -1} // by kind
	most := -1
	described := r.describe()
	for n := range described {
		if len(r.index.tracks[n].parts) == 0 {
			continue
		}
		width, height, _ := pack.Picture(described[n])
		switch kind := described[n].Kind; {
		case kind == segment.Video && width*height > most:
			best[kind], most = n, width*height
		case kind == segment.Audio && best[kind] < 0:
			best[kind] = n
		}
	}
	for _, n := range []int{best[segment.Video], best[segment.Audio]} {
		if n < 0 {
			continue
		}
		parts := r.index.tracks[n].parts
		if slices.ContainsFunc(parts, func(p place) bool { return p.init != parts[0].init }) {
			return nil, nil, ErrParameters
		}
		tracks, inits = append(tracks, segment.Track(n)), append(inits, r.index.inits[parts[0].init].data)
	}
	if len(tracks) == 0 {
		return nil, nil, ErrNotFound
	}
	return tracks, inits, nil
}

// changed reports whether no one file can be made of the recording. The caller holds mu.
func (r *Recording) changed() bool {
	_, _, err := r.together()
	return errors.Is(err, ErrParameters)
}

// tellChanged has lists tell what was found out of a sealed recording: earlier versions did not seal it. The caller holds mu.
func (s *Shelf) tellChanged(key Key, changed bool) {
	if sum, known := s.sealed[key.plain()]; known {
		sum.Changed = changed
		s.sealed[key.plain()] = sum
	}
}

// headMax is how far into a part its decode time is looked for.
const headMax = 256

// moved adds a part whose decode time is so many ticks earlier than it says.
func (r *Recording) moved(c *Content, part stretch, earlier uint64) error {
	head := make([]byte, min(part.size, headMax))
	probe := &Content{dir: r.dir}
	probe.add(part)
	_, err := io.ReadFull(probe, head)
	if err := errors.Join(err, probe.Close()); err != nil {
		return err
	}
	at, size := decodeTime(head)
	if at < 0 {
		c.add(part)
		return nil
	}
	value := make([]byte, size)
	switch size {
	case 8:
		old := binary.BigEndian.Uint64(head[at:])
		binary.BigEndian.PutUint64(value, old-min(old, earlier))
	default:
		old := binary.BigEndian.Uint32(head[at:])
		binary.BigEndian.PutUint32(value, old-uint32(min(uint64(old), earlier)))
	}
	c.add(stretch{spool: part.spool, at: part.at, size: int64(at)})
	c.add(stretch{memory: value, size: int64(size)})
	rest := int64(at + size)
	c.add(stretch{spool: part.spool, at: part.at + rest, size: part.size - rest})
	return nil
}

// decodeTime returns where in a part's beginning its decode time stands (moof, traf, tfdt of ISO 14496-12), and how many bytes it
// has; or -1.
func decodeTime(b []byte) (at, size int) {
	for at := 0; at+8 <= len(b); {
		length := int(binary.BigEndian.Uint32(b[at:]))
		switch kind := string(b[at+4 : at+8]); {
		case kind == "moof" || kind == "traf": // inside
			at += 8
			continue
		case kind == "tfdt" && at+12 <= len(b):
			size := 4
			if b[at+8] == 1 { // version
				size = 8
			}
			if at+12+size > len(b) {
				return -1, 0
			}
			return at + 12, size
		}
		if length < 8 || length > len(b) {
			return -1, 0
		}
		at += length
	}
	return -1, 0
}
