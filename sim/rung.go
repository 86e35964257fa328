package sim

import (
	"math"

	"shoal/coord"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
)

const (
	// rungShare is how much of its downlink a player lets a rendition take (web/player: hls.js takes 0.8 of what it measured).
	rungShare = 0.8
	// shiftEvery is after how long a fickle downlink becomes another, on average.
	shiftEvery = span.Minute
)

// several reports whether there is more than one rendition.
func (s Scenario) several() bool { return len(s.Ladder) > 1 }

// downlink draws a new viewer's downlink, as a multiple of the rate. Those who come together have their exact shares.
func (n *Internet) downlink(index int32, quota uint32) float64 {
	if len(n.Downs) == 0 {
		return n.Down
	}
	x := n.chance.unit()
	if quota > 0 {
		x = math.Mod(float64(index)*math.Sqrt2, 1) // spread evenly, whatever the class of the uplink
	}
	return n.drawDown(x)
}

func (s Scenario) drawDown(x float64) float64 { return s.Downs[classOf(s.Downs, x)].Up }

// rungFor returns the highest rung that a downlink takes, or the lowest there is.
func (s Scenario) rungFor(down float64) (best int) {
	for i, rung := range s.Ladder {
		if rung <= rungShare*down {
			best = i
		}
	}
	return best
}

// demand returns what a viewer plays, on average, and what all rungs are together, as multiples of the rate.
func (s Scenario) demand() (mean, all float64) {
	shares := 0.0
	for _, c := range s.Downs {
		mean += c.Share * s.Ladder[s.rungFor(c.Up)]
		shares += c.Share
	}
	if mean = mean / max(shares, 1e-9); shares == 0 {
		mean = s.Ladder[s.rungFor(s.Down)]
	}
	for _, rung := range s.Ladder {
		all += rung
	}
	return mean, all
}

// tracks returns what the player plays; 0 is all there is.
func (p *player) tracks() segment.Tracks {
	if !p.net().several() {
		return 0
	}
	return 1 << p.rung
}

// settleOn has a new player begin on the rung that its downlink takes.
func (p *player) settleOn() {
	n := p.net()
	if !n.several() {
		return
	}
	p.wish = n.rungFor(p.viewer.line.down / n.Rate)
	p.rung = p.wish
	p.viewer.step(swarm.Following{Tracks: p.tracks()})
	if n.chance.unit() < n.Fickle {
		n.after(n.chance.exponential(shiftEvery), event{kind: shift, node: p.viewer.index})
	}
}

// shift gives a viewer another downlink.
func (v *viewer) shift() {
	n, p := v.net, &v.player
	n.after(n.chance.exponential(shiftEvery), event{kind: shift, node: v.index})
	if len(n.Downs) == 0 {
		return
	}
	v.line.down = n.Rate * n.drawDown(n.chance.unit())
	p.wish = n.rungFor(v.line.down / n.Rate)
	if n.Ladder[p.wish] < n.Ladder[p.rung] {
		// What is in the buffer stays. The segment under way is begun anew, as the new rendition cannot be decoded but from a
		// key frame.
		p.turn(p.next % int32(n.perSegment()))
		n.at(n.now, event{kind: ask, node: v.index})
	}
}

// climb turns to a higher rung where a segment begins.
func (p *player) climb() {
	if p.wish != p.rung && p.back == 0 && p.next%int32(p.net().perSegment()) == 0 {
		p.turn(0)
	}
}

// turn goes over to the rung that the downlink takes, so many parts back.
func (p *player) turn(back int32) {
	p.rung, p.back = p.wish, back
	p.direct = false // what was under way for the old rung is not waited for
	p.viewer.tell(coord.Follows{Peer: p.viewer.id, Tracks: p.tracks()})
	p.viewer.step(swarm.Following{Tracks: p.tracks()}) // declines what the player waits for
	p.asking = false
	p.net().measure.turned()
}
