package record

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"shoal/manifest"
	"shoal/segment"
)

// Bounds of clips.
const (
	// ClipMax is the longest clip.
	ClipMax = 5 * time.Minute
	// ClipsMax bounds the clips of one channel.
	ClipsMax = 1000
	// clipShare is how much of all that is kept may be clips: a tenth.
	clipShare = 10
	// clipDigits is the length of a clip's name: 50 bits, so that nobody finds one by guessing.
	clipDigits = 10
)

// ValidClip reports whether text has the form of a clip's name.
func ValidClip(text string) bool {
	if len(text) != clipDigits {
		return false
	}
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// MayCut returns why Cut would not begin: ErrRange, ErrMany or ErrFull. It copies nothing.
func (s *Shelf) MayCut(r *Recording, from, to time.Duration) error {
	if err := s.roomForClip(r); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _, err := r.segmentsBetween(from, to)
	return err
}

// Cut copies the segments that overlap a range of a recording, as it is played from its beginning, into a clip: cut where
// segments are, and not encoded again. A range from below 0 counts from the end, to which to is 0 or below then; of a title TitleMax bytes are kept. It returns ErrRange, ErrMany or ErrFull.
func (s *Shelf) Cut(r *Recording, from, to time.Duration, title string) (Summary, error) {
	if err := s.roomForClip(r); err != nil {
		return Summary{}, err
	}
	parts, err := r.between(from, to)
	if err != nil {
		return Summary{}, err
	}
	key := Key{Channel: r.Key.Channel, Epoch: r.Key.Epoch, Clip: strings.ToLower(base32.StdEncoding.EncodeToString(random())[:clipDigits])}
	clip := newRecording(key, s.path(key))
	clip.summary = Summary{Key: key, Name: r.Name(), Title: clipped(title), Captions: r.Summary().Captions}
	if of := r.Summary(); of.Uploaded() {
		clip.dated = of.Started
	}
	if err := r.copyTo(clip, parts); err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return Summary{}, errors.Join(err, os.RemoveAll(clip.dir))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed[key.plain()] = clip.summary
	return clip.summary, nil
}

func random() []byte {
	b := make([]byte, clipDigits)
	_, _ = rand.Read(b) // never fails
	return b
}

// roomForClip returns ErrMany while there are as many clips, or as many bytes of them, as are kept: anyone may make one, so new ones
// must not push out recordings. It returns ErrFull while the disk has no room.
func (s *Shelf) roomForClip(r *Recording) error {
	s.mu.Lock()
	room, most := s.room, s.clipBytes
	n, bytes := 0, int64(0)
	for key, sum := range s.sealed {
		if key.Clip == "" {
			continue
		}
		if bytes += sum.Bytes; key.Channel == r.Key.Channel {
			n++
		}
	}
	s.mu.Unlock()
	if n >= ClipsMax || most > 0 && bytes >= most {
		return ErrMany
	}
	if room != nil {
		return room()
	}
	return nil
}

// trackPlace is where a part of some track stands.
type trackPlace struct {
	track segment.Track
	place
}

// between returns the parts of all segments that overlap a range, in the order of time.
func (r *Recording) between(from, to time.Duration) ([]trackPlace, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first, last, err := r.segmentsBetween(from, to)
	if err != nil {
		return nil, err
	}
	var all []trackPlace
	for n := range r.index.tracks {
		for _, p := range r.index.tracks[n].parts {
			if p.msn >= first && p.msn <= last {
				all = append(all, trackPlace{segment.Track(n), p})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b trackPlace) int {
		return cmp.Or(cmp.Compare(a.startUS, b.startUS), cmp.Compare(a.track, b.track))
	})
	return all, nil
}

// segmentsBetween returns the first and last segment that overlap a range, by the first track. The caller holds mu.
func (r *Recording) segmentsBetween(from, to time.Duration) (first, last uint64, err error) {
	_, end, _ := r.index.span()
	since := end.Add(-max(r.rewind, ClipMax)).UnixMilli() // of what grows: also where nobody may rewind
	type span struct {
		msn   uint64
		lasts time.Duration
	}
	var segments []span
	var whole time.Duration
	for n := range r.index.tracks {
		for _, p := range r.index.tracks[n].parts {
			switch {
			case !r.sealed && p.wallMS < since:
			case len(segments) == 0 || segments[len(segments)-1].msn != p.msn:
				if p.index == 0 {
					segments = append(segments, span{msn: p.msn})
				}
			}
			if k := len(segments); k > 0 && segments[k-1].msn == p.msn {
				segments[k-1].lasts += time.Duration(p.lasts) * time.Microsecond
			}
		}
		if len(segments) > 0 {
			break
		}
	}
	if !r.sealed && len(segments) > 0 { // the last one is open
		segments = segments[:len(segments)-1]
	}
	for _, s := range segments {
		whole += s.lasts
	}
	if from < 0 {
		from, to = max(0, whole+from), whole+min(to, 0)
	}
	if from >= to || from >= whole || to-from > ClipMax {
		return 0, 0, ErrRange
	}
	at, found := time.Duration(0), false
	for _, s := range segments {
		if at < to && at+s.lasts > from {
			if !found {
				first, found = s.msn, true
			}
			last = s.msn
		}
		at += s.lasts
	}
	return first, last, nil
}

// copyTo writes parts, with all they need, into a recording of their own, and seals it.
func (r *Recording) copyTo(clip *Recording, parts []trackPlace) (err error) {
	t, err := newTape(clip)
	if err != nil {
		return err
	}
	r.mu.Lock()
	for _, c := range r.index.certificates {
		t.certify(c)
	}
	inits := slices.Clone(r.index.inits)
	r.mu.Unlock()
	for _, p := range parts {
		record, err := r.records([]place{p.place})
		if err != nil {
			return errors.Join(err, t.close())
		}
		m, err := manifest.ParsePart(record)
		if err != nil {
			return errors.Join(err, t.close())
		}
		c := r.content(p.track, p.place)
		data, err := io.ReadAll(c)
		err = errors.Join(err, c.Close())
		if err == nil {
			err = t.put(m, record, data, inits[p.init].data, time.UnixMilli(p.wallMS))
		}
		if err != nil {
			return errors.Join(err, t.close())
		}
	}
	if err := errors.Join(t.close(), r.copyTexts(clip)); err != nil {
		return err
	}
	return clip.seal()
}
