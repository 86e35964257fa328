package have

import (
	"shoal/span"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/wire"
)

// Part is what is known of one part. Until Opened it is only a rumour: someone holds it, or the player wants it.
type Part struct {
	Name segment.Part

	// set when it is opened, and fixed from then on
	Opened   bool
	OpenedAt span.Span
	MadeAt   span.Span // when it was published, as far as can be told
	Manifest *manifest.Part
	Record   []byte // the signed record, to pass on
	Digest   id.Digest

	// owned by the engine
	Mine     wire.Bitmap // held and checked
	Checking wire.Bitmap // at the body, its check is under way
	Fresh    wire.Bitmap // checked, but not yet announced
	Wanted   bool        // the player waits for it
	WantedAt span.Span   // when it asked
	Given    bool        // the player has it, from us or by itself
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
	Quiet     span.Span   // there is nothing to plan for it before this, unless something happens

	all     wire.Bitmap
	holders []holder
}

type holder struct {
	peer   id.Peer
	pieces wire.Bitmap
	waived wire.Bitmap // it does not want these, though it does not hold them yet
}

// Count returns the number of pieces of an opened part.
func (p *Part) Count() int { return len(p.Manifest.Hashes) }

// All returns the set of all pieces of an opened part.
func (p *Part) All() wire.Bitmap { return p.all }

// Missing returns the pieces that are neither held nor being checked.
func (p *Part) Missing() wire.Bitmap { return p.all.Minus(p.Mine).Minus(p.Checking) }

// Complete reports whether every piece is held and checked.
func (p *Part) Complete() bool { return p.Opened && p.Mine == p.all }

// settled reports whether there will never be anything to do about a part but to keep it for others: it is complete, and both
// player and neighbours have what they are to have of it. Nothing that is held is ever lost before all of it is.
func (p *Part) settled() bool { return p.Complete() && !p.Wanted && p.Fresh.Empty() }

// WallMS returns the wall-clock time of an opened part's first sample.
func (p *Part) WallMS() int64 { return int64(p.Manifest.WallMS) }

// DurationMS returns an opened part's length in time, rounded up.
func (p *Part) DurationMS() int64 { return int64(p.Manifest.DurationUS+999) / 1000 }

// Hold notes that peer says it holds pieces. The table is bounded by the number of neighbours, who leave it when they go.
func (p *Part) Hold(peer id.Peer, pieces wire.Bitmap) {
	p.Quiet = 0
	h := p.holder(peer)
	h.pieces = h.pieces.Union(pieces)
}

// Waive notes that peer does not want to be sent pieces.
func (p *Part) Waive(peer id.Peer, pieces wire.Bitmap) {
	h := p.holder(peer)
	h.waived = h.waived.Union(pieces)
}

// Lacks reports whether peer may want to be sent a piece.
func (p *Part) Lacks(peer id.Peer, piece int) bool {
	for i := range p.holders {
		if h := &p.holders[i]; h.peer == peer {
			return !h.pieces.Has(piece) && !h.waived.Has(piece)
		}
	}
	return true
}

// holder returns what is known of a peer, made if there was nothing.
func (p *Part) holder(peer id.Peer) *holder {
	for i := range p.holders {
		if p.holders[i].peer == peer {
			return &p.holders[i]
		}
	}
	p.holders = append(p.holders, holder{peer: peer})
	return &p.holders[len(p.holders)-1]
}

// Drop forgets what peer said it holds: all, or just these pieces if it turned out not to.
func (p *Part) Drop(peer id.Peer, pieces wire.Bitmap) {
	for i := range p.holders {
		if p.holders[i].peer == peer {
			p.holders[i].pieces = p.holders[i].pieces.Minus(pieces)
		}
	}
}

// forget takes a departed neighbour out.
func (p *Part) forget(peer id.Peer) {
	for i := range p.holders {
		if p.holders[i].peer == peer {
			p.holders = append(p.holders[:i], p.holders[i+1:]...)
			return
		}
	}
}

// HeldBy returns what peer says it holds.
func (p *Part) HeldBy(peer id.Peer) wire.Bitmap {
	for i := range p.holders {
		if p.holders[i].peer == peer {
			return p.holders[i].pieces
		}
	}
	return wire.Bitmap{}
}

// HeldByAny returns what at least one of the neighbours that count says it holds.
func (p *Part) HeldByAny(counts func(id.Peer) bool) (all wire.Bitmap) {
	for i := range p.holders {
		if counts(p.holders[i].peer) {
			all = all.Union(p.holders[i].pieces)
		}
	}
	return all
}

// Source returns neighbour number i, from 0, of those that say they hold any of the part, or id.Origin if there are not so
// many.
func (p *Part) Source(i int) id.Peer {
	for j := range p.holders {
		if p.holders[j].pieces.Empty() {
			continue
		}
		if i--; i < 0 {
			return p.holders[j].peer
		}
	}
	return id.Origin
}

// Sources returns how many neighbours said they hold any of the part.
func (p *Part) Sources() int { return len(p.holders) }

// Holders yields the neighbours that say they hold piece, in the order in which they first spoke.
func (p *Part) Holders(piece int, yield func(id.Peer)) {
	for i := range p.holders {
		if p.holders[i].pieces.Has(piece) {
			yield(p.holders[i].peer)
		}
	}
}
