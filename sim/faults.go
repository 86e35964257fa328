package sim

import (
	"shoal/coord"
	"shoal/span"
	"shoal/swarm"
)

// hideFor is how long a tab is out of sight, and how long in sight, on average.
const hideFor = span.Minute

// trouble arranges what will happen to a viewer.
func (n *Internet) trouble(v *viewer) {
	if n.chance.unit() < n.Hidden {
		n.after(span.Span(n.chance.unit()*float64(hideFor)), event{kind: hide, node: v.index, flag: true})
	}
	if n.chance.unit() < n.Sleepers {
		end := n.Warm + n.Measure
		n.at(n.chance.span(n.now, max(end, n.now+1)), event{kind: sleep, node: v.index, flag: true})
	}
}

// hide puts the viewer's tab out of sight, or back: the page tells its engine to send nothing meanwhile.
func (v *viewer) hide(out bool) {
	v.hidden = out
	v.step(swarm.Uplink{BytesPerSecond: v.uplink()})
	v.net.after(v.net.chance.exponential(hideFor), event{kind: hide, node: v.index, flag: !out})
}

const (
	// unpingedFrom and unpingedTo are how long the tracker takes to miss who fell silent without its socket being reset.
	unpingedFrom = 5 * span.Second
	unpingedTo   = 15 * span.Second
)

// sleep closes the viewer's laptop, or opens it. Everything stops at once, and nobody is told.
func (v *viewer) sleep(closed bool) {
	n := v.net
	if !closed {
		v.awake()
		return
	}
	v.asleep = true
	for i := range v.links {
		v.partFrom(&v.links[i], true)
	}
	n.after(n.chance.span(unpingedFrom, unpingedTo), event{kind: missed, node: v.index})
	n.after(n.SleepFor, event{kind: sleep, node: v.index})
}

// awake finds that every connection is dead, and begins again near the live edge.
func (v *viewer) awake() {
	v.asleep, v.line.coming = false, 0
	for len(v.links) > 0 {
		v.linkDown(v.links[0].peer)
	}
	lost := v.fetches
	v.fetches = nil
	for _, f := range lost {
		v.step(swarm.Fetched{Ref: f.ref, Failed: true})
	}
	v.wakeAt = 0
	v.step(swarm.Tick{})
	v.player.awake()
	if v.tracked { // it lost that connection, too
		v.lost()
		v.net.consult(coord.Left{Peer: v.id})
	}
	v.come()
	v.net.after(lonelyEvery, event{kind: lonely, node: v.index})
}
