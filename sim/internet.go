package sim

import (
	"fmt"

	"shoal/coord"
	"shoal/id"
	"shoal/span"
)

const (
	// comeBack is the longest time until who left is replaced.
	comeBack = 2 * span.Second
	// swingEvery is how often uplinks change.
	swingEvery = 5 * span.Second
)

// Internet is one run: the clock, the viewers, and everything between them.
type Internet struct {
	clock
	Scenario
	policy  Policy
	sctp    transport
	seed    uint64
	chance  chance
	letters letters
	viewers []*viewer // all that ever were, by index
	present []*viewer // those who are here, in no order of meaning
	tracker tracker
	origin  origin
	source  source
	measure measure
	opened  uint32 // connections, so far
	timers  uint32 // of associations, so far
	broken  []string

	recorded *int // the viewer whose tape is kept, by index
}

// New returns an internet in which nothing has happened yet.
func New(s Scenario, p Policy, seed uint64) *Internet {
	n := &Internet{Scenario: p.adapt(s), policy: p, seed: seed, chance: chance{mix(seed)}}
	n.sctp, _ = transportNamed(n.Transport) // Check knows the names
	n.measure.begin(n)
	n.begin()
	for i := range n.Peers {
		n.at(n.chance.span(0, span.Second), event{kind: join, ref: quota(i, n.Peers)})
	}
	for i := range n.Crowd {
		n.at(n.CrowdAt+n.chance.span(0, n.CrowdIn), event{kind: join, ref: quota(i, n.Crowd)})
	}
	if n.Recorded > 0 {
		n.record()
	} else {
		n.at(n.Part, event{kind: publish})
	}
	n.at(swingEvery, event{kind: swing})
	if n.OutageFor > 0 {
		n.at(n.OutageAt, event{kind: outage})
	}
	return n
}

// quota numbers viewer i of n from 1 to 2^31, evenly, so that the classes of those who come together have their exact
// shares. 0 is left to chance.
func quota(i, n int) uint32 { return 1 + uint32((float64(i)+0.5)/float64(n)*(1<<31)) }

// Record keeps a tape of what the mind of a viewer hears, counted from 0 in the order of coming. Call it before anything
// happens.
func (n *Internet) Record(viewer int) { n.recorded = &viewer }

// Tape returns the tape of the viewer that was to be recorded, or nil if it never came.
func (n *Internet) Tape() []byte {
	if n.recorded == nil || *n.recorded >= len(n.viewers) {
		return nil
	}
	return n.viewers[*n.recorded].tape
}

// Run runs to the end of the measurement, or to the first broken rule.
func (n *Internet) Run() Result {
	for n.Advance(1 << 30) {
	}
	return n.Result()
}

// Advance has so many events happen, and reports whether there are more before the end.
func (n *Internet) Advance(events int) bool {
	for range events {
		if len(n.heap) == 0 || n.heap[0].at > n.Warm+n.Measure || len(n.broken) > 0 {
			return false
		}
		e := n.next()
		n.happen(&e)
	}
	return true
}

// Result is what came of the run, once it has ended.
func (n *Internet) Result() Result {
	n.now = max(n.now, n.Warm+n.Measure)
	for _, v := range n.present {
		n.measure.line(v)
	}
	return n.measure.result()
}

// Broken returns the rules that were broken, none in a sound run.
func (n *Internet) Broken() []string { return n.broken }

// rule notes a broken rule; the run ends.
func (n *Internet) rule(format string, args ...any) {
	n.broken = append(n.broken, fmt.Sprintf("%s seed %d at %.6f s: ", n.Name, n.seed, float64(n.now)/float64(span.Second))+fmt.Sprintf(format, args...))
}

func (n *Internet) happen(e *event) {
	switch e.kind {
	case publish:
		n.publish()
	case join:
		n.join(e.ref)
	case swing:
		n.swing()
	case outage:
		n.outage(e.flag)
	case toTracker:
		n.heard(e)
	case missed:
		if v := n.viewers[e.node]; v.asleep && v.tracked {
			v.tracked = false
			n.consult(coord.Left{Peer: v.id})
		}
	default:
		v := n.viewers[e.node]
		switch {
		case v.gone:
			n.discard(e)
		case e.kind == sleep:
			v.sleep(e.flag)
		case v.asleep && e.kind != leave:
			n.discard(e)
		default:
			v.happen(e)
		}
	}
}

// discard drops an event whose viewer is not there to see it.
func (n *Internet) discard(e *event) {
	if e.kind == arrive || e.kind == told {
		n.letters.open(e.ref)
	}
}

// join adds a viewer.
func (n *Internet) join(quota uint32) {
	v := newViewer(n, int32(len(n.viewers)), quota)
	n.viewers = append(n.viewers, v)
	v.place = len(n.present)
	n.present = append(n.present, v)
	n.measure.joined()
	if n.Stay > 0 {
		n.after(n.chance.exponential(n.Stay), event{kind: leave, node: v.index})
	}
	n.trouble(v)
	v.player.settleOn()
	v.come()
	if n.Recorded > 0 {
		v.player.enter(quota > 0 && n.StartAt == "any")
	} else {
		v.player.begin()
	}
	n.after(lonelyEvery, event{kind: lonely, node: v.index})
}

// absent takes a viewer out of those present.
func (n *Internet) absent(v *viewer) {
	last := n.present[len(n.present)-1]
	n.present[v.place], last.place = last, v.place
	n.present = n.present[:len(n.present)-1]
}

func (n *Internet) viewer(p id.Peer) *viewer { return n.viewers[indexOf(p)] }

// peerAt and indexOf turn a viewer's index into its name and back, without a look at the viewer.
func peerAt(index int32) id.Peer { return id.Peer(index) + 1 }

func indexOf(p id.Peer) int32 { return int32(p - 1) }

// swing lets each uplink drift.
func (n *Internet) swing() {
	for _, v := range n.present {
		v.line.upNow = v.line.up * (1 + n.Swing*(2*n.chance.unit()-1))
	}
	n.after(swingEvery, event{kind: swing})
}
