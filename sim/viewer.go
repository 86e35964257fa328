package sim

import (
	"math"

	"shoal/coord"
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
)

// viewer is one body: a mind, a line, a player, and a memory of which pieces it holds, without bytes.
type viewer struct {
	net   *Internet
	index int32
	place int // in those present
	id    id.Peer
	mind  mind
	habit habit
	class int     // of its uplink
	phase float64 // of its timers, in [0, 1)
	born  span.Span

	gone    bool
	hidden  bool
	asleep  bool
	tracked bool           // the tracker knows it
	weaned  bool           // the tracker need not send it records
	hearsOf segment.Tracks // whose records the tracker sends it
	banned  bool

	line     line
	links    []link    // in the order of peers
	peers    []id.Peer // of the links at the same places: they are looked up several times an event
	slots    int       // that the engine last said it can give away
	wakeAt   span.Span
	inbox    []swarm.Input // what the body answers at once
	stepping bool
	outs     []swarm.Output
	pending  []arrived
	fetches  []fetch
	rescues  segment.Part     // the part that the next fetch rescues, if any
	said     map[asking]asked // if somebody wants to know
	seeds    uint16           // stripes that it fetches for all, as the tracker said
	// originFree is when the way from the origin is done with what was asked.
	originFree span.Span
	store      store
	rules      rules
	tape       []byte // of what the mind hears, if somebody wants it
	player     player
	bundles    []bool   // of a recording: those of its records that were asked for
	at         coord.At // the same: where the tracker was last told, or would have been, that it plays
}

func newViewer(n *Internet, index int32, quota uint32) *viewer {
	v := &viewer{net: n, index: index, id: peerAt(index), born: n.now, phase: n.chance.unit()}
	x, y := n.chance.unit(), n.chance.unit()
	if quota > 0 {
		x = float64(quota-1) / (1 << 31)
		y = math.Mod(float64(index)*0.6180339887498949, 1) // spread evenly, whatever the class
	}
	v.class = classOf(n.Uplinks, x)
	v.habit = n.habitFor(y)
	far := n.chance.unit()
	v.line = line{
		lag:      (n.RTT[0] + span.Span(far*float64(n.RTT[1]-n.RTT[0]))) / 4,
		toOrigin: n.OriginRTT[0] + span.Span(far*float64(n.OriginRTT[1]-n.OriginRTT[0])),
		up:       n.Rate * n.Uplinks[v.class].Up, down: n.Rate * n.downlink(index, quota), nat: n.natFor(n.chance.unit()),
	}
	if n.chance.unit() < n.Lossy {
		v.line.loss = n.Loss
	}
	v.line.upNow = v.line.up
	config := swarm.Config{
		Self: v.id, Channel: channel, Seed: n.chance.next(), BirthWallMS: bornWallMS + int64(n.now/span.Millisecond),
		UplinkBytesPerSecond: v.uplink(), Recorded: n.Recorded > 0,
	}
	v.mind = n.policy.mind(config, v.line.up)
	if n.recorded != nil && *n.recorded == int(index) {
		v.tape = tape.AppendHead(nil, config)
	}
	v.player.viewer = v
	return v
}

// classOf returns the class that x in [0, 1) falls into.
func classOf(classes []Class, x float64) int {
	for i, c := range classes {
		if x < c.Share {
			return i
		}
		x -= c.Share
	}
	return len(classes) - 1
}

// uplink returns what the viewer lets be sent, bytes per second.
func (v *viewer) uplink() int {
	if v.habit == freeRider || v.hidden {
		return 0
	}
	return int(v.net.Rate * v.net.UpCap)
}

// now is the time since the mind's birth.
func (v *viewer) now() span.Span { return v.net.now - v.born }

// step gives the mind an input, and then everything that doing its outputs brings at once.
func (v *viewer) step(in swarm.Input) {
	v.inbox = append(v.inbox, in)
	if v.stepping {
		return
	}
	v.stepping = true
	for i := 0; i < len(v.inbox); i++ {
		in := v.inbox[i]
		v.rules.before(in)
		if v.tape != nil {
			v.tape = tape.AppendFramed(v.tape, v.now(), in)
		}
		if gone, ok := in.(swarm.Evicted); ok {
			v.store.evict(v.net.number(gone.Part))
		}
		v.outs = v.mind.Step(v.now(), in, v.outs[:0])
		v.net.measure.step(in)
		for _, o := range v.outs {
			v.obeys(o)
			v.perform(o)
		}
	}
	v.inbox = v.inbox[:0]
	v.stepping = false
	v.sleepUntilWake()
}

// hiddenTick is how often timers of a hidden page run (Chromium since 2011, Firefox, Safari).
const hiddenTick = span.Second

// sleepUntilWake arranges for the Tick that the mind asked for.
func (v *viewer) sleepUntilWake() {
	at, ok := v.mind.Wake()
	v.awaits(at, ok)
	if !ok {
		return
	}
	at += v.born
	if v.hidden {
		phase := span.Span(v.phase * float64(hiddenTick))
		at = (at-phase+hiddenTick-1)/hiddenTick*hiddenTick + phase
	}
	if at != v.wakeAt {
		v.wakeAt = at
		v.net.at(at, event{kind: wake, node: v.index})
	}
}

func (v *viewer) happen(e *event) {
	switch e.kind {
	case wake:
		if e.at == v.wakeAt {
			v.wakeAt = 0
			v.step(swarm.Tick{})
		}
	case arrive:
		v.hears(e)
	case left:
		v.sent(e)
	case confirm:
		v.confirm(e)
	case overdue:
		v.overdue(e)
	case acked:
		v.acked(e)
	case withheld:
		v.letGo(e)
	case drained:
		v.drained(e)
	case landed:
		if !e.queue {
			v.line.coming = max(0, v.line.coming-v.net.onWire(int(e.size)))
		}
		if from := e.peer(); v.link(from) != nil && v.net.takes(v, e) {
			v.received(from, int(e.size))
			v.arrives(arrived{part: e.part, piece: int(e.piece), from: from, truth: e.flag, hop: e.hop})
		}
	case linkUp:
		v.linkUp(v.net.viewers[e.other], e.flag)
	case linkDown:
		if l := v.link(e.peer()); l != nil && l.number == e.ref {
			v.linkDown(l.peer)
		}
	case brought:
		if v.net.takes(v, e) {
			v.brings(e)
		}
	case fetched:
		if v.net.takes(v, e) {
			v.fetched(e)
		}
	case shift:
		v.shift()
	case hide:
		v.hide(e.flag)
	case leave:
		v.leave()
	case rejoin:
		v.come()
	case lonely:
		v.lonely()
	case told:
		word := v.net.letters.open(e.ref).word.(swarm.Input)
		if seed, ok := word.(swarm.Seeding); ok {
			v.seeds = seed.Stripes
		}
		v.step(word)
	case wean:
		v.net.wean(v, e.flag)
	case noted:
		v.noted(e)
	case bundle:
		v.readBundle(int(e.part))
	case seek:
		v.player.seek()
	case finish:
		v.player.finish()
	case record:
		made := v.net.source.part(e.part)
		v.step(swarm.Offered{Digest: digest(made.name()), Data: made.record})
		v.boast(made)
		v.player.published(v.net.seq(e.part) + 1)
	default:
		v.player.happen(e)
	}
}
