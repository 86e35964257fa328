package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/wire"
)

// Bounds on neighbours.
const (
	// NeighboursFew bounds the open connections of a peer that serves few: the tracker introduces 14, and as many may be
	// introduced to us. Each slot allows one more, up to NeighboursMax: who serves many needs to know many.
	NeighboursFew = 28
	NeighboursMax = 56
	// DialsFew is how many connections a peer that serves few seeks itself. Two slots allow one more.
	DialsFew = 14
	// lackTokens is what answering a Lack costs of a neighbour's allowance: its answer is a few hundred times its size.
	lackTokens = 20
	// greetMS is how far back a newcomer is told what we hold: older parts are in its buffer or past.
	greetMS = 10_000
)

func (e *Engine) introduced(in Introduced) {
	slots, _ := e.route.Slots()
	strangers, _ := e.strangers()
	most := DialsFew + slots/2
	if e.config.Recorded {
		most = NeighboursMax // who is behind us calls us, and is no help
	}
	if in.Near {
		e.route.Near(in.Peer)
	}
	if !in.Dial || in.Peer == e.config.Self || in.Peer == id.Origin || e.bans.Has(in.Peer) ||
		e.neighbours.Get(in.Peer) != nil || e.neighbours.Len()-strangers >= most {
		return
	}
	e.do(Dial{in.Peer})
}

func (e *Engine) peerUp(p id.Peer) {
	slots, _ := e.route.Slots()
	switch {
	case e.bans.Has(p) || p == id.Origin:
		e.do(HangUp{p, Polluted})
		return
	case e.neighbours.Get(p) == nil && e.neighbours.Len() >= min(NeighboursFew+slots, NeighboursMax) && !e.config.Recorded && !e.makeRoom():
		e.do(HangUp{p, Crowded})
		return
	}
	if e.neighbours.Get(p) == nil && e.neighbours.Len() >= NeighboursMax {
		e.makeWay()
	}
	n := e.neighbours.Add(p)
	n.tracks, n.dealtAt = segment.AllTracks, e.now
	e.desk.Join(p)
	e.upload.Join(p)
	e.route.Join(p)
	e.say(p, wire.Hello{Version: wire.Version, Stripes: segment.Stripes, Echoes: true, Joins: true})
	e.say(p, e.route.Greet(e.now))
	if e.config.Recorded {
		if e.upload.Open() {
			e.show(p)
		}
		return
	}
	e.recount(p, segment.AllTracks)
}

// recount tells a neighbour what we hold of tracks.
//
//go:noinline
func (e *Engine) recount(p id.Peer, tracks segment.Tracks) {
	e.shelf.All(func(part *have.Part) bool {
		if tracks.Has(part.Name.Track) && part.Opened && !part.Mine.Empty() && part.WallMS() >= e.wallMS()-greetMS {
			e.say(p, wire.Have{Part: part.Name, Pieces: part.Mine})
		}
		return true
	})
}

// forget ends everything with a peer that is gone.
func (e *Engine) forget(p id.Peer) {
	e.neighbours.Remove(p)
	e.desk.Leave(p, &e.shelf)
	e.upload.Leave(p)
	e.route.Leave(e.now, p)
	e.shelf.Forget(p)
}

// drop ends a connection for cause. Whoever lied or broke the protocol is not spoken with again.
func (e *Engine) drop(p id.Peer, why Reason) {
	if e.neighbours.Get(p) == nil {
		return
	}
	if why == Polluted || why == Babbled {
		e.bans.Add(p)
	}
	e.forget(p)
	e.note(PeerDropped, p, segment.Part{})
	e.do(HangUp{p, why})
}

func (e *Engine) say(p id.Peer, m wire.Message) { e.do(Say{p, wire.Append(nil, m)}) }

func (e *Engine) said(in Said) {
	n := e.neighbours.Get(in.Peer)
	if n == nil {
		return
	}
	m, err := wire.Parse(in.Data)
	if err != nil || !n.allowance.Take(e.now, cost(m)) {
		e.drop(in.Peer, Babbled)
		return
	}
	if hello, ok := m.(wire.Hello); ok != !n.greeted || ok && hello.Version != wire.Version {
		e.drop(in.Peer, Babbled)
		return
	}
	n.greeted = true
	switch m := m.(type) {
	case wire.Hello:
		if m.Echoes {
			e.upload.Echoes(in.Peer, e.route.IsNear(in.Peer))
		}
	case wire.Probe:
		e.say(in.Peer, wire.Echo{Clock: m.Clock, Came: uint32(e.now / span.Microsecond)})
	case wire.Echo:
		e.upload.Echoed(e.now, in.Peer, m.Clock, m.Came)
	case wire.Have:
		e.told(in.Peer, m)
	case wire.Want:
		e.asked(in.Peer, m)
	case wire.Cancel:
		e.upload.Cancel(in.Peer, m.Part, m.Pieces)
		if p := e.shelf.Get(m.Part); p != nil {
			p.Waive(in.Peer, m.Pieces)
		}
	case wire.Busy:
		e.refusedBy(in.Peer, m)
	case wire.Lack:
		e.lacked(in.Peer, m)
	case wire.State:
		e.route.Heard(e.now, in.Peer, m)
		e.turnedTo(in.Peer, n, m.Tracks)
	case wire.Sub:
		if e.config.Recorded {
			e.say(in.Peer, wire.SubNo{Stripes: m.Stripes})
		} else {
			e.subscribed(in.Peer, m)
		}
	case wire.SubOK:
		e.act(e.route.Accepted(e.now, in.Peer, m.Stripes, nil))
	case wire.SubNo:
		e.route.Refused(e.now, in.Peer, m.Stripes)
	case wire.Unsub:
		e.route.Unsubscribed(in.Peer, m.Stripes)
	case wire.Bye:
		e.forget(in.Peer)
		e.do(HangUp{in.Peer, Left})
	}
}

func cost(m wire.Message) int64 {
	if _, ok := m.(wire.Lack); ok {
		return lackTokens
	}
	return 1
}

// told hears what a neighbour holds.
func (e *Engine) told(from id.Peer, m wire.Have) {
	p := e.shelf.Get(m.Part)
	if p == nil && e.follows.Has(m.Part.Track) {
		p = e.shelf.Rumour(m.Part, e.now)
	}
	if p == nil {
		return
	}
	if p.Opened && !m.Pieces.Minus(p.All()).Empty() {
		e.drop(from, Babbled)
		return
	}
	p.Hold(from, m.Pieces)
	if e.config.Recorded && p.Opened {
		e.desk.Want()
	}
}

func (e *Engine) refusedBy(from id.Peer, m wire.Busy) {
	e.desk.Declined(&e.shelf, from, m.Part, m.Pieces)
	if e.config.Recorded && m.Pieces != gone {
		e.desk.Rest(e.now, from)
		return
	}
	if p := e.shelf.Get(m.Part); p != nil {
		p.Drop(from, m.Pieces)
	}
}
