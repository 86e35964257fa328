package swarmtest

import (
	"encoding/binary"
	"fmt"
	"slices"

	"shoal/id"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
)

// pieceKey names the bytes of one piece as one sender brought them.
type pieceKey struct {
	part  segment.Part
	piece int
	from  id.Peer
}

// body stands for a peer's memory: whether each piece that it holds is the true one.
type body struct {
	pending map[pieceKey]bool // true bytes?
	held    map[segment.Part]map[int]bool
	open    map[segment.Part]swarm.Open

	fromPeers, fromOrigin, refused, duplicate, rescues, sent int
	told, asked                                              int // records that the tracker sent, and that the origin was asked for
}

func newBody() *body {
	return &body{pending: map[pieceKey]bool{}, held: map[segment.Part]map[int]bool{}, open: map[segment.Part]swarm.Open{}}
}

// step gives the engine an input and does what it says.
func (n *Node) step(in swarm.Input) {
	if n.gone {
		return
	}
	now := n.world.now
	n.rules.before(in)
	outputs := n.engine.Step(now, in, nil)
	n.record(now, in, outputs)
	for _, o := range outputs {
		n.rules.check(o)
		n.perform(o)
	}
	n.rules.after()
	n.sleep()
}

func (n *Node) record(now span.Span, in swarm.Input, outputs []swarm.Output) {
	if n.Tape == nil {
		return
	}
	n.Tape = tape.AppendFramed(n.Tape, now, in)
	n.Outputs = appendStep(n.Outputs, outputs)
}

// appendStep appends one step's outputs as a file of them holds it.
func appendStep(b []byte, outputs []swarm.Output) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, o := range outputs {
		b = tape.AppendOutput(b, o)
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// Replay steps a new engine through a tape and returns its outputs, as Node.Outputs has them.
func Replay(file []byte) (outputs []byte, err error) {
	config, records, err := tape.SplitFile(file)
	if err != nil {
		return nil, err
	}
	engine := swarm.New(config)
	for record := range records {
		now, in, err := tape.ParseInput(record)
		if err != nil {
			return nil, err
		}
		outputs = appendStep(outputs, engine.Step(now, in, nil))
	}
	return outputs, nil
}

// sleep arranges for the Tick that the engine asked for.
func (n *Node) sleep() {
	at, ok := n.engine.Wake()
	if !ok || at == n.wakeAt {
		return
	}
	n.wakeAt = at
	n.world.after(max(at-n.world.now, 0), func() {
		if n.wakeAt == at {
			n.wakeAt = 0
			n.step(swarm.Tick{})
		}
	})
}

func (n *Node) perform(o swarm.Output) {
	w := n.world
	switch o := o.(type) {
	case swarm.Dial:
		w.after(5*w.Link, func() { w.link(n, w.node(o.Peer)) })
	case swarm.HangUp:
		other := w.node(o.Peer)
		w.trace(fmt.Sprintf("%s hangs up on %s", n.Name, other.Name))
		w.unlink(n, other)
		w.after(w.Link, func() { other.step(swarm.PeerDown{Peer: n.id}) })
	case swarm.Say:
		if n.habit != "mute" {
			w.say(n, o.Peer, o.Data)
		}
	case swarm.Send:
		n.send(o)
	case swarm.Fetch:
		n.fetch(o)
	case swarm.CheckPiece:
		k := pieceKey{o.Part, o.Piece, o.From}
		good := n.body.pending[k] && o.Hash == hashOf(o.Part, o.Piece)
		delete(n.body.pending, k)
		if good {
			n.body.hold(o)
		}
		w.after(span.Millisecond, func() { n.step(swarm.Checked{Part: o.Part, Piece: o.Piece, From: o.From, OK: good}) })
	case swarm.Forget:
		delete(n.body.pending, pieceKey{o.Part, o.Piece, o.From})
	case swarm.CheckSignature:
		good := sign.Verify(o.Key, o.Message, o.Signature)
		w.after(span.Millisecond, func() { n.step(swarm.SignatureChecked{Ref: o.Ref, OK: good}) })
	case swarm.Open:
		n.body.open[o.Part] = o
	case swarm.Play, swarm.Decline:
		n.player.answer(o)
	case swarm.Evict:
		delete(n.body.held, o.Part)
		delete(n.body.open, o.Part)
	case swarm.Records:
		w.trace(fmt.Sprintf("%s has records from the tracker: %v", n.Name, o.On))
		n.weaned = !o.On
	case swarm.FetchRecord:
		n.fetchRecord(o, w.now+span.Span(o.Within)*span.Millisecond)
	case swarm.Note:
		n.count(o)
	}
}

func (b *body) hold(o swarm.CheckPiece) {
	if b.held[o.Part] == nil {
		b.held[o.Part] = map[int]bool{}
	}
	b.held[o.Part][o.Piece] = true
	if o.From == id.Origin {
		b.fromOrigin++
	} else {
		b.fromPeers++
	}
}

func (n *Node) count(o swarm.Note) {
	switch o.What {
	case swarm.PieceRefused:
		n.body.refused++
	case swarm.PieceDuplicate:
		n.body.duplicate++
	case swarm.RescueStarted:
		n.body.rescues++
	}
}

// send carries a piece to a neighbour: true, or altered if that is the sender's habit.
func (n *Node) send(o swarm.Send) {
	w, to := n.world, n.world.node(o.Peer)
	n.body.sent++
	w.trace(fmt.Sprintf("%s > %s  PIECE %s %d", n.Name, to.Name, partText(o.Part), o.Piece))
	w.after(w.Link, func() { n.step(swarm.Drained{Peer: o.Peer, Buffered: 0}) })
	if n.habit == "drop" {
		return
	}
	truth := n.habit != "alter"
	w.after(w.Link, func() {
		if slices.Contains(to.links, n) {
			to.arrive(n.id, o.Part, o.Piece, truth)
		}
	})
}

func (n *Node) arrive(from id.Peer, part segment.Part, piece int, truth bool) {
	n.body.pending[pieceKey{part, piece, from}] = truth
	n.step(swarm.Arrived{From: from, Part: part, Piece: piece, Size: segment.PieceSizeMin})
}

// fetchRecord asks the origin for a record, which it holds back till it is made.
func (n *Node) fetchRecord(o swarm.FetchRecord, until span.Span) {
	w := n.world
	w.after(w.Origin, func() {
		record, made := w.records[o.Part]
		switch {
		case made:
			n.body.asked++
			n.offer(id.Origin, record)
			n.step(swarm.Fetched{Ref: o.Ref})
		case w.now >= until:
			n.step(swarm.Fetched{Ref: o.Ref, Failed: true})
		default:
			n.fetchRecord(o, until)
		}
	})
}

// fetch asks the origin, which has what was published.
func (n *Node) fetch(o swarm.Fetch) {
	w := n.world
	w.trace(fmt.Sprintf("%s fetches %s %d-%d from the origin", n.Name, partText(o.Part), o.From, o.To-1))
	w.after(w.Origin, func() {
		if w.Origin >= span.Span(o.Within)*span.Millisecond || !w.published[o.Part] {
			n.step(swarm.Fetched{Ref: o.Ref, Failed: true})
			return
		}
		for i := o.From; i < o.To; i++ {
			n.arrive(id.Origin, o.Part, i, true)
		}
		n.step(swarm.Fetched{Ref: o.Ref})
	})
}
