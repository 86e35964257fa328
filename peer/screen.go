package peer

import (
	"io"

	"shoal/id"
	"shoal/segment"
)

const (
	// initsMax bounds the init segments kept: the tracks of a few epochs.
	initsMax = 32
	// heldMax bounds the parts of a track that wait for their init segment.
	heldMax = 64
)

// screen writes what is played to the sinks, an init segment before the first part that needs it.
type screen struct {
	open   func(segment.Track) io.Writer
	inits  map[id.Digest][]byte // nil while it is being fetched
	tracks map[segment.Track]*picture
}

// picture is a track on the screen.
type picture struct {
	to      io.Writer
	shown   id.Digest // the init segment written last
	waiting []scene
}

// scene is a part that waits for its init segment.
type scene struct {
	init id.Digest
	data []byte
}

func newScreen(open func(segment.Track) io.Writer) *screen {
	return &screen{open: open, inits: map[id.Digest][]byte{}, tracks: map[segment.Track]*picture{}}
}

// needs reports whether an init segment has to be fetched, and takes it that it now will be.
func (s *screen) needs(d id.Digest) bool {
	if _, asked := s.inits[d]; asked || d.IsZero() || len(s.inits) >= initsMax {
		return false
	}
	s.inits[d] = nil
	return true
}

// failed takes back needs.
func (s *screen) failed(d id.Digest) { delete(s.inits, d) }

// init takes in an init segment and writes what waited for it.
func (s *screen) init(d id.Digest, data []byte) {
	s.inits[d] = data
	for _, p := range s.tracks {
		s.flush(p)
	}
}

func (s *screen) show(t segment.Track, init id.Digest, data []byte) {
	p := s.tracks[t]
	if p == nil {
		p = &picture{}
		if s.open != nil {
			p.to = s.open(t)
		}
		s.tracks[t] = p
	}
	if p.to == nil {
		return
	}
	if len(p.waiting) == heldMax {
		p.waiting = p.waiting[1:]
	}
	p.waiting = append(p.waiting, scene{init, data})
	s.flush(p)
}

func (s *screen) flush(p *picture) {
	for len(p.waiting) > 0 {
		next := p.waiting[0]
		init := s.inits[next.init]
		if init == nil {
			return
		}
		if p.shown != next.init {
			p.shown = next.init
			_, _ = p.to.Write(init) // a sink that fails is its owner's affair: watching goes on
		}
		_, _ = p.to.Write(next.data)
		p.waiting = p.waiting[1:]
	}
}
