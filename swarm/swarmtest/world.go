package swarmtest

import (
	"fmt"
	"slices"
	"strings"

	"shoal/id"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
	"shoal/wire"
)

// World is a few engines, the links between them, an origin and a tracker, under one clock.
type World struct {
	clock
	source *source
	nodes  []*Node
	trace  func(line string)

	// what the scenario sets
	Link    span.Span // one way, between any two peers
	Origin  span.Span // one request, whatever its size
	Tracker span.Span // from the source to a peer
	Latency span.Span // how far behind live everyone plays
	Uplink  int       // bytes per second
	Dead    bool      // the tracker brings nothing
	Record  bool      // those who join later keep a tape

	published map[segment.Part]bool
	records   map[segment.Part][]byte // of what was published
	recorded  []known                 // all of a recording; nil is a live channel
	bundle    [][]byte                // its records
	problems  []string
}

// NewWorld returns an empty world with everyday delays.
func NewWorld() *World {
	return &World{
		source: newSource(1, 7), published: map[segment.Part]bool{}, records: map[segment.Part][]byte{}, trace: func(string) {},
		Link: 20 * span.Millisecond, Origin: 60 * span.Millisecond, Tracker: 15 * span.Millisecond,
		Latency: 3 * span.Second, Uplink: 2_000_000,
	}
}

// Node is one peer: an engine, and a body that has no bytes.
type Node struct {
	world  *World
	Name   string
	id     id.Peer
	engine *swarm.Engine
	body   *body
	player *player
	rules  *rules
	gone   bool
	weaned bool   // it has told the tracker to send no records
	habit  string // "", or how it misbehaves
	links  []*Node
	wakeAt span.Span

	Tape    []byte // what the engine heard, if the scenario records
	Outputs []byte // what it answered: each step's output records, their length first
}

// Join adds a peer and introduces it to all that are there.
func (w *World) Join(name string) *Node {
	peer := id.Peer(len(w.nodes) + 1)
	config := swarm.Config{
		Self: peer, Channel: w.source.identity.Public(), Seed: uint64(peer), BirthWallMS: bornWallMS, UplinkBytesPerSecond: w.Uplink,
		Recorded: w.recorded != nil,
	}
	n := &Node{world: w, Name: name, id: peer, engine: swarm.New(config), body: newBody()}
	n.player = newPlayer(n)
	n.rules = newRules(n)
	if w.Record {
		n.Tape = tape.AppendHead(nil, config)
	}
	others := slices.Clone(w.nodes)
	w.nodes = append(w.nodes, n)
	n.offer(id.Origin, w.source.certificate)
	for _, other := range others {
		if !other.gone {
			n.step(swarm.Introduced{Peer: other.id, Dial: true})
			other.step(swarm.Introduced{Peer: n.id})
		}
	}
	if w.recorded == nil {
		n.player.start()
	}
	return n
}

// Tracks has the tracker die, or come back and know nobody's wishes.
func (w *World) Tracks(up bool) {
	w.Dead = !up
	for _, n := range w.nodes {
		n.weaned = false
		n.step(swarm.Tracked{Up: up})
	}
}

// Leave ends a peer without a word.
func (w *World) Leave(name string) {
	n := w.find(name)
	n.gone = true
	for _, other := range slices.Clone(n.links) {
		w.unlink(n, other)
		w.after(2*span.Second, func() { other.step(swarm.PeerDown{Peer: n.id}) })
	}
}

func (w *World) find(name string) *Node {
	for _, n := range w.nodes {
		if n.Name == name {
			return n
		}
	}
	panic("no peer " + name)
}

func (w *World) node(p id.Peer) *Node { return w.nodes[p-1] }

// Seed tells a peer which stripes to fetch for all.
func (w *World) Seed(name string, from, to int) {
	var mask uint16
	for i := from; i <= to; i++ {
		mask |= 1 << i
	}
	w.find(name).step(swarm.Seeding{Stripes: mask})
}

// Publish makes the next part of a track and has the tracker tell everyone.
func (w *World) Publish(track segment.Track, duration span.Span, pieces int) {
	begun := uint64(bornWallMS) + uint64((w.now-duration)/span.Millisecond)
	name, record := w.source.part(track, begun, uint32(duration/span.Microsecond), pieces)
	w.published[name], w.records[name] = true, record
	for _, n := range w.nodes {
		if !w.Dead && !n.gone && !n.weaned {
			n.body.told++
			w.after(w.Tracker, func() { n.offer(id.Origin, record) })
		}
		n.player.out(name, pieces, int64(begun), int64(duration/span.Millisecond))
	}
}

func (w *World) link(a, b *Node) {
	if a.gone || b.gone || slices.Contains(a.links, b) {
		return
	}
	a.links, b.links = append(a.links, b), append(b.links, a)
	a.step(swarm.PeerUp{Peer: b.id})
	b.step(swarm.PeerUp{Peer: a.id})
}

func (w *World) unlink(a, b *Node) {
	a.links = slices.DeleteFunc(a.links, func(n *Node) bool { return n == b })
	b.links = slices.DeleteFunc(b.links, func(n *Node) bool { return n == a })
}

func (w *World) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf("%7.3f ", float64(w.now)/float64(span.Second))+fmt.Sprintf(format, args...))
}

// say delivers a message of a peer's engine, or of its bad habit.
func (w *World) say(from *Node, to id.Peer, data []byte) {
	peer := w.node(to)
	w.log(from, peer, data)
	w.after(w.Link, func() {
		if !slices.Contains(peer.links, from) {
			return
		}
		if data[0] == wire.TypeManifest {
			peer.offer(from.id, data[1:])
			return
		}
		peer.step(swarm.Said{Peer: from.id, Data: data})
	})
}

func (w *World) log(from, to *Node, data []byte) {
	m, err := wire.Parse(data)
	if err != nil {
		w.trace(fmt.Sprintf("%s > %s  garbage", from.Name, to.Name))
		return
	}
	kind := strings.ToUpper(strings.TrimPrefix(fmt.Sprintf("%T", m), "wire."))
	switch m := m.(type) {
	case wire.Have:
		kind += " " + partText(m.Part) + " " + piecesText(m.Pieces)
	case wire.Want:
		kind += " " + partText(m.Part) + " " + piecesText(m.Pieces)
	case wire.Cancel:
		kind += " " + partText(m.Part) + " " + piecesText(m.Pieces)
	case wire.Busy:
		kind += " " + partText(m.Part) + " " + piecesText(m.Pieces)
	case wire.Lack:
		kind += " " + partText(m.Part)
	}
	w.trace(fmt.Sprintf("%s > %s  %s", from.Name, to.Name, kind))
}

func partText(p segment.Part) string { return fmt.Sprintf("%d.%d", p.Track, p.Seq) }

// piecesText writes a set as 0-3,7.
func piecesText(b wire.Bitmap) string {
	var runs []string
	for i := b.Next(0); i >= 0; {
		j := i
		for j+1 < segment.PiecesMax && b.Has(j+1) {
			j++
		}
		if i == j {
			runs = append(runs, fmt.Sprint(i))
		} else {
			runs = append(runs, fmt.Sprintf("%d-%d", i, j))
		}
		if j+1 == segment.PiecesMax {
			break
		}
		i = b.Next(j + 1)
	}
	return strings.Join(runs, ",")
}

func (n *Node) offer(from id.Peer, record []byte) {
	n.step(swarm.Offered{From: from, Digest: sign.Digest(record), Data: record})
}

// Engine returns the peer's engine.
func (n *Node) Engine() *swarm.Engine { return n.engine }
