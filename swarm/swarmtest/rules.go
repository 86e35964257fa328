package swarmtest

import (
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/swarm"
	"shoal/swarm/pick"
	"shoal/wire"
)

// rules holds an engine to its promises, whatever the scenario. Each is checked after every step:
//
//   - a piece is sent, announced or played only after its check said yes;
//   - a neighbour is asked only for what it announced, and no more than it may owe;
//   - every request has a time at which the engine looks at it again;
//   - the player's question is answered, once;
//   - nothing is said to a peer that is not connected;
//   - the signature of a part that is open is checked no more;
//   - a parent follows every track that its child follows.
type rules struct {
	node      *Node
	good      map[segment.Part]wire.Bitmap
	up        map[id.Peer]bool // as far as the engine was told
	announced map[id.Peer]map[segment.Part]wire.Bitmap
	owed      map[pieceKey]bool
	wanted    map[segment.Part]bool
	follows   segment.Tracks
	theirs    map[id.Peer]segment.Tracks // as they said last
}

func newRules(n *Node) *rules {
	return &rules{
		node: n, up: map[id.Peer]bool{}, good: map[segment.Part]wire.Bitmap{}, announced: map[id.Peer]map[segment.Part]wire.Bitmap{},
		owed: map[pieceKey]bool{}, wanted: map[segment.Part]bool{},
		follows: segment.AllTracks, theirs: map[id.Peer]segment.Tracks{},
	}
}

func (r *rules) broken(format string, args ...any) {
	r.node.world.problem("%s: "+format, append([]any{r.node.Name}, args...)...)
}

// before learns from what the engine is about to hear.
func (r *rules) before(in swarm.Input) {
	switch in := in.(type) {
	case swarm.Checked:
		if in.OK {
			b := r.good[in.Part]
			b.Set(in.Piece)
			r.good[in.Part] = b
		}
	case swarm.Said:
		r.said(in)
	case swarm.Arrived:
		delete(r.owed, pieceKey{in.Part, in.Piece, in.From})
	case swarm.PeerUp:
		r.up[in.Peer] = true
	case swarm.PeerDown:
		r.gone(in.Peer)
	case swarm.Following:
		r.follows = in.Tracks
	case swarm.Wanted:
		if r.wanted[in.Part] {
			r.broken("the player asked twice for %s", partText(in.Part))
		}
		r.wanted[in.Part] = true
	}
}

func (r *rules) said(in swarm.Said) {
	m, err := wire.Parse(in.Data)
	if err != nil {
		return
	}
	switch m := m.(type) {
	case wire.Have:
		if r.announced[in.Peer] == nil {
			r.announced[in.Peer] = map[segment.Part]wire.Bitmap{}
		}
		r.announced[in.Peer][m.Part] = r.announced[in.Peer][m.Part].Union(m.Pieces)
	case wire.State:
		r.theirs[in.Peer] = m.Tracks
	case wire.Busy:
		r.settle(in.Peer, m.Part, m.Pieces)
	}
}

func (r *rules) settle(p id.Peer, part segment.Part, pieces wire.Bitmap) {
	for i := pieces.Next(0); i >= 0 && i < segment.PiecesMax-1; i = pieces.Next(i + 1) {
		delete(r.owed, pieceKey{part, i, p})
	}
}

func (r *rules) gone(p id.Peer) {
	delete(r.up, p)
	delete(r.announced, p)
	for k := range r.owed {
		if k.from == p {
			delete(r.owed, k)
		}
	}
}

func (r *rules) check(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Say:
		r.connected(o.Peer, "spoke to")
		r.says(o)
	case swarm.Send:
		r.connected(o.Peer, "sent to")
		if !r.good[o.Part].Has(o.Piece) {
			r.broken("sent %s %d unchecked", partText(o.Part), o.Piece)
		}
	case swarm.HangUp:
		r.gone(o.Peer)
	case swarm.Fetch:
		if o.Within <= 0 || o.From >= o.To {
			r.broken("fetch of %s without deadline or pieces", partText(o.Part))
		}
	case swarm.CheckSignature:
		if p, err := manifest.ParsePart(slices.Concat(o.Message, o.Signature[:])); err == nil {
			if _, open := r.node.body.open[p.Name()]; open {
				r.broken("checked the signature of %s again", partText(p.Name()))
			}
		}
	case swarm.Play:
		r.answered(o.Part)
		if open, ok := r.node.body.open[o.Part]; !ok || r.good[o.Part] != wire.Full(segment.Pieces(open.Length, open.PieceSize)) {
			r.broken("played %s with pieces unchecked or missing", partText(o.Part))
		}
	case swarm.Decline:
		r.answered(o.Part)
	case swarm.Evict:
		delete(r.good, o.Part)
	}
}

func (r *rules) answered(p segment.Part) {
	if !r.wanted[p] {
		r.broken("answered %s, which nobody waits for", partText(p))
	}
	delete(r.wanted, p)
}

func (r *rules) connected(p id.Peer, did string) {
	if !r.up[p] {
		r.broken("%s %s, which is not connected", did, r.node.world.node(p).Name)
	}
}

func (r *rules) says(o swarm.Say) {
	m, err := wire.Parse(o.Data)
	if err != nil {
		r.broken("said what no peer can read")
		return
	}
	switch m := m.(type) {
	case wire.Have:
		if !m.Pieces.Minus(r.good[m.Part]).Empty() {
			r.broken("announced unchecked pieces of %s", partText(m.Part))
		}
	case wire.Sub:
		if !r.theirs[o.Peer].Covers(r.follows) {
			r.broken("subscribed to %s, which follows %08b, for %08b", r.node.world.node(o.Peer).Name, r.theirs[o.Peer], r.follows)
		}
	case wire.SubOK:
		if !r.follows.Covers(r.theirs[o.Peer]) {
			r.broken("serves %s, which follows %08b, with %08b", r.node.world.node(o.Peer).Name, r.theirs[o.Peer], r.follows)
		}
	case wire.Want:
		r.asks(o.Peer, m)
	case wire.Cancel:
		r.settle(o.Peer, m.Part, m.Pieces)
	}
}

func (r *rules) asks(p id.Peer, m wire.Want) {
	if !m.Pieces.Minus(r.announced[p][m.Part]).Empty() {
		r.broken("asked %s for what it did not announce", r.node.world.node(p).Name)
	}
	for i := range segment.PiecesMax {
		if m.Pieces.Has(i) {
			r.owed[pieceKey{m.Part, i, p}] = true
		}
	}
	owes := 0
	for k := range r.owed {
		if k.from == p {
			owes++
		}
	}
	if owes > pick.ProvenAsks {
		r.broken("%s owes %d pieces", r.node.world.node(p).Name, owes)
	}
}

// after looks at the engine between steps.
func (r *rules) after() {
	at, ok := r.node.engine.Wake()
	if len(r.owed) > 0 && (!ok || at > r.node.world.now+pick.AskLongest) {
		r.broken("waits for pieces without a time to give up")
	}
	if ok && at <= r.node.world.now {
		r.broken("wants to be woken in the past")
	}
}
