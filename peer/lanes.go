package peer

import (
	"maps"
	"slices"
	"time"

	"shoal/id"
	"shoal/peer/link"
	"shoal/swarm"
	"shoal/wire/signal"
)

const (
	// lanesMax bounds the links, open or about to be: what the engine keeps, and as many that are on their way out.
	lanesMax = 48
	// expectedMax bounds the peers that may call.
	expectedMax = 64
	// drainEvery is how often a send buffer that is not empty is looked at.
	drainEvery = 5 * time.Millisecond
	// moreEvery is how often the tracker is asked for introductions while there are fewer links than fewLinks.
	moreEvery = 15 * time.Second
	fewLinks  = 3
	// renewAfter is how long links of an earlier session stay at most once a new one began.
	renewAfter = 10 * time.Second
)

// lanes are a body's links. All but the Hearer methods run on the engine's goroutine.
type lanes struct {
	*body
	net      *link.Net
	servers  []link.Server
	outlet   *link.Outlet
	all      map[id.Peer]*lane
	expected []id.Peer // who may call, oldest first
	self     id.Peer   // as the tracker names this viewer to those who are introduced now
	alone    bool      // the channel's viewers may not share
	session  uint64
	renewed  time.Time
	more     time.Time // when introductions were last asked for
	linked   int       // what the tracker heard
	beside   uint64    // what the engine heard of bytes beside the pieces
}

// lane is one link and what the engine knows of it.
type lane struct {
	link     *link.Link
	up       bool
	buffered int // as last reported
	out      outbox
	session  uint64
}

func newLanes(b *body) *lanes {
	return &lanes{body: b, all: map[id.Peer]*lane{}, outlet: link.NewOutlet(b.peer.config.UplinkBytesPerSecond)}
}

// renew begins a session with the tracker. Links of the one before stay for a while: peers are the same under new names.
func (l *lanes) renew(self id.Peer, servers []link.Server) {
	l.use(servers)
	l.self = self
	for len(l.say) > 0 { // words of the session before mean nothing in this one
		<-l.say
	}
	l.session++
	l.renewed, l.more = time.Now(), time.Now()
	l.expected = nil
	l.linked = 0
}

// use has links from now on use servers.
func (l *lanes) use(servers []link.Server) {
	l.servers = servers
	l.net = link.Open(link.Config{Reach: l.reach, Servers: servers, Net: l.peer.config.Net, Outlet: l.outlet, Log: l.log})
}

// admit takes in new credentials of the relay. Links that there are go on with what they have.
func (l *lanes) admit(m signal.Relay) {
	servers := slices.Clone(l.servers)
	for i := range servers {
		if servers[i].Username != "" {
			servers[i].Username, servers[i].Credential = m.Username, m.Credential
		}
	}
	l.use(servers)
}

func (l *lanes) expect(p id.Peer) {
	if len(l.expected) >= expectedMax {
		l.expected = l.expected[1:]
	}
	l.expected = append(l.expected, p)
}

// called takes a peer off the list of those who may call.
func (l *lanes) called(p id.Peer) bool {
	for i, q := range l.expected {
		if p == q {
			l.expected = append(l.expected[:i:i], l.expected[i+1:]...)
			return true
		}
	}
	return false
}

func (l *lanes) dial(p id.Peer) {
	if l.alone || l.all[p] != nil || len(l.all) >= lanesMax {
		l.step(swarm.PeerDown{Peer: p})
		return
	}
	l.start(l.net.Dial(p, l))
}

// heed takes in what another viewer signals. Only who was announced may call.
func (l *lanes) heed(m signal.Signalled) {
	if m.Kind == signal.Offer && !l.alone && l.called(m.From) && !l.insists(m.From) {
		if old := l.all[m.From]; old != nil { // it lost the link and calls again
			l.lose(old)
		}
		if len(l.all) >= lanesMax {
			return
		}
		l.start(l.net.Answer(m.From, l))
	}
	if lane := l.all[m.From]; lane != nil {
		lane.link.Hear(m.Body)
	}
}

// insists reports whether our own call to a peer that calls us goes on. If both give up theirs, or neither, there is no link: the one
// with the lower name does.
func (l *lanes) insists(p id.Peer) bool {
	lane := l.all[p]
	return lane != nil && !lane.up && lane.link.Dials && l.self > p
}

// gone gives up calling who left. An open link ends by itself: the tracker's word alone does not part two peers.
func (l *lanes) gone(p id.Peer) {
	l.called(p)
	if lane := l.all[p]; lane != nil && !lane.up {
		l.lose(lane)
	}
}

func (l *lanes) start(k *link.Link) {
	lane := &lane{link: k, session: l.session}
	l.all[k.Peer] = lane
	l.wg.Go(func() {
		err := k.Run(l.ctx)
		l.post(l.ctx, func() {
			if l.all[k.Peer] != lane {
				return
			}
			l.log.Info("link ended", "peer", k.Peer, "up", lane.up, "err", err)
			if !lane.up {
				l.stats.LinksFailed++
			}
			l.lose(lane)
		})
	})
}

// lose ends a lane and tells the engine.
func (l *lanes) lose(lane *lane) {
	l.hangUp(lane.link.Peer)
	l.step(swarm.PeerDown{Peer: lane.link.Peer})
}

// hangUp ends a lane without a word to the engine.
func (l *lanes) hangUp(p id.Peer) {
	if lane := l.all[p]; lane != nil {
		delete(l.all, p)
		if message := lane.out.take(); message != nil {
			_ = lane.link.Send(message) // it ends anyway
		}
		lane.link.End()
	}
}

// part ends every link, and with them the fetching for others.
func (l *lanes) part() {
	l.expected = nil
	for _, p := range slices.Sorted(maps.Keys(l.all)) {
		l.lose(l.all[p])
	}
	l.stripes.seed(0)
	l.step(swarm.Seeding{})
}

// send queues a message and reports whether it was taken. A link that takes none is over.
func (l *lanes) send(p id.Peer, data []byte) bool {
	lane := l.all[p]
	if lane == nil {
		return false
	}
	if message := lane.out.add(time.Now(), data); message != nil {
		return l.sendNow(lane, message)
	}
	return true
}

// sendNow hands a message to its link.
func (l *lanes) sendNow(lane *lane, message []byte) bool {
	if err := lane.link.Send(message); err != nil {
		l.log.Info("cannot send", "peer", lane.link.Peer, "err", err)
		l.lose(lane)
		return false
	}
	lane.buffered += len(message)
	return true
}

// flush sends what waits no longer for more to go with it.
func (l *lanes) flush() {
	now := time.Now()
	for _, lane := range l.all {
		if lane.out.due(now) {
			l.sendNow(lane, lane.out.take())
		}
	}
}

// waiting reports whether a send buffer has to be watched, or messages wait for others.
func (l *lanes) waiting() bool {
	for _, lane := range l.all {
		if lane.buffered > 0 || !lane.out.empty() {
			return true
		}
	}
	return false
}

// open counts the open links.
func (l *lanes) open() (n int) {
	for _, lane := range l.all {
		if lane.up {
			n++
		}
	}
	return n
}

// replaced reports whether as many links of this session are open as are left of earlier ones: under new names they lead
// to the same peers, and to be there twice is to be sent everything twice.
func (l *lanes) replaced() bool {
	fresh := 0
	for _, lane := range l.all {
		switch {
		case lane.session < l.session:
			fresh--
		case lane.up:
			fresh++
		}
	}
	return fresh >= 0
}

// advance reports drained buffers, lets links of an earlier session go, and tells the tracker how many are open.
func (l *lanes) advance() {
	over := l.replaced() || time.Since(l.renewed) > renewAfter
	for p, lane := range l.all {
		if lane.session < l.session && over {
			l.lose(lane)
			continue
		}
		if lane.buffered == 0 {
			continue
		}
		if n := lane.link.Buffered(); n < lane.buffered {
			lane.buffered = n
			l.step(swarm.Drained{Peer: p, Buffered: n})
		}
	}
	n := l.open()
	if n != l.linked {
		l.linked = n
		l.talk(signal.Linked{Peers: n})
	}
	if n < fewLinks && time.Since(l.more) > moreEvery {
		l.more = time.Now()
		l.talk(signal.More{})
	}
}

// account has the outlet go as fast as the line takes it, and tells the engine what went out beside the pieces that it had sent: of what is allowed that takes a part, too. A piece counts
// when it is sent, and goes out a little later; then there is nothing to tell for a while.
func (l *lanes) account() {
	l.outlet.Pace(l.engine.Pace())
	sent := l.outlet.Sent()
	l.stats.SentBytes = sent
	if pieces := l.stats.UploadBytes + l.beside; sent > pieces {
		l.beside += sent - pieces
		l.step(swarm.Overhead{Bytes: int(sent - pieces)})
	}
}
