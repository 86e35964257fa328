package rival

import (
	"slices"

	"shoal/id"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// What naive meshes do, after the reference simulation's NAIVE, which imitates the older p2p-media-loader (its issue #97).
const (
	meshTick = 100 * span.Millisecond
	// coin is how likely a part that nobody was asked for is fetched from the origin, each second.
	coin = 0.1
	// asksMax bounds the parts asked for at once, asksPerPeer those of one neighbour.
	asksMax     = 6
	asksPerPeer = 2
	// askFor is how long a neighbour may take with a part.
	askFor = 1200 * span.Millisecond
	// queueMax is the longest wait at which a request is still taken, ahead how many bytes may wait in transports.
	queueMax = span.Second
	ahead    = 32 << 10
	// meshGuard is how long before its deadline a part is asked of the origin, and meshWithin how long that may take.
	meshGuard  = 800 * span.Millisecond
	meshWithin = 4 * span.Second
)

// Mesh is naive mesh-pull: whole parts, from whoever has them, and from the origin by uncoordinated coins.
type Mesh struct {
	shelf
	config  swarm.Config
	up      int // bytes per second
	chance  chance
	peers   []meshPeer
	queue   []job // parts to send, first come, first served
	tickAt  span.Span
	fetches map[uint32]*part
}

// job is a part on its way to a neighbour.
type job struct {
	to    id.Peer
	part  *part
	piece int // the next to send
}

type meshPeer struct {
	id       id.Peer
	owes     int // parts asked of it
	buffered int // bytes on their way to it
}

// NewMesh returns a mind that has seen nothing yet. It knows its uplink, in bytes per second: the original's queues are
// exact, too.
func NewMesh(c swarm.Config, up float64) *Mesh {
	return &Mesh{config: c, up: min(int(up), c.UplinkBytesPerSecond), chance: chance{c.Seed}, fetches: map[uint32]*part{}}
}

// Wake returns when the mind wants a Tick.
func (m *Mesh) Wake() (span.Span, bool) { return max(m.tickAt, m.now+1), true }

// Step tells the mind what happened, and appends what to do about it.
func (m *Mesh) Step(now span.Span, in swarm.Input, out []swarm.Output) []swarm.Output {
	m.now, m.out = now, out
	switch in := in.(type) {
	case swarm.Introduced:
		if in.Dial && m.peer(in.Peer) == nil {
			m.do(swarm.Dial{Peer: in.Peer})
		}
	case swarm.PeerUp:
		m.greet(in.Peer)
	case swarm.PeerDown:
		m.forsake(in.Peer)
	case swarm.Said:
		m.said(in)
	case swarm.Drained:
		if p := m.peer(in.Peer); p != nil {
			p.buffered = in.Buffered
			m.pump()
		}
	case swarm.Offered:
		m.offered(in)
	case swarm.Playhead:
		m.playhead(in)
	case swarm.Wanted:
		m.want(in.Part)
	case swarm.Arrived:
		m.arrived(in)
	case swarm.Checked:
		m.checked(in)
	case swarm.Fetched:
		if p := m.fetches[in.Ref]; p != nil {
			p.fetching = false
			delete(m.fetches, in.Ref)
		}
	}
	if now >= m.tickAt {
		m.tickAt = now + meshTick
		m.tick()
	}
	m.pull()
	out, m.out = m.out, nil
	return out
}

func (m *Mesh) peer(p id.Peer) *meshPeer {
	for i := range m.peers {
		if m.peers[i].id == p {
			return &m.peers[i]
		}
	}
	return nil
}

func (m *Mesh) greet(p id.Peer) {
	if m.peer(p) != nil {
		return
	}
	m.peers = append(m.peers, meshPeer{id: p})
	for _, x := range m.parts {
		if x.whole() {
			m.tell(p, x)
		}
	}
}

func (m *Mesh) forsake(p id.Peer) {
	m.peers = slices.DeleteFunc(m.peers, func(q meshPeer) bool { return q.id == p })
	m.queue = slices.DeleteFunc(m.queue, func(j job) bool { return j.to == p })
	for _, x := range m.parts {
		x.holders = slices.DeleteFunc(x.holders, func(q id.Peer) bool { return q == p })
		if x.asked == p {
			x.asked = id.Origin
		}
	}
}

func (m *Mesh) tell(p id.Peer, x *part) {
	m.do(swarm.Say{Peer: p, Data: wire.Append(nil, wire.Have{Part: x.name, Pieces: wire.Full(x.count)})})
}

func (m *Mesh) said(in swarm.Said) {
	from := m.peer(in.Peer)
	message, err := wire.Parse(in.Data)
	if from == nil || err != nil {
		return
	}
	switch message := message.(type) {
	case wire.Have:
		if x := m.get(message.Part); x != nil && !x.heldBy(in.Peer) {
			x.holders = append(x.holders, in.Peer)
		}
	case wire.Want:
		m.serve(from, message)
	case wire.Busy:
		if x := m.get(message.Part); x != nil && x.asked == in.Peer {
			m.settle(x)
		}
	case wire.Bye:
		m.forsake(in.Peer)
		m.do(swarm.HangUp{Peer: in.Peer, Why: swarm.Left})
	}
}

func (m *Mesh) arrived(in swarm.Arrived) {
	x := m.get(in.Part)
	if x == nil || x.mine.Has(in.Piece) {
		m.drop(in)
		return
	}
	m.check(in)
}

func (m *Mesh) checked(in swarm.Checked) {
	x := m.get(in.Part)
	switch {
	case x == nil:
		return
	case !in.OK:
		m.do(swarm.Note{What: swarm.PieceRefused, Peer: in.From, Part: in.Part})
		if m.peer(in.From) != nil {
			m.forsake(in.From)
			m.do(swarm.HangUp{Peer: in.From, Why: swarm.Polluted})
		}
		return
	}
	x.mine.Set(in.Piece)
	if !x.whole() {
		return
	}
	m.settle(x)
	m.give(x)
	if m.config.UplinkBytesPerSecond == 0 {
		return
	}
	for i := range m.peers {
		if !x.heldBy(m.peers[i].id) {
			m.tell(m.peers[i].id, x)
		}
	}
}

// settle ends a request.
func (m *Mesh) settle(x *part) {
	if p := m.peer(x.asked); p != nil {
		p.owes--
	}
	x.asked = id.Origin
}

// tick ends what took too long, tosses coins, and falls back on the origin.
func (m *Mesh) tick() {
	m.forget()
	for _, x := range m.parts {
		if x.whole() || !m.fresh(x) {
			continue
		}
		if x.asked != id.Origin && m.now > x.askedAt+askFor {
			m.settle(x)
		}
		if x.fetching {
			continue
		}
		late := m.due(x) < m.now+meshGuard
		if m.now >= x.coinAt {
			x.coinAt += span.Second
			late = late || x.asked == id.Origin && m.chance.unit() < coin
		}
		if late {
			m.fetches[m.fetch(x, 0, meshWithin)] = x
		}
	}
}

// pull asks random neighbours for parts that they hold, oldest first.
func (m *Mesh) pull() {
	asks := 0
	for _, x := range m.parts {
		if x.asked != id.Origin {
			asks++
		}
	}
	for _, x := range m.parts {
		if asks >= asksMax {
			return
		}
		if x.asked != id.Origin || x.fetching || x.whole() || !m.fresh(x) || m.due(x) < m.now+meshGuard {
			continue
		}
		var from *meshPeer
		seen := 0
		for i := range m.peers {
			if p := &m.peers[i]; p.owes < asksPerPeer && x.heldBy(p.id) {
				if seen++; m.chance.below(seen) == 0 {
					from = p
				}
			}
		}
		if from == nil {
			continue
		}
		from.owes++
		x.asked, x.askedAt = from.id, m.now
		asks++
		m.do(swarm.Say{Peer: from.id, Data: wire.Append(nil, wire.Want{Part: x.name, Pieces: wire.Full(x.count)})})
	}
}
