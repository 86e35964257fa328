package swarm

import (
	"shoal/span"

	"shoal/id"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/swarm/route"
	"shoal/wire"
)

const (
	// announceMin and announceMax bound how long fresh pieces are gathered before neighbours are told: a quarter of the time
	// that there is. A whole part is told at once. Most parts are whole by then, and are told of once.
	announceMin = 250 * span.Millisecond
	announceMax = span.Second
	// lackAfter is how long a record may take before a neighbour that holds the part is asked for it, and lackAgain how long
	// that one may take before the next is.
	lackAfter = 250 * span.Millisecond
	lackAgain = 400 * span.Millisecond
	// hopefulMS is how much later than we its neighbours may ask the origin: less than nothing, as a piece takes its time.
	hopefulMS = -100
	// recordFor is how long the player waits for the record of a part: without one nobody can bring the part, and the longer
	// the player has for its own request the better.
	recordFor = 1500 * span.Millisecond
	// sweepEvery is how often what is past is given up.
	sweepEvery = 100 * span.Millisecond
	// rumourFor is how long a part stays known by hearsay only.
	rumourFor = 10 * span.Second
)

// expire ends what took too long.
func (e *Engine) expire() {
	e.desk.Expire(e.now, &e.shelf, e.cancel)
	e.desk.Lapse(e.now, &e.shelf)
	kept := e.early[:0]
	for _, w := range e.early {
		if e.now >= w.at+earlyFor {
			e.do(Forget{w.Part, w.Piece, w.From})
			continue
		}
		kept = append(kept, w)
		e.later(w.at + earlyFor)
	}
	e.early = kept
	if e.now >= e.sweptAt+sweepEvery {
		e.sweptAt = e.now
		e.sweep()
	}
}

// sweep gives up what is past.
func (e *Engine) sweep() {
	horizon := e.horizon()
	var past []*have.Part
	e.shelf.All(func(p *have.Part) bool {
		if p.Opened && p.WallMS() < horizon && !p.Wanted || !p.Opened && !p.Wanted && e.stale(p) {
			past = append(past, p)
		}
		return true
	})
	for _, p := range past {
		e.shelf.Remove(p.Name)
		e.evict(p)
	}
	if e.desk.Head.Playing() && !e.config.Recorded {
		// everyone plays the same distance behind live: what we would ask the origin for now, others do
		e.upload.Expire(e.desk.Head.WallMS(e.now) + int64(e.desk.Guard.Length()/span.Millisecond) - hopefulMS)
	}
}

// answer declines what the player waits for when waiting longer could cost a stall.
func (e *Engine) answer() {
	e.shelf.Unsettled(func(p *have.Part) {
		if !p.Opened && !e.config.Recorded { // its records come with the window
			e.inquire(p)
		}
		if !p.Wanted {
			return
		}
		if at := e.patience(p); e.now >= at {
			e.decline(p)
		} else if at != pick.Never {
			e.later(at)
		}
	})
}

// patience returns until when the player may be kept waiting for a part it wants.
func (e *Engine) patience(p *have.Part) span.Span {
	switch {
	case !p.Opened:
		return min(e.desk.Head.Wants(p)-e.desk.Guard.Length(), p.WantedAt+recordFor)
	case p.Failures >= pick.FailuresMax:
		return e.now
	case p.RescuedAt > 0 && e.config.Recorded: // its parts are large: asking for the whole of one once more takes longer yet
		return p.RescuedAt + 2*e.desk.Guard.Length()
	case p.RescuedAt > 0:
		return p.RescuedAt + e.desk.Guard.Patience()
	}
	return pick.Never
}

// plan asks neighbours and the origin for what is missing.
func (e *Engine) plan() {
	plan := e.desk.Make(e.now, pick.View{
		Shelf: &e.shelf, Stripes: e.seeding(), Ways: e.route.Ways(), Chance: e.config.Seed, Takes: e.route.Takes,
		Patience: e.route.Patience, Missed: e.missed,
	})
	e.route.Ahead = uint8(e.desk.Ahead / int64(route.AheadUnit/span.Millisecond))
	for _, g := range plan.Gets {
		if g.Rescue {
			e.note(RescueStarted, id.Origin, g.Part)
			e.rescued(g)
		}
		e.do(Fetch{Ref: g.Ref, Part: g.Part, From: g.From, To: g.To, Within: int(g.Within / span.Millisecond)})
	}
	for _, a := range plan.Asks {
		e.say(a.Peer, wire.Want{Part: a.Part, Pieces: a.Pieces})
		e.spare(a)
	}
	if len(plan.Gets) > 0 { // a rescue has just set how long the player may be kept waiting
		e.answer()
	}
	if plan.Next != pick.Never {
		e.later(plan.Next)
	}
}

// seeding returns the stripes to fetch for all: none while nothing may be sent to anyone.
func (e *Engine) seeding() uint16 {
	if !e.upload.Open() || e.config.Recorded {
		return 0
	}
	return e.route.Seeds()
}

// announce tells neighbours which pieces have become ours.
func (e *Engine) announce() {
	if !e.fresh {
		return
	}
	e.fresh = false
	e.shelf.Unsettled(func(p *have.Part) {
		if p.Fresh.Empty() {
			return
		}
		if !p.Complete() {
			if e.config.Recorded { // there is no hurry: it is told of when it is whole
				return
			}
			if at := p.FreshAt + e.gather(p); e.now < at {
				e.fresh = true
				e.later(at)
				return
			}
		}
		fresh := p.Fresh
		p.Fresh = wire.Bitmap{}
		if !e.upload.Open() {
			return
		}
		have := wire.Have{Part: p.Name}
		var data []byte // of have: most neighbours hear the same
		e.neighbours.All(func(to id.Peer, n *neighbour) bool {
			if !n.greeted || !n.tracks.Has(p.Name.Track) {
				return true
			}
			news := e.newsFor(to, p, fresh)
			if news.Empty() {
				return true
			}
			if news != have.Pieces {
				have.Pieces = news
				data = wire.Append(nil, have)
			}
			e.do(Say{to, data})
			return true
		})
	})
}

// gather returns how long fresh pieces of a part are gathered.
func (e *Engine) gather(p *have.Part) span.Span {
	return min(max((e.desk.Head.Due(p)-p.OpenedAt)/4, announceMin), announceMax)
}

// probe asks a neighbour for its clock, to see what stands on the way there. Pieces are about to go out, or not.
func (e *Engine) probe(pieces bool) {
	to, clock, next, ok := e.upload.Probe(e.now, pieces)
	if to != id.Origin {
		e.say(to, wire.Probe{Clock: clock})
	}
	if ok {
		e.later(next)
	}
}

// serve lets out what the uplink allows.
func (e *Engine) serve() {
	sends, next, ok := e.upload.Pump(e.now, e.sends[:0])
	e.sends = sends
	e.probe(len(sends) > 0)
	for _, s := range sends {
		if p := e.shelf.Get(s.Part); p != nil && p.Opened && p.Mine.Has(s.Piece) {
			e.do(Send{Peer: s.Peer, Part: s.Part, Piece: s.Piece})
		}
	}
	if ok {
		e.later(next)
	}
}
