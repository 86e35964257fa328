package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/wire"
)

// A recording has no live edge: every viewer plays another place of it, and asks those who have been there.
const (
	// placeEvery is how often the coordinator is told where in a recording we are.
	placeEvery = 10 * span.Second
	// showMax bounds the parts that a newcomer is told of: half of what it lets anyone say at once.
	showMax = 200
	// amplyAhead is what a neighbour has ahead that has time: its wishes are declined when amplyMost waits here, and those of
	// who is in a hurry go before them if they come within amplyAfterMS.
	amplyAhead   = 12 * span.Second
	amplyMost    = 150 * span.Millisecond
	amplyAfterMS = 400
	// hurryMost is what may wait here until the wishes of the others are declined, too.
	hurryMost = 500 * span.Millisecond
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
	if jumped || e.now >= e.placedAt+placeEvery {
		e.placedAt = e.now
		e.do(Position{wallMS})
	}
}

// makeWay leaves the neighbour with whom nothing was dealt for the longest time: the player may have jumped since.
func (e *Engine) makeWay() {
	var idlest id.Peer
	since := e.now + 1
	e.neighbours.All(func(p id.Peer, n *neighbour) bool {
		if n.dealtAt < since {
			idlest, since = p, n.dealtAt
		}
		return true
	})
	e.drop(idlest, Crowded)
}

// show tells a newcomer which parts we hold whole: if they are too many, not those farthest back.
func (e *Engine) show(to id.Peer) {
	skip := -showMax
	for round := range 2 {
		e.shelf.All(func(p *have.Part) bool {
			switch {
			case !p.Complete():
			case round == 0: // they are counted
				skip++
			case skip > 0:
				skip--
			default:
				e.say(to, wire.Have{Part: p.Name, Pieces: p.Mine})
			}
			return true
		})
	}
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
	return int64(e.now / span.Millisecond), hurryMost
}
