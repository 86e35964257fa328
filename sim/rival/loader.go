package rival

import (
	"slices"

	"shoal/id"
	"shoal/span"
	"shoal/swarm"
)

// p2p-media-loader-core 2.3.1, lib/core.js: its defaults.
const (
	httpAtOnce  = 2 // simultaneousHttpDownloads
	peersAtOnce = 3 // simultaneousP2PDownloads
	// quietMax is how long a peer, or the origin, may bring nothing (p2pNotReceivingBytesTimeoutMs, http...).
	quietMax     = 2 * span.Second
	httpQuietMax = 3 * span.Second
	// quietsMax is how often a peer may fall silent before it is left (p2pErrorRetries).
	quietsMax = 3
	// loaderTick is how often it looks at its queue if nothing happens; in the original the player's clock does that.
	loaderTick = 250 * span.Millisecond
	// lagEvery stretches the pause between two random fetches, by peer (PEER_UPDATE_LATENCY).
	lagEvery = span.Second
)

// Loader is p2p-media-loader's policy: whole segments, one source at a time, announced only when whole; the origin for
// everything within demand of the playhead, and now and then for a random segment beyond it; nothing is verified.
type Loader struct {
	shelf
	config   swarm.Config
	demand   span.Span // highDemandTimeWindow
	chance   chance
	peers    []*source // in the order of their coming
	http     map[uint32]*part
	last     uint64 // seq of the segment that the player asked for last
	asked    bool
	tickAt   span.Span
	randomAt span.Span
}

// source is a neighbour: what it says it has, what it sends us, and what we send it.
type source struct {
	id      id.Peer
	loaded  []uint64
	loading []uint64 // from the origin, it says
	quiets  int
	rate    float64 // bytes per second that it sent at, 0 is unknown

	from    *part // what it is to send us
	since   span.Span
	heardAt span.Span
	got     int // bytes of it

	to       *part // what we send it
	piece    int
	buffered int
}

// NewLoader returns a mind that has seen nothing yet.
func NewLoader(c swarm.Config, demand span.Span) *Loader {
	return &Loader{config: c, demand: demand, chance: chance{c.Seed}, http: map[uint32]*part{}, randomAt: lagEvery}
}

// Wake returns when the mind wants a Tick.
func (l *Loader) Wake() (span.Span, bool) { return max(min(l.tickAt, l.randomAt), l.now+1), true }

// Step tells the mind what happened, and appends what to do about it.
func (l *Loader) Step(now span.Span, in swarm.Input, out []swarm.Output) []swarm.Output {
	l.now, l.out = now, out
	l.hear(in)
	if now >= l.tickAt {
		l.tickAt = now + loaderTick
		l.forget()
		l.lapse()
	}
	if now >= l.randomAt {
		l.random()
		l.randomAt = now + lagEvery + span.Span(l.chance.unit()*float64(lagEvery)*float64(len(l.peers)))
	}
	l.process()
	out, l.out = l.out, nil
	return out
}

func (l *Loader) hear(in swarm.Input) {
	switch in := in.(type) {
	case swarm.Introduced:
		if in.Dial && l.peer(in.Peer) == nil {
			l.do(swarm.Dial{Peer: in.Peer})
		}
	case swarm.PeerUp:
		if l.peer(in.Peer) == nil {
			l.peers = append(l.peers, &source{id: in.Peer})
			l.announceTo(in.Peer)
		}
	case swarm.PeerDown:
		l.forsake(in.Peer)
	case swarm.Said:
		l.said(in)
	case swarm.Drained:
		if p := l.peer(in.Peer); p != nil {
			p.buffered = in.Buffered
			l.stream(p)
		}
	case swarm.Offered:
		l.offered(in)
	case swarm.Playhead:
		l.playhead(in)
	case swarm.Wanted:
		l.last, l.asked = in.Part.Seq, true
		l.want(in.Part)
	case swarm.Arrived:
		l.arrived(in)
	case swarm.Checked:
		l.checked(in)
	case swarm.Fetched:
		if p := l.http[in.Ref]; p != nil {
			p.fetching = false
			delete(l.http, in.Ref)
			l.announce()
		}
	}
}

func (l *Loader) peer(p id.Peer) *source {
	for _, s := range l.peers {
		if s.id == p {
			return s
		}
	}
	return nil
}

func (l *Loader) forsake(p id.Peer) {
	l.peers = slices.DeleteFunc(l.peers, func(s *source) bool { return s.id == p })
}

// arrived takes a piece: from the origin, or from whoever was asked for its segment. Both may have been asked in turn.
func (l *Loader) arrived(in swarm.Arrived) {
	x := l.get(in.Part)
	if s := l.peer(in.From); s != nil && s.from != nil && s.from == x {
		s.heardAt = l.now
		s.got += in.Size
	} else if in.From != id.Origin {
		x = nil // nobody waits for it any more
	}
	if x == nil || x.mine.Has(in.Piece) {
		l.drop(in)
		return
	}
	l.check(in)
}

func (l *Loader) checked(in swarm.Checked) {
	x := l.get(in.Part)
	if x == nil || !in.OK {
		return
	}
	x.mine.Set(in.Piece)
	if !x.whole() {
		return
	}
	for _, s := range l.peers {
		if s.from == x {
			s.rate = float64(s.got) / (float64(max(l.now-s.since, span.Millisecond)) / float64(span.Second))
			s.from, s.quiets = nil, 0
		}
	}
	l.give(x)
	l.announce()
}

// lapse ends transfers that bring nothing.
func (l *Loader) lapse() {
	for _, s := range slices.Clone(l.peers) {
		if s.from == nil || l.now < s.heardAt+quietMax {
			continue
		}
		l.abort(s)
		s.rate = 0
		if s.quiets++; s.quiets >= quietsMax {
			l.forsake(s.id)
			l.do(swarm.HangUp{Peer: s.id, Why: swarm.Silent})
		}
	}
}
