package pick

import (
	"shoal/span"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm/have"
	"shoal/wire"
)

// repairRoom is how long before a rescue pieces are pulled at the latest, however late pushes usually are.
const repairRoom = 600 * span.Millisecond

// Ask is a request to make of a neighbour.
type Ask struct {
	Peer   id.Peer
	Part   segment.Part
	Pieces wire.Bitmap
}

// Plan is what to ask for now, and when to plan again if nothing happens.
type Plan struct {
	Asks []Ask
	Gets []Get
	Next span.Span
}

// View is what a plan is made from.
type View struct {
	Shelf   *have.Shelf
	Stripes uint16 // those that this peer seeds
	Chance  uint64 // breaks ties between neighbours
	Ways    uint64 // changes with the parents
	// Takes returns how long a piece is likely to take that is asked of a neighbour who owes so many already.
	Takes func(neighbour id.Peer, owes int) span.Span
	// Patience returns how long after its part's opening a piece of a stripe is usually pushed, and may still be.
	Patience func(stripe int) (usual, patience span.Span)
	// Missed is told of each piece that was not pushed in time.
	Missed func(p *have.Part, piece int)
}

// Make plans at now. Requests in the plan count as under way.
func (d *Desk) Make(now span.Span, v View) (plan Plan) {
	if d.Recorded {
		return d.roam(now, v)
	}
	d.most = AsksMax
	plan.Next = d.nextDue()
	stirred := d.stirred || v.Stripes != d.stripes || v.Ways != d.ways
	d.stirred, d.stripes, d.ways = false, v.Stripes, v.Ways
	v.Shelf.Unsettled(func(p *have.Part) {
		if !p.Opened || p.Complete() {
			return
		}
		if stirred || now >= p.Quiet {
			p.Quiet = d.consider(now, v, p, &plan)
		}
		plan.Next = min(plan.Next, p.Quiet)
	})
	return plan
}

// nextDue returns when the first request under way falls due.
func (d *Desk) nextDue() span.Span {
	next := Never
	for _, a := range d.asks {
		next = min(next, a.due)
	}
	for _, f := range d.fetches {
		next = min(next, f.due)
	}
	return next
}

// consider plans for one part: rescue it, seed it, pull it, or wait. It returns when to consider it again.
func (d *Desk) consider(now span.Span, v View, p *have.Part, plan *Plan) (again span.Span) {
	if !d.Head.Needs(p) {
		return Never
	}
	missing := p.Missing().Minus(p.Fetching)
	rescueAt := d.Head.Due(p) - d.Guard.Length()
	if missing.Empty() {
		return d.hedge(now, p, rescueAt, plan)
	}
	if now >= rescueAt {
		return d.rescue(now, p, missing, plan)
	}
	again = rescueAt
	if seeded := missing.Minus(p.Asked).Both(stripes(v.Stripes, p.Count())); !seeded.Empty() {
		held := p.HeldByAny(func(neighbour id.Peer) bool { return d.reliable(now, neighbour) })
		if mine := seeded.Minus(held); !mine.Empty() {
			again = min(again, d.origin(now, p, mine, false, plan))
			missing = missing.Minus(p.Fetching)
		}
	}
	late, next := v.overdue(now, p, missing.Minus(p.Asked), rescueAt)
	d.pull(now, v, p, late, rescueAt, plan)
	return min(again, next)
}

// rescue asks the origin for what is missing when its deadline nears.
func (d *Desk) rescue(now span.Span, p *have.Part, missing wire.Bitmap, plan *Plan) (again span.Span) {
	again = d.origin(now, p, missing, true, plan)
	if hedgeAt := p.RescuedAt + d.Guard.Hedge(0); hedgeAt > now {
		again = min(again, hedgeAt)
	}
	return again
}

// overdue returns those of pieces that should have been pushed by now, and when the next of them will be.
func (v View) overdue(now span.Span, p *have.Part, pieces wire.Bitmap, rescueAt span.Span) (late wire.Bitmap, next span.Span) {
	next = Never
	for i := pieces.Next(0); i >= 0; i = after(pieces, i) {
		usual, patience := v.Patience(segment.Stripe(i, p.Count()))
		at := min(p.MadeAt+patience, max(rescueAt-repairRoom, p.MadeAt+max(usual, repairRoom/4)))
		if now < at {
			next = min(next, at)
			continue
		}
		late.Set(i)
		if !p.Missed.Has(i) {
			p.Missed.Set(i)
			v.Missed(p, i)
		}
	}
	return late, next
}

// origin asks the origin for pieces, unless the part rests after a failure: then it returns when it has rested.
func (d *Desk) origin(now span.Span, p *have.Part, pieces wire.Bitmap, rescue bool, plan *Plan) (again span.Span) {
	if p.Failures >= FailuresMax {
		return Never
	}
	if now < p.RetryAt {
		return p.RetryAt
	}
	if rescue && p.RescuedAt == 0 {
		p.RescuedAt = max(now, 1)
	}
	plan.Gets = d.get(now, p, pieces, rescue, plan.Gets)
	return Never
}

// hedge asks the origin again for what a rescue has not brought in good time. It returns when it is time for that.
func (d *Desk) hedge(now span.Span, p *have.Part, rescueAt span.Span, plan *Plan) (again span.Span) {
	if p.Missing().Empty() {
		return Never
	}
	if p.RescuedAt == 0 { // what is fetched for others is under way
		if now < rescueAt {
			return rescueAt
		}
		p.RescuedAt = max(now, 1)
	}
	after := d.Guard.Hedge(p.Hedges)
	switch {
	case after == Never:
		return Never
	case now < p.RescuedAt+after:
		return p.RescuedAt + after
	}
	p.Hedges++
	if d.Guard.Spend() {
		plan.Gets = d.get(now, p, p.Missing(), true, plan.Gets)
	}
	if after = d.Guard.Hedge(p.Hedges); after == Never {
		return Never
	}
	return p.RescuedAt + after
}

// pull asks neighbours for pieces that they say they hold.
func (d *Desk) pull(now span.Span, v View, p *have.Part, pieces wire.Bitmap, rescueAt span.Span, plan *Plan) {
	for i := pieces.Next(0); i >= 0 && len(d.asks) < d.most; i = after(pieces, i) {
		from, takes, ok := d.holder(now, v, p, i, rescueAt)
		if !ok {
			continue
		}
		wait := d.answers.wait(takes, d.longest())
		d.peers.Get(from).owes++
		d.asks = append(d.asks, ask{from, p.Name, i, now, now + wait})
		p.Asked.Set(i)
		plan.Next = min(plan.Next, now+wait)
		plan.ask(from, p.Name, i)
	}
}

// holder returns the neighbour to ask for piece i: of those that say they hold it, the one that is likely to bring it
// soonest, if that is before the rescue.
func (d *Desk) holder(now span.Span, v View, p *have.Part, i int, rescueAt span.Span) (best id.Peer, soonest span.Span, found bool) {
	soonest = rescueAt - now
	var tie uint64
	p.Holders(i, func(candidate id.Peer) {
		source := d.peers.Get(candidate)
		if source == nil {
			return
		}
		if source.mayOwe(now) <= 0 {
			d.starved = true
			return
		}
		takes := v.Takes(candidate, source.owes)
		t := mix(v.Chance ^ uint64(candidate) ^ p.Name.Seq<<8 ^ uint64(i))
		if takes < soonest || found && takes == soonest && t < tie {
			best, soonest, tie, found = candidate, takes, t, true
		}
	})
	return best, soonest, found
}

func (plan *Plan) ask(peer id.Peer, part segment.Part, piece int) {
	for i := range plan.Asks {
		if plan.Asks[i].Peer == peer && plan.Asks[i].Part == part {
			plan.Asks[i].Pieces.Set(piece)
			return
		}
	}
	var one wire.Bitmap
	one.Set(piece)
	plan.Asks = append(plan.Asks, Ask{peer, part, one})
}

// stripes returns the pieces, of count, that travel on the stripes of mask.
func stripes(mask uint16, count int) (b wire.Bitmap) {
	for i := range count {
		if mask&(1<<segment.Stripe(i, count)) != 0 {
			b.Set(i)
		}
	}
	return b
}

// Seeds reports whether piece i of count travels on a stripe of mask.
func Seeds(mask uint16, i, count int) bool { return mask&(1<<segment.Stripe(i, count)) != 0 }

// after returns the piece of b after i, or -1.
func after(b wire.Bitmap, i int) int {
	if i+1 == segment.PiecesMax {
		return -1
	}
	return b.Next(i + 1)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): it spreads x over all 64 bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
