package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/wire"
)

// A recording has no live edge: every viewer plays another place of it, and asks those who have been there.
const (
	// placeEvery is how often the coordinator is told where in a recording we are.
	placeEvery = 10 * span.Second
	// dealFor is how long a neighbour may neither ask nor bring anything until it is left, unless it holds what lies ahead
	// of us. So there is room for others when the player jumps.
	dealFor = 30 * span.Second
	// showMax bounds the parts that a newcomer is told of: half of what it lets anyone say at once.
	showMax = 200
	// amplyAhead is what a neighbour has ahead that has time: its wishes are declined when amplyMost waits here, and those of
	// who is in a hurry go before them if they come within amplyAfterMS.
	amplyAhead   = 12 * span.Second
	amplyMost    = 150 * span.Millisecond
	amplyAfterMS = 400
)

// gone in a Busy says that nothing of the part is held any more: less says that there is no time for it now.
var gone = wire.Full(segment.PiecesMax)

// place keeps up with a player that may be anywhere.
func (e *Engine) place(wallMS int64, jumped bool) {
	e.shelf.Head = wallMS
	if jumped {
		e.desk.Stir()
		e.shelf.All(func(p *have.Part) bool {
			if p.Given = false; p.Wanted {
				e.decline(p) // the player will ask anew for what it needs where it is now
			}
			return true
		})
	}
	if !jumped && e.now < e.placedAt+placeEvery {
		return
	}
	e.placedAt = e.now
	e.do(Position{wallMS})
	var idle []id.Peer
	e.neighbours.All(func(p id.Peer, n *neighbour) bool {
		if e.now >= n.dealtAt+dealFor && e.neighbours.Len() > NeighboursFew && !e.helps(p) {
			idle = append(idle, p)
		}
		return true
	})
	for _, p := range idle {
		e.drop(p, Crowded)
	}
}

// ahead reports whether an opened part lies in the window.
func (e *Engine) ahead(p *have.Part) bool {
	off := p.WallMS() - e.shelf.Head
	return off+p.DurationMS() > 0 && off < pick.WindowMS
}

// helps reports whether a neighbour says it holds anything that lies ahead.
func (e *Engine) helps(p id.Peer) (yes bool) {
	e.shelf.All(func(part *have.Part) bool {
		yes = part.Opened && e.ahead(part) && !part.HeldBy(p).Empty()
		return !yes
	})
	return yes
}

// show tells a newcomer which parts we hold whole: if they are too many, not those farthest back.
func (e *Engine) show(to id.Peer) {
	var whole []segment.Part
	e.shelf.All(func(p *have.Part) bool {
		if p.Complete() {
			whole = append(whole, p.Name)
		}
		return true
	})
	for _, name := range whole[max(0, len(whole)-showMax):] {
		if e.upload.Open() {
			e.say(to, wire.Have{Part: name, Pieces: e.shelf.Get(name).Mine})
		}
	}
}

// passed reports whether a part of a recording that we know nothing of lies behind the player.
func (e *Engine) passed(name segment.Part) bool {
	return e.config.Recorded && name.Seq < e.next[name.Track%segment.TracksMax] && e.shelf.Get(name) == nil
}

// stale reports whether a part known by hearsay only is to be forgotten.
func (e *Engine) stale(p *have.Part) bool {
	if e.config.Recorded {
		return p.Name.Seq < e.next[p.Name.Track%segment.TracksMax]
	}
	return e.now >= p.HeardAt+rumourFor
}

// urgency returns how a neighbour's wish ranks, and what may wait here before it is declined. No place in a recording is more
// urgent than another: first come, first served, but who has much ahead does not keep others waiting.
func (e *Engine) urgency(of id.Peer) (rank int64, most span.Span) {
	e.neighbours.Get(of).dealtAt = e.now
	if e.route.AheadOf(of) >= amplyAhead {
		return int64(e.now/span.Millisecond) + amplyAfterMS, amplyMost
	}
	return int64(e.now / span.Millisecond), backlogMost
}
