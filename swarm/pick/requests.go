package pick

import (
	"shoal/span"
	"slices"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm/have"
	"shoal/swarm/roster"
	"shoal/wire"
)

// Bounds on requests to neighbours.
const (
	// AsksMax bounds the pieces asked of neighbours at once: eight whole parts.
	AsksMax = 128
	// NewcomerAsks is how many pieces a neighbour may owe before it has delivered any, or when it has missed (security
	// threat T13).
	NewcomerAsks = 8
	// ProvenAsks is how many it may owe afterwards.
	ProvenAsks = 16
	// AskLongest and AskShortest bound how long a piece is waited for before another is asked: twice as long as it should
	// take, or longer than answers mostly take.
	AskLongest  = 2500 * span.Millisecond
	AskShortest = 800 * span.Millisecond
	// MissesMax is how many requests in a row may go unanswered until a neighbour is put aside, AsideFirst for how long at
	// first. Each time it is twice as long, up to AsideMost: who is only busy is soon back, who never delivers is not.
	MissesMax  = 2
	AsideFirst = 2 * span.Second
	AsideMost  = 60 * span.Second
)

// peer is a neighbour as a source.
type peer struct {
	owes   int // pieces asked and not answered
	proven bool
	misses int // in a row
	missed span.Span
	aside  span.Span // for how long it was put aside the last time
	until  span.Span
	rests  span.Span // of a recording: it is busy until then
	takes  span.Span // the same: how long it would take to bring a piece
}

func (p *peer) mayOwe(now span.Span) int {
	switch {
	case now < p.until || now < p.rests:
		return 0
	case p.proven && p.misses == 0:
		return ProvenAsks - p.owes
	}
	return NewcomerAsks - p.owes
}

// ask is one piece asked of one neighbour.
type ask struct {
	peer  id.Peer
	part  segment.Part
	piece int
	at    span.Span // when it was asked
	due   span.Span
}

// Desk keeps the requests under way.
type Desk struct {
	peers   roster.Roster[peer]
	asks    []ask
	overdue []ask // given up, at most AsksMax: when the answer comes after all, there is something to be learned
	answers answers
	most    int // of asks now
	fetches []fetch
	nextRef uint32
	stirred bool   // every part is to be considered anew
	starved bool   // a piece was not asked for because those who hold it owe enough already
	stripes uint16 // as last planned with
	ways    uint64 // the same
	Guard   Guard
	Head    Playhead

	// Recorded says that the channel is a recording. What follows is of its planning: recorded.go.
	Recorded bool
	Ahead    int64        // ms that are held from the playhead on, WindowMS at most
	roamedAt span.Span    // when it was planned last
	again    span.Span    // when to plan if nothing happens
	open     bool         // some neighbour may be asked
	parts    []*have.Part // as last planned, to be used again
}

// Join adds a neighbour.
func (d *Desk) Join(p id.Peer) { d.peers.Add(p) }

// Report takes what the player said at now, and reports whether it has jumped to another place.
func (d *Desk) Report(now span.Span, wallMS, bufferMS int64, playing bool) (jumped bool) {
	d.stirred = true
	return d.Head.report(now, wallMS, bufferMS, playing)
}

// Give notes that the player was given a part.
func (d *Desk) Give(p *have.Part) {
	p.Given = true
	d.Head.extend(p)
}

// freed has those pieces considered anew that nobody had room to be asked for.
func (d *Desk) freed() { d.stirred, d.starved = d.stirred || d.starved, false }

// Leave takes a neighbour away: what it owes may be asked of others.
func (d *Desk) Leave(p id.Peer, shelf *have.Shelf) {
	d.peers.Remove(p)
	d.release(shelf, func(a *ask) bool { return a.peer == p })
}

// release ends the asks that match.
func (d *Desk) release(shelf *have.Shelf, match func(*ask) bool) {
	kept := 0
	for i := range d.asks {
		a := &d.asks[i]
		if !match(a) {
			if kept < i {
				d.asks[kept] = *a
			}
			kept++
			continue
		}
		if part := shelf.Get(a.part); part != nil {
			part.Asked.Clear(a.piece)
			part.Quiet = 0
		}
		d.freed()
		if from := d.peers.Get(a.peer); from != nil {
			from.owes--
		}
	}
	d.asks = d.asks[:kept]
}

// Landed ends the ask for a piece that arrived. It returns the neighbour that was asked for it, if that is another.
func (d *Desk) Landed(now span.Span, shelf *have.Shelf, part segment.Part, piece int, from id.Peer) (other id.Peer, asked bool) {
	for i, a := range d.overdue {
		if a.part == part && a.piece == piece && a.peer == from {
			d.answers.add(now - a.at)
			d.overdue = slices.Delete(d.overdue, i, i+1)
			break
		}
	}
	d.release(shelf, func(a *ask) bool {
		if a.part != part || a.piece != piece {
			return false
		}
		if a.peer != from {
			other, asked = a.peer, true
		} else {
			d.answers.add(now - a.at)
		}
		return true
	})
	return other, asked
}

// Quit ends the asks for a part that is not wanted any more: each is returned to be cancelled.
func (d *Desk) Quit(shelf *have.Shelf, part segment.Part, cancel func(from id.Peer, part segment.Part, piece int)) {
	d.release(shelf, func(a *ask) bool {
		if a.part == part {
			cancel(a.peer, a.part, a.piece)
		}
		return a.part == part
	})
}

// Delivered notes that a piece from a neighbour was good.
func (d *Desk) Delivered(from id.Peer) {
	if p := d.peers.Get(from); p != nil {
		if !p.proven || p.misses > 0 {
			d.freed()
		}
		p.proven, p.misses, p.aside = true, 0, 0
	}
}

// reliable reports whether a neighbour's word counts: one that is set aside may announce whatever it likes, and a seed
// that believed it would fetch nothing.
func (d *Desk) reliable(now span.Span, neighbour id.Peer) bool {
	p := d.peers.Get(neighbour)
	return p != nil && now >= p.until
}

// miss notes that a request to a neighbour was in vain. What was asked at the same time is one request.
func (d *Desk) miss(now span.Span, p *peer) {
	if p.missed == now && p.misses > 0 {
		return
	}
	p.missed = now
	if p.misses++; p.misses >= MissesMax {
		p.aside = min(max(2*p.aside, AsideFirst), AsideMost)
		p.until = now + p.aside
		d.stirred = true // what it says it holds counts no longer
	}
}

// Declined ends the asks that a neighbour will not serve.
func (d *Desk) Declined(shelf *have.Shelf, from id.Peer, part segment.Part, pieces wire.Bitmap) {
	d.release(shelf, func(a *ask) bool { return a.peer == from && a.part == part && pieces.Has(a.piece) })
}

// Expire ends the asks that are overdue: each is returned to be cancelled, and its neighbour's word on it no longer counts.
func (d *Desk) Expire(now span.Span, shelf *have.Shelf, late func(from id.Peer, part segment.Part, piece int)) {
	d.release(shelf, func(a *ask) bool {
		if now < a.due {
			return false
		}
		if p := d.peers.Get(a.peer); p != nil {
			d.miss(now, p)
		}
		if part := shelf.Get(a.part); part != nil && !d.Recorded { // of a recording it still holds it, and will be less busy
			var one wire.Bitmap
			one.Set(a.piece)
			part.Drop(a.peer, one)
		}
		late(a.peer, a.part, a.piece)
		if len(d.overdue) == AsksMax {
			d.overdue = slices.Delete(d.overdue, 0, 1)
		}
		d.overdue = append(d.overdue, *a)
		return true
	})
}
