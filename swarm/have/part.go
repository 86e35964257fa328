package have

import (
	"shoal/span"
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/wire"
)

// Part is what is known of one part. Until Opened it is only a rumour: someone holds it, or the player wants it.
type Part struct {
	// what every step asks of a part stands together, at the beginning: there are more parts than a processor's cache holds
	Name     segment.Part
	Opened   bool      // set once
	complete bool      // every piece is held and checked: Mine is all
	Wanted   bool      // the player waits for it; owned by the engine
	Given    bool      // the player has it, from us or by itself; owned by the engine
	Quiet    span.Span // there is nothing to plan for it before this, unless something happens; owned by pick
	wallMS   int64     // set when it is opened, and fixed from then on, as are duration and all
	duration int64     // ms
	Manifest *manifest.Part
	Mine     wire.Bitmap // held and checked: Keep adds to it
	all      wire.Bitmap
	holders  []id.Peer // who said that they hold any of it, in the order in which they first spoke
	holdings []holding // of the same places

	// set when it is opened, and fixed from then on
	OpenedAt span.Span
	MadeAt   span.Span // when it was published, as far as can be told
	Record   []byte    // the signed record, to pass on
	Digest   id.Digest

	// owned by the engine
	Checking wire.Bitmap // at the body, its check is under way
	Fresh    wire.Bitmap // checked, but not yet announced
	WantedAt span.Span   // when the player asked for it
	LeftAt   span.Span   // when it was left to the player, until its bytes come; 0 is never
	Spared   wire.Bitmap // parents were told not to push these: another was asked
	Lacked   int         // how many neighbours were asked for its record
	LackedAt span.Span   // when the last of them was
	HeardAt  span.Span
	FreshAt  span.Span // when the first of Fresh was checked

	// owned by pick
	Asked     wire.Bitmap // of neighbours
	Missed    wire.Bitmap // not pushed in time, and their parents blamed for it
	Fetching  wire.Bitmap // of the origin
	RescuedAt span.Span   // when the first rescue began; 0 is never
	Hedges    int         // how often the origin was asked again for what the rescue had not brought
	RetryAt   span.Span   // not before this may the origin be asked again
	Failures  int         // how often the origin did not bring what was asked of it
	Rank      int64       // of a recording: the lower, the sooner neighbours are asked for it
}

// holding is what a neighbour said of a part.
type holding struct {
	pieces wire.Bitmap // it holds these
	waived wire.Bitmap // it does not want these, though it does not hold them yet
}

// Count returns the number of pieces of an opened part.
func (p *Part) Count() int { return len(p.Manifest.Hashes) }

// All returns the set of all pieces of an opened part.
func (p *Part) All() wire.Bitmap { return p.all }

// Missing returns the pieces that are neither held nor being checked.
func (p *Part) Missing() wire.Bitmap { return p.all.Minus(p.Mine).Minus(p.Checking) }

// Complete reports whether every piece is held and checked.
func (p *Part) Complete() bool { return p.complete }

// Keep notes that a piece of an opened part is held and checked.
func (p *Part) Keep(piece int) {
	p.Mine.Set(piece)
	p.complete = p.Mine == p.all
}

// settled reports whether there will never be anything to do about a part but to keep it for others: it is complete, and both
// player and neighbours have what they are to have of it. A piece is only ever lost with its part.
func (p *Part) settled() bool { return p.complete && !p.Wanted && p.Fresh.Empty() }

// WallMS returns the wall-clock time of an opened part's first sample.
func (p *Part) WallMS() int64 { return p.wallMS }

// DurationMS returns an opened part's length in time, rounded up.
func (p *Part) DurationMS() int64 { return p.duration }

// Hold notes that peer says it holds pieces. The table is bounded by the number of neighbours, who leave it when they go.
func (p *Part) Hold(peer id.Peer, pieces wire.Bitmap) {
	p.Quiet = 0
	h := p.holding(peer)
	h.pieces = h.pieces.Union(pieces)
}

// Waive notes that peer does not want to be sent pieces.
func (p *Part) Waive(peer id.Peer, pieces wire.Bitmap) {
	h := p.holding(peer)
	h.waived = h.waived.Union(pieces)
}

// Lacks reports whether peer may want to be sent a piece.
func (p *Part) Lacks(peer id.Peer, piece int) bool {
	i := slices.Index(p.holders, peer)
	return i < 0 || !p.holdings[i].pieces.Has(piece) && !p.holdings[i].waived.Has(piece)
}

// holding returns what is known of a peer, made if there was nothing.
func (p *Part) holding(peer id.Peer) *holding {
	i := slices.Index(p.holders, peer)
	if i < 0 {
		i = len(p.holders)
		p.holders, p.holdings = append(p.holders, peer), append(p.holdings, holding{})
	}
	return &p.holdings[i]
}

// Drop forgets what peer said it holds: all, or just these pieces if it turned out not to.
func (p *Part) Drop(peer id.Peer, pieces wire.Bitmap) {
	if i := slices.Index(p.holders, peer); i >= 0 {
		p.holdings[i].pieces = p.holdings[i].pieces.Minus(pieces)
	}
}

// forget takes a departed neighbour out.
func (p *Part) forget(peer id.Peer) {
	if i := slices.Index(p.holders, peer); i >= 0 {
		p.holders, p.holdings = slices.Delete(p.holders, i, i+1), slices.Delete(p.holdings, i, i+1)
	}
}

// HeldBy returns what peer says it holds.
func (p *Part) HeldBy(peer id.Peer) wire.Bitmap {
	if i := slices.Index(p.holders, peer); i >= 0 {
		return p.holdings[i].pieces
	}
	return wire.Bitmap{}
}

// HeldByAny returns what at least one of the neighbours that count says it holds.
func (p *Part) HeldByAny(counts func(id.Peer) bool) (all wire.Bitmap) {
	for i, peer := range p.holders {
		if counts(peer) {
			all = all.Union(p.holdings[i].pieces)
		}
	}
	return all
}

// Source returns neighbour number i, from 0, of those that say they hold any of the part, or id.Origin if there are not so
// many.
func (p *Part) Source(i int) id.Peer {
	for j, peer := range p.holders {
		if p.holdings[j].pieces.Empty() {
			continue
		}
		if i--; i < 0 {
			return peer
		}
	}
	return id.Origin
}

// Sources returns how many neighbours said they hold any of the part.
func (p *Part) Sources() int { return len(p.holders) }

// Holders yields the neighbours that say they hold piece, in the order in which they first spoke.
func (p *Part) Holders(piece int, yield func(id.Peer)) {
	for i, peer := range p.holders {
		if p.holdings[i].pieces.Has(piece) {
			yield(peer)
		}
	}
}
