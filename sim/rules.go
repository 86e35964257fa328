package sim

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/pick"
	"shoal/wire"
)

// rules holds a mind to its promises, at every output:
//
//   - a piece is sent or announced only after its check said yes, and a part played only when all of it is held;
//   - nothing is said or sent to a peer that is not connected, as far as the mind was told;
//   - every request has a time at which the mind looks at it again;
//   - the player's question is answered, once, and in time (player.go);
//   - what is said can be read.
//
// What they cost is a twentieth of a run. swarmtest holds small swarms to more.
type rules struct {
	owed []owed // pieces asked of neighbours, not answered
}

type owed struct {
	part  segment.Part
	piece int
	from  id.Peer
}

// before learns from what the mind is about to hear which requests are settled.
func (r *rules) before(in swarm.Input) {
	if len(r.owed) == 0 {
		return
	}
	switch in := in.(type) {
	case swarm.Arrived:
		r.settle(in.From, in.Part, func(piece int) bool { return piece == in.Piece })
	case swarm.Said:
		if in.Data[0] == wire.TypeBusy {
			if busy, ok := parsed(in.Data).(wire.Busy); ok {
				r.settle(in.Peer, busy.Part, busy.Pieces.Has)
			}
		}
	case swarm.PeerDown:
		r.forget(in.Peer)
	}
}

func parsed(data []byte) wire.Message {
	m, err := wire.Parse(data)
	if err != nil {
		return nil
	}
	return m
}

func (r *rules) settle(from id.Peer, part segment.Part, has func(int) bool) {
	kept := r.owed[:0]
	for _, o := range r.owed {
		if o.from != from || o.part != part || !has(o.piece) {
			kept = append(kept, o)
		}
	}
	r.owed = kept
}

func (r *rules) forget(p id.Peer) {
	kept := r.owed[:0]
	for _, o := range r.owed {
		if o.from != p {
			kept = append(kept, o)
		}
	}
	r.owed = kept
}

// obeys checks one output.
func (v *viewer) obeys(o swarm.Output) {
	n := v.net
	switch o := o.(type) {
	case swarm.Say:
		if v.link(o.Peer) == nil && !v.downUnheard(o.Peer) {
			n.rule("%v spoke to %v, which is not connected", v.id, o.Peer)
		}
		v.says(o)
	case swarm.Send:
		if v.link(o.Peer) == nil && !v.downUnheard(o.Peer) {
			n.rule("%v sent to %v, which is not connected", v.id, o.Peer)
		}
		if !v.store.has(n.number(o.Part), o.Piece) {
			n.rule("%v sent piece %d of %v, which it had not checked", v.id, o.Piece, o.Part)
		}
	case swarm.Fetch:
		if o.Within <= 0 || o.From >= o.To || int(n.number(o.Part)) >= len(n.source.parts) {
			n.rule("%v fetches %v without a deadline, or nothing", v.id, o.Part)
		}
	case swarm.HangUp:
		v.rules.forget(o.Peer)
	case swarm.Play:
		v.answers(o.Part)
		if whole, _ := v.store.whole(n.number(o.Part)); !whole {
			n.rule("%v plays %v with pieces unchecked or missing", v.id, o.Part)
		}
	case swarm.Decline:
		v.answers(o.Part)
	}
}

// downUnheard reports whether the mind is about to hear that a peer is gone: what it does in between is no fault.
func (v *viewer) downUnheard(p id.Peer) bool {
	for _, in := range v.inbox {
		if down, ok := in.(swarm.PeerDown); ok && down.Peer == p {
			return true
		}
	}
	return false
}

func (v *viewer) answers(part segment.Part) {
	if p := &v.player; !p.asking || p.direct || p.asked != v.net.number(part) {
		v.net.rule("%v answers %v, which nobody waits for", v.id, part)
	}
}

// says checks a message: only those that could break a rule are read.
func (v *viewer) says(o swarm.Say) {
	switch o.Data[0] {
	case wire.TypeHave:
		have, ok := parsed(o.Data).(wire.Have)
		if !ok {
			v.net.rule("%v says what nobody can read", v.id)
			return
		}
		for i := have.Pieces.Next(0); i >= 0; i = have.Pieces.Next(i + 1) {
			if !v.store.has(v.net.number(have.Part), i) {
				v.net.rule("%v announces piece %d of %v, which it had not checked", v.id, i, have.Part)
				return
			}
		}
	case wire.TypeWant:
		if !v.net.policy.engine() {
			return
		}
		want, ok := parsed(o.Data).(wire.Want)
		if !ok {
			v.net.rule("%v says what nobody can read", v.id)
			return
		}
		for i := want.Pieces.Next(0); i >= 0; i = want.Pieces.Next(i + 1) {
			v.rules.owed = append(v.rules.owed, owed{want.Part, i, o.Peer})
		}
	case wire.TypeCancel:
		if cancel, ok := parsed(o.Data).(wire.Cancel); ok && len(v.rules.owed) > 0 {
			v.rules.settle(o.Peer, cancel.Part, cancel.Pieces.Has)
		}
	}
}

// awaits checks that the mind wakes in time for what it asked for, and never in the past.
func (v *viewer) awaits(at span.Span, ok bool) {
	switch {
	case ok && at <= v.now():
		v.net.rule("%v wants to be woken at %d, and it is %d", v.id, at, v.now())
	case len(v.rules.owed) > 0 && (!ok || at > v.now()+pick.AskLongest):
		v.net.rule("%v waits for %d pieces without a time to give up", v.id, len(v.rules.owed))
	}
}
