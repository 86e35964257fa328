package sim

import (
	"fmt"

	"shoal/id"
	"shoal/segment"
	"shoal/sim/rival"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// measure counts what happens after the warm-up. Bytes are of media, unless said otherwise.
type measure struct {
	net *Internet

	rungs          []rungTally
	turns          int64 // of players to another rendition
	publishedBytes float64
	originBytes    float64
	joinBytes      float64 // of originBytes: for who came less than joinFor ago
	peerBytes      float64
	localBytes     float64 // of them: within one network
	duplicateBytes float64
	controlBytes   float64 // of peers' messages
	beside         float64 // of tracker, records and playlists

	joins, bans int64
	parts       int64 // that players got
	lateParts   int64 // of them
	declines    int64 // of them: their players got them by themselves
	tainted     int64 // of them: not what was signed
	stalled     span.Span
	watched     span.Span
	ages        []int32 // of parts, ms
	starts      []int32 // ms
	seeks       []int32 // ms

	pieces, hops int64 // that came from peers
	refused      int64
	rescues      int64
	byHop        [HopsMax + 1]tally // of ages, ms
	keysByHop    [HopsMax + 1]tally // the same, of parts with a key frame

	steps    uint64            // of minds, since the beginning
	inputs   [inputKinds]int64 // steps while measuring, by what was heard
	messages [256]tally        // of bytes
	used     []span.Span       // of uplinks, by class
	could    []span.Span       // that they were there
	seconds  []second
	causes   [causes]causeTally
	blames   map[string]int64 // nil unless somebody wants to know
	twice    map[string]int64 // the same: bytes that came twice, by how that came
}

// rungTally is what happened to one rendition.
type rungTally struct {
	published, origin, peers float64 // bytes
	parts, late              int64
}

// tally is how many there were of something, and their sum.
type tally struct{ n, sum int64 }

func (t *tally) add(v int64) {
	t.n++
	t.sum += v
}

func (t *tally) mean() int64 { return t.sum / max(1, t.n) }

// second is what happened in one second of the measurement.
type second struct{ published, origin, peers float64 }

const (
	// joinFor is how long a viewer counts as a newcomer.
	joinFor = 10 * span.Second
	// HopsMax is the last bar of the hop histogram: so many, or more.
	HopsMax = 15
)

func (m *measure) begin(n *Internet) {
	m.net = n
	m.rungs = make([]rungTally, len(n.Ladder))
	m.used, m.could = make([]span.Span, len(n.Uplinks)), make([]span.Span, len(n.Uplinks))
	m.seconds = make([]second, n.Measure/span.Second+1)
}

// on reports whether it counts. The end is not counted any more: the part that is published then belongs to what follows.
func (m *measure) on() bool {
	return m.net.now >= m.net.Warm && m.net.now < m.net.Warm+m.net.Measure
}

// step counts what a mind heard.
func (m *measure) step(in swarm.Input) {
	m.steps++
	if m.on() {
		m.inputs[inputKind(in)]++
	}
}

// last returns what happened in the last lastFor of the measurement.
func (m *measure) last() (last second) {
	for _, s := range m.seconds[max(0, len(m.seconds)-int(lastFor/span.Second)-1):] {
		last.origin += s.origin
		last.published += s.published
	}
	return last
}

func (m *measure) second() *second {
	return &m.seconds[min(int((m.net.now-m.net.Warm)/span.Second), len(m.seconds)-1)]
}

func (m *measure) published(rung segment.Track, size int) {
	if m.on() {
		m.rungs[rung].published += float64(size)
		m.publishedBytes += float64(size)
		m.second().published += float64(size)
	}
}

// origin counts media that the origin sends to a viewer.
func (m *measure) origin(v *viewer, rung segment.Track, size int) {
	if !m.on() {
		return
	}
	m.rungs[rung].origin += float64(size)
	m.originBytes += float64(size)
	m.second().origin += float64(size)
	if m.net.now-v.born < joinFor {
		m.joinBytes += float64(size)
	}
}

// besides counts bytes of the tracker and of playlists.
func (m *measure) besides(size int) {
	if m.on() {
		m.beside += float64(size)
	}
}

// message counts what one peer says to another.
func (m *measure) message(data []byte) {
	if m.on() {
		m.controlBytes += float64(len(data) + overhead)
		m.messages[data[0]].add(int64(len(data) + overhead))
	}
}

// piece counts a piece that was checked and is kept.
func (m *measure) piece(v *viewer, made *made, a arrived) {
	if !m.on() {
		return
	}
	age := int64((m.net.now - made.at) / span.Millisecond)
	m.byHop[min(int(a.hop), HopsMax)].add(age)
	if made.manifest.Independent {
		m.keysByHop[min(int(a.hop), HopsMax)].add(age)
	}
	if a.from == id.Origin {
		return
	}
	size := float64(made.manifest.PieceLength(a.piece))
	m.peerBytes += size
	if m.net.PerNetwork > 1 && m.net.viewer(a.from).prefix() == v.prefix() {
		m.localBytes += size
	}
	m.rungs[made.manifest.Track].peers += size
	m.second().peers += size
	m.pieces++
	m.hops += int64(a.hop)
}

// complete counts a part that a viewer holds all of.
func (m *measure) complete(v *viewer, made *made) {
	if m.on() && m.net.Recorded == 0 && int32(made.manifest.Seq) >= v.player.first {
		m.ages = append(m.ages, int32((m.net.now-made.at)/span.Millisecond))
	}
}

func (m *measure) duplicate(v *viewer, o swarm.Forget) {
	if m.on() && o.From != id.Origin {
		made := m.net.source.part(m.net.number(o.Part))
		m.duplicateBytes += float64(made.manifest.PieceLength(o.Piece))
		m.again(v, o, made.manifest.PieceLength(o.Piece))
	}
}

func (m *measure) note(o swarm.Note) {
	if !m.on() {
		return
	}
	switch o.What {
	case swarm.PieceRefused:
		m.refused++
	case swarm.RescueStarted:
		m.rescues++
	}
}

func (m *measure) joined() {
	if m.on() {
		m.joins++
	}
}

func (m *measure) banned() {
	if m.on() {
		m.bans++
	}
}

// start counts how long a viewer waited for the first picture, there or where it sought it.
func (m *measure) start(took span.Span, sought bool) {
	switch {
	case !m.on():
	case sought:
		m.seeks = append(m.seeks, int32(took/span.Millisecond))
	default:
		m.starts = append(m.starts, int32(took/span.Millisecond))
	}
}

// declined counts a part that the engine left to the player.
func (m *measure) declined() {
	if m.on() {
		m.declines++
	}
}

// played counts a part that a viewer got from its engine.
func (m *measure) played(bad bool) {
	if m.on() && bad {
		m.tainted++
	}
}

func (m *measure) turned() {
	if m.on() {
		m.turns++
	}
}

// due counts a part of a rung that the player needed, and by how much it came late.
func (m *measure) due(rung int, late span.Span) {
	if !m.on() {
		return
	}
	m.parts++
	m.rungs[rung].parts++
	m.watched += m.net.Part
	if late > 0 {
		m.lateParts++
		m.rungs[rung].late++
		m.stalled += late
	}
}

// left counts a viewer who is not there any more.
func (m *measure) left(v *viewer) { m.line(v) }

// line counts what a viewer's uplink did since measuring began, once for each viewer.
func (m *measure) line(v *viewer) {
	if m.net.now >= m.net.Warm && v.habit == honest {
		m.used[v.class] += v.line.upUsed
		m.could[v.class] += m.net.now - max(v.born, m.net.Warm)
	}
}

// inputNames are what minds hear, as inputKind numbers it.
var inputNames = [inputKinds]string{"Tick", "Said", "Drained", "Offered", "Playhead", "Wanted", "Arrived", "Checked", "Fetched", "other"}

const inputKinds = 10

func inputKind(in swarm.Input) int {
	switch in.(type) {
	case swarm.Tick:
		return 0
	case swarm.Said:
		return 1
	case swarm.Drained:
		return 2
	case swarm.Offered:
		return 3
	case swarm.Playhead:
		return 4
	case swarm.Wanted:
		return 5
	case swarm.Arrived:
		return 6
	case swarm.Checked:
		return 7
	case swarm.Fetched:
		return 8
	}
	return inputKinds - 1
}

// messageNames are what peers say, by first byte: ours, and the rival's.
var messageNames = [...]string{
	wire.TypeHello: "HELLO", wire.TypeHave: "HAVE", wire.TypeWant: "WANT", wire.TypeCancel: "CANCEL", wire.TypeBusy: "BUSY",
	wire.TypeManifest: "MANIFEST", wire.TypeBye: "BYE", wire.TypeLack: "LACK", wire.TypeState: "STATE", wire.TypeSub: "SUB",
	wire.TypeSubOK: "SUBOK", wire.TypeSubNo: "SUBNO", wire.TypeUnsub: "UNSUB", wire.TypeProbe: "PROBE", wire.TypeEcho: "ECHO",
	rival.SayAnnounce: "announce", rival.SayRequest: "request", rival.SayAbsent: "absent", rival.SayCancel: "cancel",
}

func messageName(kind byte) string {
	if int(kind) < len(messageNames) && messageNames[kind] != "" {
		return messageNames[kind]
	}
	return fmt.Sprintf("kind %d", kind)
}
