package origin

import (
	"context"
	"errors"
	"time"

	"shoal/id"
	"shoal/segment"
)

// Bounds on an answer that carries stripes.
const (
	// StripesLast is how long one answer goes on: proxies cut what has no end, and would do it in the midst of a piece.
	StripesLast = 5 * time.Minute
	// StripesIdle is how long nothing is sent at most: then the reader is told so.
	StripesIdle = 10 * time.Second
	// StripesBehindMax is how many parts of one track may wait for a slow reader, 4 s: nobody passes older ones on in time.
	// They wait where they are kept anyway, so a reader costs no memory.
	StripesBehindMax = 8
)

// ErrSlow says that a reader takes stripes more slowly than they are made.
var ErrSlow = errors.New("the reader is too slow")

// Reader takes what Stripes sends. An error of its own ends the sending.
type Reader interface {
	// Begin is called first and once, with the seq of the first part of each track that will be sent.
	Begin(channel id.Channel, next []uint64) error
	// Take takes those pieces of one part that travel on the stripes, lowest first.
	Take(part segment.Part, pieces []Piece) error
	// Rest says that nothing was published for StripesIdle.
	Rest() error
}

// Piece is a piece of a part. Its bytes are shared and never change.
type Piece struct {
	Index int
	Data  []byte
}

// Stripes sends those pieces that travel on stripes (bit k: stripe k) of every part of the tracks that is published from now
// on, track by track in order, as soon as it is published. It returns nil when the broadcast has ended or after StripesLast,
// else why not: ErrSlow, ErrBusy, ErrNotFound or ErrOver before Begin, what r returned, or what ended ctx.
func (o *Origin) Stripes(ctx context.Context, name id.Name, epoch uint64, stripes uint16, tracks segment.Tracks, r Reader) error {
	b, err := o.epoch(name, epoch)
	if err != nil {
		return err
	}
	if o.held.Add(1) > HeldMax {
		o.held.Add(-1)
		return ErrBusy
	}
	defer o.held.Add(-1)
	s := &sending{b: b, stripes: stripes, tracks: tracks}
	if !s.begin() {
		return ErrOver
	}
	if err := r.Begin(b.opening.Channel, s.next); err != nil {
		return err
	}
	return s.run(ctx, r)
}

// sending is one answer of Stripes.
type sending struct {
	b       *Broadcast
	stripes uint16
	tracks  segment.Tracks
	next    []uint64 // by track, seq of the part to be sent next
}

// begin notes where the tracks stand. It returns false if the broadcast is over.
func (s *sending) begin() bool {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	for _, t := range s.b.tracks {
		s.next = append(s.next, t.next)
	}
	return s.b.ended.IsZero()
}

func (s *sending) run(ctx context.Context, r Reader) error {
	last, idle := time.NewTimer(StripesLast), time.NewTimer(StripesIdle)
	defer last.Stop()
	defer idle.Stop()
	for {
		part, wake, err := s.look()
		switch {
		case err != nil:
			return err
		case part != nil:
			if pieces := s.pieces(part); len(pieces) > 0 {
				if err := r.Take(part.manifest.Name(), pieces); err != nil {
					return err
				}
				idle.Reset(StripesIdle)
			}
			continue
		case wake == nil:
			return nil
		}
		select {
		case <-wake:
		case <-idle.C:
			if err := r.Rest(); err != nil {
				return err
			}
			idle.Reset(StripesIdle)
		case <-last.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look returns the oldest part that was not sent, or what to wait for until there is one; neither if there will be none.
func (s *sending) look() (part *stored, wake <-chan struct{}, err error) {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	for n, t := range s.b.tracks {
		if !s.tracks.Has(segment.Track(n)) || s.next[n] == t.next {
			continue
		}
		p := t.part(s.next[n])
		if p == nil || t.next-s.next[n] > StripesBehindMax {
			return nil, nil, ErrSlow
		}
		if part == nil || p.manifest.WallMS < part.manifest.WallMS {
			part = p
		}
	}
	switch {
	case part != nil:
		s.next[part.manifest.Track]++
	case s.b.ended.IsZero():
		wake = s.b.moved
	}
	return part, wake, nil
}

// pieces returns a part's pieces that travel on the stripes.
func (s *sending) pieces(p *stored) (pieces []Piece) {
	size, count := int(p.manifest.PieceSize), len(p.manifest.Hashes)
	for i := range count {
		if s.stripes&(1<<segment.Stripe(i, count)) != 0 {
			pieces = append(pieces, Piece{i, p.data[i*size : min((i+1)*size, len(p.data))]})
		}
	}
	return pieces
}
