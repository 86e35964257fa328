package sim

import (
	"shoal/coord"
	"shoal/id"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// perform does one output.
func (v *viewer) perform(o swarm.Output) {
	n := v.net
	switch o := o.(type) {
	case swarm.Able:
		v.able(o.Slots)
	case swarm.Position:
		v.at = coord.At{Peer: v.id, PositionMS: o.WallMS - bornWallMS}
		v.tell(v.at)
	case swarm.Dial:
		v.dial(n.viewer(o.Peer))
	case swarm.HangUp:
		v.complain(o.Peer, o.Why)
		if l := v.link(o.Peer); l != nil {
			n.after(n.owd(v, n.viewer(o.Peer)), event{kind: linkDown, node: indexOf(o.Peer), other: v.index, ref: l.number})
			v.unlink(o.Peer)
		}
	case swarm.Say:
		v.say(o)
	case swarm.Send:
		v.send(o)
	case swarm.Fetch:
		v.fetch(o)
	case swarm.CheckPiece:
		v.check(o)
	case swarm.Forget:
		v.drop(n.number(o.Part), o.Piece, o.From)
		n.measure.duplicate(v, o)
	case swarm.CheckSignature:
		v.step(swarm.SignatureChecked{Ref: o.Ref, OK: true})
	case swarm.Play, swarm.Decline:
		v.player.answer(o)
	case swarm.Evict:
		v.store.evict(n.number(o.Part))
	case swarm.Records:
		v.records(o.On)
	case swarm.FetchRecord:
		v.fetchRecord(o)
	case swarm.Open:
		v.player.published(int32(o.Part.Seq) + 1)
	case swarm.Note:
		v.noticed(o)
		n.measure.note(o)
	}
}

// say sends a control message. It waits behind the pieces that the transport has.
func (v *viewer) say(o swarm.Say) {
	l := v.link(o.Peer)
	if l == nil {
		return // it went down while the mind was at it
	}
	if data := v.twist(o.Data); data != nil {
		v.utter(l, data)
	}
}

func (v *viewer) utter(l *link, data []byte) {
	n := v.net
	n.measure.message(data)
	v.overhears(l.peer, data)
	if l.sctp != nil {
		l.buffered += len(data)
	}
	v.give(l, event{kind: arrive, node: indexOf(l.peer), other: v.index, size: int32(len(data)), ref: n.letters.post(letter{data: data})})
}

// hears takes in a control message.
func (v *viewer) hears(e *event) {
	from := e.peer()
	if v.link(from) != nil && !v.net.takes(v, e) {
		return
	}
	v.received(from, int(e.size))
	data := v.net.letters.open(e.ref).data
	switch {
	case v.link(from) == nil:
	case data[0] == wire.TypeManifest:
		v.step(swarm.Offered{From: from, Digest: digestOf(data[1:]), Data: data[1:]})
	default:
		v.step(swarm.Said{Peer: from, Data: data})
	}
}

// send gives a piece to the transport.
func (v *viewer) send(o swarm.Send) {
	l := v.link(o.Peer)
	if l == nil {
		return
	}
	n := v.net
	number := n.number(o.Part)
	goes, truth, late := v.sends()
	hop, tainted := v.store.hop(number, o.Piece)
	size := n.source.part(number).manifest.PieceLength(o.Piece) + wire.PieceHeaderSize
	e := event{
		node: v.index, other: indexOf(o.Peer), part: number, piece: int16(o.Piece), hop: hop + 1, flag: truth && !tainted, size: int32(size),
	}
	l.buffered += size
	switch {
	case !goes:
		e.kind = drained
		n.after(span.Millisecond, e)
	case late > 0:
		e.kind = withheld
		n.after(late, e)
	default:
		e.kind = left
		v.give(l, e)
	}
}

// transmit puts a piece on the uplink: first it is out of the transport, then out of the modem.
func (v *viewer) transmit(l *link, e event) {
	n := v.net
	gone := n.carry(v, l, int(e.size))
	if n.Bloat > 0 && l.sctp == nil {
		e.kind = drained
		n.at(gone-n.Bloat, e)
	}
	e.kind = left
	n.at(gone, e)
}

// letGo sends what was withheld.
func (v *viewer) letGo(e *event) {
	if l := v.link(e.peer()); l != nil {
		on := *e
		on.kind = left
		v.give(l, on)
	}
}

// sent has a piece out of the uplink travel on.
func (v *viewer) sent(e *event) {
	n := v.net
	l := v.link(e.peer())
	if l == nil {
		return
	}
	to := n.viewers[e.other]
	if again, ok := n.admits(to, int(e.size)); !ok {
		n.at(again, *e)
		return
	}
	on := *e
	on.kind, on.node, on.other = landed, to.index, v.index
	n.at(n.arrival(v, l, n.now, int(e.size)), on)
	if n.Bloat == 0 && l.sctp == nil {
		v.drained(e)
	}
}

func (v *viewer) drained(e *event) {
	to := e.peer()
	if l := v.link(to); l != nil {
		l.buffered -= int(e.size)
		v.step(swarm.Drained{Peer: to, Buffered: l.buffered})
	}
}

// arrived is a piece that came and is not yet checked.
type arrived struct {
	part  int32
	piece int
	from  id.Peer
	truth bool
	hop   uint8
}

func (v *viewer) arrives(a arrived) {
	made := v.net.source.part(a.part)
	v.pending = append(v.pending, a)
	v.step(swarm.Arrived{From: a.from, Part: made.name(), Piece: a.piece, Size: made.manifest.PieceLength(a.piece)})
}

// drop takes a piece out of those that wait for their check.
func (v *viewer) drop(part int32, piece int, from id.Peer) (a arrived, found bool) {
	for i, a := range v.pending {
		if a.part == part && a.piece == piece && a.from == from {
			last := len(v.pending) - 1
			v.pending[i] = v.pending[last]
			v.pending = v.pending[:last]
			return a, true
		}
	}
	return arrived{}, false
}

// check answers what the hash would say. A policy that verifies nothing takes everything.
func (v *viewer) check(o swarm.CheckPiece) {
	a, found := v.drop(v.net.number(o.Part), o.Piece, o.From)
	good := found && (a.truth || v.net.policy.credulous)
	if good {
		made := v.net.source.part(a.part)
		v.net.measure.piece(v, made, a)
		if v.store.hold(v.net.now, a, made.manifest.PieceLength(a.piece), len(made.manifest.Hashes)) {
			v.net.measure.complete(v, made)
		}
	}
	v.step(swarm.Checked{Part: o.Part, Piece: o.Piece, From: o.From, OK: good})
	if v.net.Recorded > 0 {
		v.makeRoom()
	}
}
