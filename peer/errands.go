package peer

import "shoal/segment"

// seek gets the next part of a reel, from whom it is best had now.
func (p *player) seek(r *reel) {
	left := r.endUS - p.posUS
	f, listed := r.frame()
	switch {
	case r.awaits == origin || p.nowUS < r.quiet && !(r.awaits == engine && p.playing):
	case r.awaits == engine:
		if left < overdueUS {
			p.stats.Overdue++
			p.fetch(r)
		}
	case listed && r.fails == 0:
		r.awaits, r.quiet = engine, p.nowUS+answerUS
		p.wants = append(p.wants, want{part: r.part()})
	case listed:
		p.fetch(r)
	case !p.ended && r.newestEpoch() <= r.epoch && left < unlistedUS && p.nowUS >= f.endUS()+publishUS:
		p.stats.Unlisted++
		p.fetch(r)
	}
}

func (p *player) fetch(r *reel) {
	r.awaits = origin
	p.wants = append(p.wants, want{part: r.part(), direct: true})
}

// awaiting returns the reel that waits for a part, or nil.
func (p *player) awaiting(part segment.Part) *reel {
	if r := p.reel(part.Track); r != nil && p.started && r.part() == part && r.awaits != nothing {
		return r
	}
	return nil
}

// got tells that a part's bytes are here. It returns false if nobody waits for them.
func (p *player) got(part segment.Part) (frame, bool) {
	r := p.awaiting(part)
	if r == nil {
		return frame{}, false
	}
	before := r.endUS
	f, _ := r.frame()
	if r.got() > breakUS {
		p.gap(before, f.wallUS)
	}
	p.stats.Parts++
	p.stale = true
	return f, true
}

// declined tells that the engine leaves a part to the player.
func (p *player) declined(part segment.Part) {
	if r := p.awaiting(part); r != nil && r.awaits == engine {
		p.stats.Declined++
		p.fetch(r)
	}
}

// missed tells that the origin did not give a part.
func (p *player) missed(part segment.Part) {
	r := p.awaiting(part)
	if r == nil || r.awaits != origin {
		return
	}
	r.awaits, r.quiet = nothing, p.nowUS+retryUS
	r.fails++
	_, listed := r.frame()
	if r.fails < failsMax {
		return
	}
	r.fails = 0
	if listed || p.nowUS-p.posUS > p.latencyUS+farUS { // it existed, and is gone
		p.stats.Skips++
		before := r.endUS
		r.got()
		p.gap(before, r.endUS)
	}
}
