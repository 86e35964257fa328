package peer

import (
	"context"
	"slices"
	"sync"
	"time"

	"shoal/segment"
	"shoal/swarm"
)

const (
	// stripesWait is how long a fetch waits for what the inflow is bound to bring, before it asks by range: little beside the
	// guard, which takes fetches for a measure of the origin.
	stripesWait = 300 * time.Millisecond
	// keptMax bounds the pieces that came before the engine asked for them: those of the largest part.
	keptMax = segment.PiecesMax
	// keptFor is how long they are kept. Their record, which makes the engine ask, comes within a second or never.
	keptFor = 8 * time.Second
	// lateMax is after how many waits in vain, one after the other, an inflow is left: it is no help.
	lateMax = 3
	// tripMost bounds what a fetch from the inflow is made to look like.
	tripMost = time.Second
)

// stripes is what the origin sends of its own accord to a peer that seeds. An inflow brings pieces, fetches take them.
type stripes struct {
	// set once
	body *body

	mu    sync.Mutex // guards the rest
	epoch uint64     // what is to be streamed: nothing while either is 0
	mask  uint16
	of    segment.Tracks
	open  *inflow // the one that pieces come from
	next  *inflow // the one that is being opened
	kept  map[place]early
	order []place // of kept, oldest first
	waits map[place]*wait
	late  int           // waits in vain, one after the other
	trip  time.Duration // what the last real request took
}

// place names a piece.
type place struct {
	part  segment.Part
	piece int
}

type early struct {
	data []byte
	at   time.Time
}

// came is a piece that the inflow brought to a fetch.
type came struct {
	piece int
	data  []byte
}

// wait is a fetch that is served from the inflow.
type wait struct {
	got  chan came // has room for all pieces
	n    int       // how many will come through it
	lost <-chan struct{}
}

func newStripes(b *body) *stripes {
	return &stripes{body: b, of: segment.AllTracks, kept: map[place]early{}, waits: map[place]*wait{}}
}

// seed sets which stripes are to be streamed, on its goroutine of the body.
func (s *stripes) seed(mask uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aim(s.epoch, mask, s.of)
}

// follow sets of which tracks they are streamed.
func (s *stripes) follow(of segment.Tracks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aim(s.epoch, s.mask, of)
}

// opened hears of a part whose record was accepted.
func (s *stripes) opened(part segment.Part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aim(max(s.epoch, part.Epoch), s.mask, s.of)
}

// aim changes what is streamed: the new inflow is opened before the old one is closed. The caller holds mu.
func (s *stripes) aim(epoch uint64, mask uint16, of segment.Tracks) {
	if s.epoch == epoch && s.mask == mask && s.of == of {
		return
	}
	s.epoch, s.mask, s.of, s.late = epoch, mask, of, 0
	if s.next != nil {
		s.next.cancel()
		s.next = nil
	}
	if mask == 0 || epoch == 0 {
		if s.open != nil {
			s.open.cancel()
		}
		return
	}
	ctx, cancel := context.WithCancel(s.body.ctx)
	s.next = &inflow{stripes: s, epoch: epoch, mask: mask, of: of, cancel: cancel}
	next := s.next
	s.body.wg.Go(func() {
		defer cancel()
		next.run(ctx)
	})
}

// serve finds which of a fetch's pieces come, or came, by inflow. The others are to be asked for by range.
func (s *stripes) serve(o swarm.Fetch, count int) (w *wait, others []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w = &wait{got: make(chan came, o.To-o.From)}
	for piece := o.From; piece < o.To; piece++ {
		p := place{o.Part, piece}
		if data := s.take(p); data != nil {
			w.got <- came{piece, data}
			w.n++
		} else if s.open != nil && s.waits[p] == nil && s.open.brings(p, count) { // who asks a second time has no time to wait
			s.waits[p] = w
			w.lost = s.open.ended
			w.n++
		} else {
			others = append(others, piece)
		}
	}
	return w, others
}

// leave ends a wait, and returns which pieces did not come.
func (s *stripes) leave(o swarm.Fetch, w *wait) (missing []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for piece := o.From; piece < o.To; piece++ {
		if p := (place{o.Part, piece}); s.waits[p] == w {
			delete(s.waits, p)
			missing = append(missing, piece)
		}
	}
	if len(missing) == 0 {
		s.late = 0
		return nil
	}
	if s.late++; s.late >= lateMax && s.open != nil {
		s.late = 0
		s.open.hang()
	}
	return missing
}

// put takes in a piece: for the fetch that waits for it, or for one to come.
func (s *stripes) put(p place, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.waits[p]; w != nil {
		delete(s.waits, p)
		w.got <- came{p.piece, data}
		return
	}
	if _, twice := s.kept[p]; twice {
		return
	}
	for len(s.order) > 0 && (len(s.order) >= keptMax || time.Since(s.kept[s.order[0]].at) > keptFor) {
		s.take(s.order[0])
	}
	s.kept[p] = early{data, time.Now()}
	s.order = append(s.order, p)
}

// take returns a piece that came early, or nil. The caller holds mu.
func (s *stripes) take(p place) []byte {
	e, ok := s.kept[p]
	if !ok {
		return nil
	}
	delete(s.kept, p)
	i := slices.Index(s.order, p)
	s.order = slices.Delete(s.order, i, i+1)
	return e.data
}

// timed notes how long a real request to the origin took.
func (s *stripes) timed(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trip = min(d, tripMost)
}

// usual returns how long the last one took. The engine times its fetches, to know how long a rescue would take: one that was
// served from the inflow must not look quicker than the origin is.
func (s *stripes) usual() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trip
}
