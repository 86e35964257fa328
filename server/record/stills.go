package record

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/pack"
)

// The files of a recording's stills, in its directory. trackFile is written last: with it the others are whole, and an empty one
// says that there is no picture.
const (
	posterFile = "poster.jpg"
	trackFile  = "storyboard.vtt"
	sheetsMax  = 64
	// stillMax bounds one of these files.
	stillMax = 4 << 20
)

func sheetFile(n int) string { return fmt.Sprintf("tiles-%d.jpg", n) }

// stillFile reports whether name is that of a still's file.
func stillFile(name string) bool {
	var n int
	if name == posterFile || name == trackFile {
		return true
	}
	_, err := fmt.Sscanf(name, "tiles-%d.jpg", &n)
	return err == nil && n >= 0 && n < sheetsMax && name == sheetFile(n)
}

// Still returns a file of the recording's stills by its name: poster.jpg, storyboard.vtt, tiles-N.jpg. ErrNotFound if there are none.
func (r *Recording) Still(name string) ([]byte, error) {
	if !stillFile(name) || !r.Summary().Pictured {
		return nil, ErrNotFound
	}
	b, err := readBounded(filepath.Join(r.dir, name), stillMax)
	return b, gone(err)
}

// pictured reports whether the recording in a directory has stills, and whether it was looked for them.
func pictured(dir string) (has, looked bool) {
	info, err := os.Stat(filepath.Join(dir, trackFile))
	return err == nil && info.Size() > 0, err == nil
}

// Film is the key frames of a recording that is whole: the best picture's that is no larger than a poster needs, or else the
// smallest one's.
type Film struct {
	recording *Recording
	places    []place
	first     int64
	lasts     time.Duration
	key       Key
}

// filmLines is how many lines a picture has at least that is good enough for a poster.
const filmLines = 360

// film returns the key frames, none if there is no picture.
func (r *Recording) film() *Film {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &Film{recording: r, lasts: r.summary.Lasts, key: r.Key}
	type picture struct{ track, lines, parts int }
	var pictures []picture
	most := 0
	for n, t := range r.describe() {
		if parts := len(r.index.tracks[n].parts); t.Kind == segment.Video && parts > 0 {
			_, height, _ := pack.Picture(t)
			pictures, most = append(pictures, picture{n, height, parts}), max(most, parts)
			if first := r.index.tracks[n].parts[0].startUS; len(pictures) == 1 || first < f.first {
				f.first = first // a rung may have begun later than what it is made of
			}
		}
	}
	pictures = slices.DeleteFunc(pictures, func(p picture) bool { return p.parts < most/2 }) // a rung that was seldom made shows little
	slices.SortStableFunc(pictures, func(a, b picture) int { return cmp.Compare(a.lines, b.lines) })
	best := -1
	for _, p := range pictures {
		if best = p.track; p.lines >= filmLines {
			break
		}
	}
	if best < 0 {
		return f
	}
	for _, p := range r.index.tracks[best].parts {
		if p.flags&flagIndependent != 0 {
			f.places = append(f.places, p)
		}
	}
	return f
}

// Len returns how many key frames there are.
func (f *Film) Len() int { return len(f.places) }

// At returns when key frame n is shown, as the recording is played.
func (f *Film) At(n int) time.Duration {
	return time.Duration(f.places[n].startUS-f.first) * time.Microsecond
}

// Lasts returns how long the recording is.
func (f *Film) Lasts() time.Duration { return f.lasts }

// Read returns the part that begins with key frame n, and its init segment.
func (f *Film) Read(n int) (init, part []byte, err error) {
	p := f.places[n]
	c := f.recording.content(0, p)
	part, err = io.ReadAll(c)
	if err = errors.Join(err, c.Close()); err != nil {
		return nil, nil, err
	}
	f.recording.mu.Lock()
	defer f.recording.mu.Unlock()
	return f.recording.index.inits[p.init].data, part, nil
}

// Bare returns the key frames of the newest recording or clip that is whole and was not looked at for stills, or nil if there is none.
func (s *Shelf) Bare() *Film {
	for _, key := range s.bareKeys() {
		r, err := s.Find(key)
		if err == nil {
			return r.film()
		}
		s.log.Error("a recording cannot be read for its stills", "channel", s.named(key), "epoch", key.Epoch, "clip", key.Clip, "err", err)
		s.look(key, true)
	}
	return nil
}

// bareKeys returns what was not looked at for stills, newest first.
func (s *Shelf) bareKeys() (keys []Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.sealed {
		if !s.looked[key] {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return s.sealed[b].Ended.Compare(s.sealed[a].Ended) })
	return keys
}

// Keep gives a recording its stills, all or nothing. Without a track it stays without for good. ErrNotFound says that the recording
// was deleted meanwhile.
func (s *Shelf) Keep(f *Film, poster []byte, sheets [][]byte, track []byte) error {
	dir := s.path(f.key)
	if len(sheets) > sheetsMax {
		return fmt.Errorf("%d sheets of stills are more than %d", len(sheets), sheetsMax)
	}
	s.mu.Lock()
	room := s.room
	s.mu.Unlock()
	if room != nil {
		if err := room(); err != nil {
			return err
		}
	}
	files := make(map[string][]byte, len(sheets)+1)
	if len(track) > 0 {
		files[posterFile] = poster
	}
	for n, sheet := range sheets {
		files[sheetFile(n)] = sheet
	}
	for name, b := range files {
		if err := writeDurably(filepath.Join(dir, name), b); err != nil {
			return gone(err)
		}
	}
	if err := writeDurably(filepath.Join(dir, trackFile), track); err != nil {
		return gone(err)
	}
	s.look(f.key, false)
	return nil
}

// Pictured returns a channel's newest recording that is whole and has stills.
func (s *Shelf) Pictured(channel id.Channel) (newest Summary, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, sum := range s.sealed {
		if key.Channel == channel && key.Clip == "" && sum.Pictured && (!ok || sum.Key.Epoch > newest.Key.Epoch) {
			newest, ok = sum, true
		}
	}
	return newest, ok
}

// look takes note of what stills a recording has. given up says that it is not to be asked for them again before the next start.
func (s *Shelf) look(key Key, givenUp bool) {
	has, looked := pictured(s.path(key))
	s.mu.Lock()
	defer s.mu.Unlock()
	key = key.plain()
	sum, known := s.sealed[key]
	if !known {
		return
	}
	sum.Pictured = has
	s.sealed[key] = sum
	if looked || givenUp {
		s.looked[key] = true
	}
	for _, r := range s.loaded {
		if r.Key.plain() == key {
			r.mu.Lock()
			r.summary.Pictured = has
			r.mu.Unlock()
		}
	}
}
