package swarm

import (
	"shoal/span"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm/have"
	"shoal/swarm/share"
	"shoal/swarm/trust"
	"shoal/wire"
)

// Bounds on parts and pieces.
const (
	// keepMS is how long a part is kept behind the playhead, for neighbours that play a little later.
	keepMS = 20_000
	// keepIdleMS is how long after its birth a part is kept while the player does not play.
	keepIdleMS = 40_000
	// earlyMax bounds the pieces that came before their record, and earlyFor how long they wait for it.
	earlyMax = 128
	earlyFor = 2 * span.Second
	// earlyPerPeer bounds those of one neighbour, so that none can take the room of the others: two parts' worth.
	earlyPerPeer = 32
	// backlogMost is what may wait here while requests are still accepted: beyond it they would make pushes late, and those
	// would be asked for, too.
	backlogMost = 300 * span.Millisecond
	// twiceTokens is what a piece that is held already costs of its sender's allowance: 50 a second are forgiven.
	twiceTokens = 4
)

// open takes in a part whose record is good, from whoever brought it.
func (e *Engine) open(a *trust.Accepted, from id.Peer) {
	known := e.shelf.Get(a.Part.Name())
	if known != nil && known.Opened {
		if known.Digest != a.Digest {
			e.note(SourceForked, id.Origin, known.Name)
		}
		return
	}
	if a.Forked {
		e.note(SourceForked, id.Origin, a.Part.Name())
	}
	if a.Part.End || int64(a.Part.WallMS) < e.horizon() {
		return
	}
	if !e.follows.Has(a.Part.Track) && (known == nil || !known.Wanted) {
		return
	}
	e.measure(a.Part.Track, int(a.Part.Length), int(a.Part.DurationUS))
	p, left := e.shelf.Open(a.Part, a.Record, a.Digest, e.now)
	p.MadeAt = e.madeAt(p, from)
	if e.follows.Has(p.Name.Track) {
		e.supply.advance(p, from)
	}
	if left != nil {
		e.evict(left)
	}
	m := a.Part
	e.do(Open{
		Part: p.Name, MSN: m.MSN, Index: int(m.Index), Length: int(m.Length), PieceSize: int(m.PieceSize),
		DurationUS: m.DurationUS, WallMS: int64(m.WallMS), Init: m.Init, Independent: m.Independent,
		Discontinuity: m.Discontinuity,
	})
	e.bequeath(p, from)
	e.recall(p.Name)
	if e.config.Recorded && p.Wanted {
		e.desk.Stir()
	}
}

// recall takes up the pieces of a part that came before its record.
func (e *Engine) recall(name segment.Part) {
	waiting := e.early
	e.early = nil
	for _, w := range waiting {
		if w.Part == name {
			e.arrived(w.Arrived)
		} else {
			e.early = append(e.early, w)
		}
	}
}

// horizon returns the wall-clock time before which parts are of no use.
func (e *Engine) horizon() int64 {
	if e.config.Recorded {
		return -1 << 63 // who plays further back is glad of it
	}
	if e.desk.Head.Playing() {
		return e.desk.Head.WallMS(e.now) - keepMS
	}
	return e.wallMS() - keepIdleMS
}

func (e *Engine) wanted(name segment.Part) {
	p := e.shelf.Rumour(name, e.now)
	if p == nil {
		e.do(Decline{name})
		return
	}
	p.Wanted, p.Quiet = true, 0
	p.WantedAt = e.now
	e.next[name.Track%segment.TracksMax] = name.Seq
	if e.config.Recorded {
		e.desk.Stir()
	}
	e.finish(p)
}

// finish answers Wanted when the part is whole.
func (e *Engine) finish(p *have.Part) {
	if p.Wanted && p.Complete() {
		p.Wanted = false
		e.desk.Give(p)
		e.do(Play{p.Name})
	}
}

// decline answers Wanted when the player had better fetch for itself: too late to wait, or nothing to wait for.
func (e *Engine) decline(p *have.Part) {
	p.Wanted, p.Given, p.LeftAt = false, true, max(e.now, 1)
	e.do(Decline{p.Name})
}

func (e *Engine) arrived(in Arrived) {
	stranger := in.From != id.Origin && e.neighbours.Get(in.From) == nil
	p := e.shelf.Get(in.Part)
	switch {
	case stranger:
		e.do(Forget{in.Part, in.Piece, in.From})
	case p == nil || !p.Opened:
		e.tooEarly(in)
	case in.Piece >= p.Count() || in.Size != p.Manifest.PieceLength(in.Piece):
		e.do(Forget{in.Part, in.Piece, in.From})
		e.refuse(in.From, p)
	case p.Mine.Has(in.Piece) || p.Checking.Has(in.Piece):
		e.twice(in)
	default:
		p.Checking.Set(in.Piece)
		if in.From == id.Origin && p.LeftAt > 0 && !p.Fetching.Has(in.Piece) { // a newcomer knows of no other request
			e.desk.Guard.Measured(e.now - p.LeftAt)
			p.LeftAt = 0
		}
		e.pushed(in, p)
		e.do(CheckPiece{Part: in.Part, Piece: in.Piece, From: in.From, Hash: p.Manifest.Hashes[in.Piece]})
		if other, asked := e.desk.Landed(e.now, &e.shelf, in.Part, in.Piece, in.From); asked {
			e.cancel(other, in.Part, in.Piece)
		}
	}
}

// twice drops a piece that is held already. Honest pushes and pulls cross now and then; who keeps sending what nobody
// lacks is left when its allowance is spent.
func (e *Engine) twice(in Arrived) {
	e.desk.Landed(e.now, &e.shelf, in.Part, in.Piece, in.From)
	e.do(Forget{in.Part, in.Piece, in.From})
	e.note(PieceDuplicate, in.From, in.Part)
	if n := e.neighbours.Get(in.From); n != nil && !n.allowance.Take(e.now, twiceTokens) {
		e.drop(in.From, Babbled)
	}
}

// tooEarly keeps a pushed piece until its record comes: the push and the record travel separate ways.
func (e *Engine) tooEarly(in Arrived) {
	theirs := 0
	for _, w := range e.early {
		if w.From == in.From {
			theirs++
		}
	}
	if e.follows.Has(in.Part.Track) && in.Piece < segment.PiecesMax { // its sender has the record
		if p := e.shelf.Rumour(in.Part, e.now); p != nil {
			var one wire.Bitmap
			one.Set(in.Piece)
			p.Hold(in.From, one)
		}
	}
	if len(e.early) == earlyMax || theirs == earlyPerPeer {
		e.do(Forget{in.Part, in.Piece, in.From})
		return
	}
	e.early = append(e.early, early{in, e.now})
}

func (e *Engine) cancel(p id.Peer, part segment.Part, piece int) {
	var one wire.Bitmap
	one.Set(piece)
	e.say(p, wire.Cancel{Part: part, Pieces: one})
}

func (e *Engine) checked(in Checked) {
	p := e.shelf.Get(in.Part)
	if p == nil || !p.Opened || in.Piece >= p.Count() || !p.Checking.Has(in.Piece) {
		return
	}
	p.Checking.Clear(in.Piece)
	if !in.OK {
		p.Quiet = 0
		e.refuse(in.From, p)
		return
	}
	p.Keep(in.Piece)
	if p.Fresh.Empty() {
		p.FreshAt = e.now
	}
	p.Fresh.Set(in.Piece)
	e.fresh = e.fresh || !e.config.Recorded || p.Complete()
	e.note(PieceVerified, in.From, in.Part)
	e.desk.Delivered(in.From)
	if n := e.neighbours.Get(in.From); n != nil {
		n.dealtAt = e.now
	}
	e.push(p, in.Piece)
	e.finish(p)
}

// refuse deals with bytes that are not what was signed: one piece comes from one sender, so the blame is exact.
func (e *Engine) refuse(from id.Peer, p *have.Part) {
	e.note(PieceRefused, from, p.Name)
	if from == id.Origin {
		e.desk.Failed(e.now, p)
		return
	}
	e.drop(from, Polluted)
}

// push sends a piece on to the children of its stripe that are not known to hold it: first to those who pass it on.
func (e *Engine) push(p *have.Part, piece int) {
	e.route.Children(segment.Stripe(piece, p.Count()), func(to id.Peer, relays bool) {
		e.pushTo(to, relays, p, piece)
	})
}

func (e *Engine) pushTo(to id.Peer, relays bool, p *have.Part, piece int) {
	if n := e.neighbours.Get(to); n == nil || !n.tracks.Has(p.Name.Track) || !p.Lacks(to, piece) {
		return
	}
	way := int64(0)
	if relays {
		way = relayMS
	}
	e.upload.Queue(e.now, share.Send{Peer: to, Part: p.Name, Piece: piece}, p.Manifest.PieceLength(piece), p.WallMS(), way)
}

// asked serves a neighbour's Want, or says that it will not.
func (e *Engine) asked(by id.Peer, m wire.Want) {
	busy := m.Pieces
	p := e.shelf.Get(m.Part)
	if e.config.Recorded && (p == nil || p.Mine.Empty()) {
		busy = gone
	} else if p != nil && p.Opened {
		yes := m.Pieces.Both(p.Mine)
		urgency, most := p.WallMS(), backlogMost
		if e.config.Recorded {
			urgency, most = e.urgency(by)
		}
		for i := range p.Count() {
			if !yes.Has(i) || e.upload.Backlog() > most {
				continue
			}
			if e.upload.Queue(e.now, share.Send{Peer: by, Part: p.Name, Piece: i}, p.Manifest.PieceLength(i), urgency, 0) {
				busy.Clear(i)
			}
		}
	}
	if !busy.Empty() {
		e.say(by, wire.Busy{Part: m.Part, Pieces: busy})
	}
}

// evicted hears that the body gave a part up.
func (e *Engine) evicted(name segment.Part) {
	if p := e.shelf.Get(name); p != nil {
		e.upload.Drop(name)
		if p.Wanted {
			e.decline(p)
		}
		e.shelf.Remove(name)
	}
}

// evict gives a part up that has left the shelf.
func (e *Engine) evict(p *have.Part) {
	e.upload.Drop(p.Name)
	if p.Wanted {
		e.decline(p)
	}
	if p.Opened {
		e.do(Evict{p.Name})
	}
}
