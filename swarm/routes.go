package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/swarm/route"
	"shoal/wire"
)

const (
	// relayMS is how much sooner a piece goes to a child that passes it on: its way on takes as long again.
	relayMS = 450
	// backfillMS is how far back a new child is brought what it lacks.
	backfillMS = 1500
	// aheadFor is how much of the uplink may wait in transports.
	aheadFor = 100 // ms
)

// steer keeps the trees: slots by what the uplink bears, parents for every stripe.
func (e *Engine) steer() {
	rate := e.rate()
	if rate > 0 {
		if e.turned && e.slotted > 0 {
			e.slots.Rescale(e.slotted, rate)
		}
		e.turned, e.slotted = false, rate
		_, used := e.route.Slots()
		slots, next := e.slots.Judge(e.now, &e.upload, max(rate/segment.Stripes, 1), used)
		if told := e.able; max(slots, told)-min(slots, told) > told/5 {
			e.able = slots
			e.do(Able{Slots: slots})
		}
		if all, _ := e.route.Slots(); all != slots {
			e.route.SetSlots(slots)
			e.act(e.route.Shed(nil))
			e.upload.SetAhead(slots * rate / segment.Stripes * aheadFor / 1000)
		}
		e.later(next)
	}
	acts, next := e.route.Think(e.now, nil)
	e.act(acts)
	if next != route.Never {
		e.later(next)
	}
}

// queueMS returns how long a piece waits for the uplink now.
func (e *Engine) queueMS() int { return int(e.upload.Delay(e.now) / span.Millisecond) }

func (e *Engine) act(acts []route.Act) {
	var told wire.State
	var data []byte // of told: all hear the same
	for _, a := range acts {
		state, ok := a.Message.(wire.State)
		if !ok {
			e.say(a.Peer, a.Message)
			continue
		}
		if data == nil || state != told {
			told, data = state, wire.Append(nil, state)
		}
		e.do(Say{a.Peer, data})
	}
}

// measure learns a track's rate from its records.
func (e *Engine) measure(t segment.Track, length, durationUS int) {
	now := int(int64(length) * 1_000_000 / int64(durationUS))
	if e.rates[t] == 0 {
		e.rates[t] = now
		return
	}
	e.rates[t] += (now - e.rates[t]) / 8
}

// rate returns the bytes per second of all tracks that are followed together.
func (e *Engine) rate() (sum int) {
	for t, r := range e.rates {
		if e.follows.Has(segment.Track(t)) {
			sum += r
		}
	}
	return sum
}

func (e *Engine) subscribed(by id.Peer, m wire.Sub) {
	granted, acts := e.route.Subscribed(e.now, by, m, nil)
	e.act(acts)
	if granted == 0 {
		return
	}
	e.shelf.All(func(p *have.Part) bool {
		if !p.Opened || p.WallMS() < e.wallMS()-backfillMS {
			return true
		}
		for i := range p.Count() {
			if k := segment.Stripe(i, p.Count()); granted&(1<<k) != 0 && p.Mine.Has(i) {
				e.pushTo(by, m.Relays&(1<<k) != 0, p, i)
			}
		}
		return true
	})
}

// pushed learns from a piece's arrival how its stripe does. What came another way need not be pushed any more.
func (e *Engine) pushed(in Arrived, p *have.Part) {
	k := segment.Stripe(in.Piece, p.Count())
	if in.From != id.Origin {
		e.route.Brought(k)
	}
	switch parent := e.route.Parent(k); parent {
	case id.Origin:
	case in.From:
		e.route.Pushed(in.From, k, e.now-p.MadeAt)
	default:
		if !p.Spared.Has(in.Piece) && (!p.HeldBy(parent).Has(in.Piece) || p.Missed.Has(in.Piece)) {
			e.cancel(parent, in.Part, in.Piece)
		}
	}
}

// spare tells the parents of what was asked of another that they need not push it any more: both would come.
func (e *Engine) spare(a pick.Ask) {
	p := e.shelf.Get(a.Part)
	for {
		var parent id.Peer
		var pieces wire.Bitmap
		for i := range p.Count() {
			who := e.route.Parent(segment.Stripe(i, p.Count()))
			if a.Pieces.Has(i) && !p.Spared.Has(i) && who != id.Origin && who != a.Peer && (parent == id.Origin || who == parent) {
				parent = who
				pieces.Set(i)
				p.Spared.Set(i)
			}
		}
		if parent == id.Origin {
			return
		}
		e.say(parent, wire.Cancel{Part: a.Part, Pieces: pieces})
	}
}

// rescued tells the trees which stripes did not bring their piece in time.
func (e *Engine) rescued(g pick.Get) {
	if p := e.shelf.Get(g.Part); p != nil && !e.config.Recorded {
		for i := g.From; i < g.To; i++ {
			if !p.Mine.Has(i) && !p.Checking.Has(i) {
				e.route.Rescued(e.now, segment.Stripe(i, p.Count()), g.Part.Seq, p.OpenedAt)
			}
		}
	}
}

func (e *Engine) missed(p *have.Part, piece int) {
	e.route.Missed(e.now, segment.Stripe(piece, p.Count()), p.Name.Seq)
}

// newsFor returns what to announce of fresh pieces to a neighbour: not what it holds, nor what it has from us.
func (e *Engine) newsFor(to id.Peer, p *have.Part, fresh wire.Bitmap) wire.Bitmap {
	news := fresh.Minus(p.HeldBy(to))
	if given := e.route.Given(to); given != 0 {
		for i := range p.Count() {
			if given&(1<<segment.Stripe(i, p.Count())) != 0 {
				news.Clear(i)
			}
		}
	}
	return news
}

// Trees describes the stripes for people: each parent (id.Origin: none), each depth, and how many slots are sold.
func (e *Engine) Trees() (parents [segment.Stripes]id.Peer, depths [segment.Stripes]uint8, slots, used int) {
	said := e.route.Greet(e.now)
	for k := range parents {
		parents[k] = e.route.Parent(k)
	}
	slots, used = e.route.Slots()
	return parents, said.Depth, slots, used
}
