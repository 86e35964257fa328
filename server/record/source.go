package record

import (
	"errors"
	"io"
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// Source is the best picture of a recording that is whole, of which rungs may be made that it lacks.
type Source struct {
	Key Key

	recording *Recording
	places    []place
	track     segment.Track
	rungs     []int
	free      int
	sessions  int
}

// enough is how much of the source's parts a rung must have to count as made: the rest was too much for the machine while live.
const enough = 0.9

// source returns the source of a recording, or nil if it has no picture.
func (r *Recording) source() *Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Source{Key: r.Key, recording: r, free: segment.TracksMax, sessions: r.index.sessions()}
	best := 0
	described := r.describe()
	for n, t := range described {
		if width, height, _ := pack.Picture(t); t.Kind == segment.Video && len(r.index.tracks[n].parts) > 0 && width*height > best {
			best, s.track, s.places = width*height, segment.Track(n), r.index.tracks[n].parts
		}
	}
	if best == 0 {
		return nil
	}
	last := 0
	for n := range r.index.tracks {
		if len(r.index.tracks[n].parts) > 0 {
			last = n
		}
	}
	s.free -= last + 1
	for n, t := range described {
		if parts := len(r.index.tracks[n].parts); t.Kind == segment.Video && segment.Track(n) != s.track && float64(parts) >= enough*float64(len(s.places)) {
			width, height, _ := pack.Picture(t)
			s.rungs = append(s.rungs, min(width, height))
		}
	}
	return s
}

// Name returns the channel's name, when it was recorded.
func (s *Source) Name() id.Name { return s.recording.Name() }

// Len returns how many parts there are.
func (s *Source) Len() int { return len(s.places) }

// Smallest returns the init segment of the smallest picture that it has at any time: whoever comes back may send another.
func (s *Source) Smallest() (init []byte) {
	s.recording.mu.Lock()
	defer s.recording.mu.Unlock()
	seen, least := -1, 0
	for _, p := range s.places {
		if int(p.init) == seen {
			continue
		}
		seen = int(p.init)
		data := s.recording.index.inits[p.init].data
		t, err := pack.ReadTrack(data)
		if err != nil {
			continue // what cannot be read is told by Read
		}
		if width, height, _ := pack.Picture(t); init == nil || min(width, height) < least {
			init, least = data, min(width, height)
		}
	}
	return init
}

// Rungs returns the heights of the smaller pictures that are there as a whole.
func (s *Source) Rungs() []int { return slices.Clone(s.rungs) }

// Free returns the first track that nothing stands on, and how many there are from it on.
func (s *Source) Free() (first segment.Track, n int) {
	return segment.Track(segment.TracksMax - s.free), s.free
}

// sessions counts the session keys that signed parts that are there still: of a broadcast of many days the last half is.
func (x *index) sessions() int {
	var minSeqs []uint64
	for _, record := range x.certificates {
		if c, err := manifest.ParseCertificate(record); err == nil {
			minSeqs = append(minSeqs, c.MinSeq)
		}
	}
	slices.Sort(minSeqs)
	signed := make(map[int]bool)
	for n := range x.tracks {
		for _, p := range x.tracks[n].parts {
			at, exact := slices.BinarySearch(minSeqs, p.seq)
			if exact {
				at++
			}
			signed[at] = true
		}
	}
	return len(signed)
}

// Sessions returns how many session keys signed the recording.
func (s *Source) Sessions() int { return s.sessions }

// Read returns the record of part n, its init segment and its bytes.
func (s *Source) Read(n int) (m *manifest.Part, init, data []byte, err error) {
	p := s.places[n]
	record, err := s.recording.records([]place{p})
	if err != nil {
		return nil, nil, nil, err
	}
	if m, err = manifest.ParsePart(record); err != nil {
		return nil, nil, nil, err
	}
	c := s.recording.content(s.track, p)
	data, err = io.ReadAll(c)
	if err = errors.Join(err, c.Close()); err != nil {
		return nil, nil, nil, err
	}
	s.recording.mu.Lock()
	defer s.recording.mu.Unlock()
	return m, s.recording.index.inits[p.init].data, data, nil
}

// replaced lets the rungs rest that were made again afterwards, as the broadcast had them only now and then: of one size there is one.
func replaced(tracks []ingest.Track, windows []pack.Window) {
	for i := range windows {
		width, height, _ := pack.Picture(tracks[i])
		for j := range windows {
			w, h, _ := pack.Picture(tracks[j])
			same := i != j && width > 0 && w == width && h == height
			if same && float64(len(windows[i].Entries)) < enough*float64(len(windows[j].Entries)) {
				windows[i].Resting = true
			}
		}
	}
}
