package swarm

import (
	"shoal/span"

	"shoal/id"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/wire"
)

const (
	// announceEvery is how long fresh pieces are gathered before neighbours are told; a whole part is told at once.
	announceEvery = 400 * span.Millisecond
	// lackAfter is how long the tracker may take with a record before a neighbour that holds the part is asked for it.
	lackAfter = 300 * span.Millisecond
	// rumourFor is how long a part stays known by hearsay only.
	rumourFor = 10 * span.Second
)

// expire ends what took too long, and gives up what is past.
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
	horizon := e.horizon()
	var past []*have.Part
	e.shelf.All(func(p *have.Part) bool {
		if p.Opened && p.WallMS() < horizon && !p.Wanted || !p.Opened && !p.Wanted && e.now >= p.HeardAt+rumourFor {
			past = append(past, p)
		}
		return true
	})
	for _, p := range past {
		e.shelf.Remove(p.Name)
		e.evict(p)
	}
	if e.desk.Head.Playing() {
		e.upload.Expire(e.desk.Head.WallMS(e.now) - keepMS/10)
	}
}

// answer declines what the player waits for when waiting longer could cost a stall.
func (e *Engine) answer() {
	e.shelf.All(func(p *have.Part) bool {
		if !p.Opened {
			e.inquire(p)
		}
		if !p.Wanted {
			return true
		}
		if at := e.patience(p); e.now >= at {
			e.decline(p)
		} else if at != pick.Never {
			e.later(at)
		}
		return true
	})
}

// patience returns until when the player may be kept waiting for a part it wants.
func (e *Engine) patience(p *have.Part) span.Span {
	switch {
	case !p.Opened:
		return p.WantedDue - e.desk.Guard.Length()
	case p.Failures >= pick.FailuresMax:
		return e.now
	case p.RescuedAt > 0:
		return p.RescuedAt + e.desk.Guard.Hedge()
	}
	return pick.Never
}

// inquire asks a neighbour that holds a part for its record, once, when the tracker has not brought it.
func (e *Engine) inquire(p *have.Part) {
	from := p.Source()
	if p.Lacked || from == id.Origin {
		return
	}
	if at := p.HeardAt + lackAfter; e.now < at {
		e.later(at)
		return
	}
	p.Lacked = true
	e.say(from, wire.Lack{Part: p.Name})
}

// plan asks neighbours and the origin for what is missing.
func (e *Engine) plan() {
	plan := e.desk.Make(e.now, pick.View{
		Shelf: &e.shelf, Stripes: e.seeding(), Ways: e.route.Ways(), Chance: e.config.Seed, Patience: e.route.Patience, Missed: e.missed,
	})
	for _, g := range plan.Gets {
		if g.Rescue {
			e.note(RescueStarted, id.Origin, g.Part)
		}
		e.do(Fetch{Ref: g.Ref, Part: g.Part, From: g.From, To: g.To, Within: int(g.Within / span.Millisecond)})
	}
	for _, a := range plan.Asks {
		e.say(a.Peer, wire.Want{Part: a.Part, Pieces: a.Pieces})
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
	if !e.upload.Open() {
		return 0
	}
	return e.route.Seeds()
}

// announce tells neighbours which pieces have become ours.
func (e *Engine) announce() {
	e.shelf.All(func(p *have.Part) bool {
		if p.Fresh.Empty() {
			return true
		}
		if !p.Complete() && e.now < p.FreshAt+announceEvery {
			e.later(p.FreshAt + announceEvery)
			return true
		}
		fresh := p.Fresh
		p.Fresh = wire.Bitmap{}
		e.neighbours.All(func(to id.Peer, n *neighbour) bool {
			if news := e.newsFor(to, p, fresh); n.greeted && !news.Empty() && e.upload.Open() {
				e.say(to, wire.Have{Part: p.Name, Pieces: news})
			}
			return true
		})
		return true
	})
}

// serve lets out what the uplink allows.
func (e *Engine) serve() {
	sends, next, ok := e.upload.Pump(e.now, nil)
	for _, s := range sends {
		if p := e.shelf.Get(s.Part); p != nil && p.Opened && p.Mine.Has(s.Piece) {
			e.do(Send{Peer: s.Peer, Part: s.Part, Piece: s.Piece})
		}
	}
	if ok {
		e.later(next)
	}
}
