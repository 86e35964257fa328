package pick

import (
	"shoal/id"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/wire"
)

// How a recording is fetched: there is no live edge to keep up with, so there is time to ask neighbours well ahead.
const (
	// WindowMS is how far ahead of the playhead parts are fetched.
	WindowMS = 60_000
	// urgentMS is how far ahead they are fetched in order; from there on rarest first.
	urgentMS = 20_000
	// earlyLeast and earlyMost bound how long before it is due a part that nobody around holds is asked of the origin. Where
	// between them lies by lot for each peer and part: of many at one place one asks, and the others have it from that one.
	earlyLeast = 6 * span.Second
	earlyMost  = 20 * span.Second
	// lookRound is how long a player must have been where it is before parts are asked of the origin early: until then
	// nobody can know what neighbours hold.
	lookRound = 3 * span.Second
	// roamEvery is how often, at most, plans are made because something happened.
	roamEvery = 50 * span.Millisecond
	// urgentTakes and restTakes are how long a piece may take that a neighbour is asked for: whoever is busy is left to
	// those who are in a hurry.
	urgentTakes = 600 * span.Millisecond
	restTakes   = 350 * span.Millisecond
	// urgentAsks and restAsks bound the pieces asked of neighbours at once: they are not to be in the way of a rescue.
	urgentAsks = 48
	restAsks   = 24
	// recordedLongest is AskLongest of a recording: there is time to ask another, and who is slow may only be called away.
	recordedLongest = 1200 * span.Millisecond
	// wholeLeast is how many pieces a request must be for if it is to say how long a part takes: those of recordings are large.
	wholeLeast = 12
	// RestFor is how long a neighbour that said it is busy is not asked.
	RestFor = 500 * span.Millisecond
)

// longest bounds how long an answer is waited for.
func (d *Desk) longest() span.Span {
	if d.Recorded {
		return recordedLongest
	}
	return AskLongest
}

// Stir has a recording planned anew at once, Want when there is time for it.
func (d *Desk) Stir() { d.stirred, d.roamedAt = true, 0 }

// Want has a recording planned anew.
func (d *Desk) Want() { d.stirred = true }

// Rest leaves a neighbour alone for a while that said it is busy.
func (d *Desk) Rest(now span.Span, p id.Peer) {
	if n := d.peers.Get(p); n != nil {
		n.rests = now + RestFor
	}
}

// roam is Make for a recording: for each part in the window rescue it, ask the origin early for what nobody around holds,
// and pull the rest.
func (d *Desk) roam(now span.Span, v View) (plan Plan) {
	plan.Next = d.nextDue()
	if at := d.roamedAt + roamEvery; now < d.again && (!d.stirred || d.roamedAt > 0 && now < at) {
		plan.Next = min(plan.Next, d.again)
		if d.stirred {
			plan.Next = min(plan.Next, at)
		}
		return plan
	}
	d.stirred, d.starved, d.roamedAt, d.again = false, true, now, Never
	d.weigh(now, v)
	for _, p := range d.window(now, v.Shelf) {
		d.again = min(d.again, d.foresee(now, v, p, &plan))
	}
	plan.Next = min(plan.Next, d.again)
	return plan
}

// weigh notes how long each neighbour would take to bring a piece: nearly for ever if it owes enough already, Never if it is
// not to be believed; and whether any may be asked at all.
func (d *Desk) weigh(now span.Span, v View) {
	d.open = false
	d.peers.All(func(p id.Peer, n *peer) bool {
		switch {
		case now < n.until:
			n.takes = Never
		case n.mayOwe(now) <= 0:
			n.takes = Never - 1
		default:
			n.takes = v.Takes(p, n.owes)
			d.open = d.open || n.takes < urgentTakes
		}
		return true
	})
}

// window returns the parts to plan for, in the order in which neighbours are asked for them.
func (d *Desk) window(now span.Span, shelf *have.Shelf) []*have.Part {
	d.parts, d.Ahead = d.parts[:0], WindowMS
	head := d.Head.WallMS(now)
	shelf.Unsettled(func(p *have.Part) {
		if !p.Opened || p.Complete() || !d.Head.Needs(p) || p.WallMS() > head+WindowMS && !p.Wanted {
			return
		}
		p.Rank = p.WallMS() - head
		d.Ahead = min(d.Ahead, max(p.Rank, 0))
		if p.Rank > urgentMS && !p.Wanted {
			p.Rank += int64(p.Sources()) << 32
		}
		i := len(d.parts)
		d.parts = append(d.parts, p)
		for ; i > 0 && d.parts[i-1].Rank > p.Rank; i-- {
			d.parts[i] = d.parts[i-1]
		}
		d.parts[i] = p
	})
	return d.parts
}

// foresee plans for one part of a recording. It returns when to consider it again.
func (d *Desk) foresee(now span.Span, v View, p *have.Part, plan *Plan) (again span.Span) {
	missing := p.Missing().Minus(p.Fetching)
	due := d.Head.Due(p)
	rescueAt := due - d.Guard.Length()
	if missing.Empty() {
		return d.hedge(now, p, rescueAt, plan)
	}
	if now >= rescueAt {
		return d.rescue(now, p, missing, plan)
	}
	again = rescueAt
	missing = missing.Minus(p.Asked)
	if mine := missing.Minus(d.heldWithin(p, Never)); !mine.Empty() {
		lot := span.Span(mix(v.Chance^p.Name.Seq<<8^uint64(p.Name.Track)) % uint64(earlyMost-earlyLeast))
		at := max(due-earlyLeast-lot, d.Head.jumped+lookRound+lot/2)
		switch {
		case now < at:
			again = min(again, at)
		case len(d.fetches) == 0: // one at a time: a rescue is not to share its way with what has time
			again = min(again, d.origin(now, p, mine, false, plan))
		}
	}
	if !d.open {
		return again
	}
	limit := restTakes
	d.most = restAsks
	if p.Wanted || rescueAt < now+urgentMS*span.Millisecond {
		limit, d.most = urgentTakes, urgentAsks
	}
	before := len(d.asks)
	d.pull(now, v, p, missing.Both(d.heldWithin(p, limit)), min(rescueAt, now+limit), plan)
	if len(d.asks) > before {
		d.weigh(now, v)
	}
	return again
}

// heldWithin returns what neighbours hold of a part who would bring a piece within a time: within Never, all who may be
// believed.
func (d *Desk) heldWithin(p *have.Part, limit span.Span) wire.Bitmap {
	return p.HeldByAny(func(neighbour id.Peer) bool {
		n := d.peers.Get(neighbour)
		return n != nil && n.takes < limit
	})
}
