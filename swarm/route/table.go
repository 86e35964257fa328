package route

import (
	"math/bits"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/roster"
	"shoal/wire"
)

// Bounds and habits of the trees.
const (
	// DepthNone is the depth of a stripe that does not come.
	DepthNone = wire.DepthNone
	// DepthMax bounds a tree: 16^3 viewers fit at depth 4, and what is deeper is lost in a loop.
	DepthMax = 14
	// FanMax is how many children one primary stripe is meant for.
	FanMax = 16
	// SubFor is how long a Sub may go unanswered.
	SubFor = span.Second
	// RefusedFor is how long a neighbour that refused stripes is not asked for them again.
	RefusedFor = 2 * span.Second
	// StripeMissesMax is how many parts in a row a stripe may fail to be pushed in time before it gets another parent:
	// the fault may lie further up.
	StripeMissesMax = 4
	// ParentMissesMax is how many parts in a row a parent may push nothing of before it is left altogether.
	ParentMissesMax = 3
	// OptimiseEvery is how often one stripe may be moved to a quicker parent.
	OptimiseEvery = 2 * span.Second
	// TellEvery is how often neighbours are told of changes, and TellSoon how often of those that they must act upon.
	TellEvery = span.Second
	TellSoon  = 400 * span.Millisecond
	// GatherFor is how long a newcomer looks round before it chooses parents, unless it knows GatherMany already: all from
	// the first that comes up would be a narrow start.
	GatherFor  = 400 * span.Millisecond
	GatherMany = 6
	// OrphanFor is how long a peer that lost a parent lets its children believe that all is well.
	OrphanFor = 1500 * span.Millisecond
)

const stripes = segment.Stripes

// neighbour is a peer as a parent and as a child.
type neighbour struct {
	said         wire.State
	heard        bool
	near         bool // it comes from our network
	asked        uint16
	askedAt      span.Span
	refused      uint16
	refusedUntil span.Span
	misses       int    // parts in a row of which it pushed nothing in time
	missed       uint64 // the last of them

	takes    uint16 // stripes that it has from us
	relays   uint16 // those of them that it passes on
	capacity int
}

// stripe is one tree as seen from here.
type stripe struct {
	depth    uint8 // as last known
	root     uint8 // of the tree it came from last
	orphaned span.Span
	misses   int // parts in a row whose piece was not pushed in time
	age      ages
	rescues  int       // parts in a row whose piece came neither pushed nor pulled in time
	rescued  uint64    // the last of them
	ownUntil span.Span // when a parent is sought, if it is fetched here for want of one
}

// Table is the sixteen trees as seen from one peer. Make it with New.
type Table struct {
	chance  uint64
	peers   roster.Roster[neighbour]
	parents [stripes]id.Peer // of each stripe; id.Origin if there is none
	stripes [stripes]stripe
	seeds   uint16 // as the coordinator wants it
	own     uint16 // for want of a parent
	primary uint16
	tracks  segment.Tracks // that we follow
	slots   int
	used    int

	optimiseAt span.Span
	lapseAt    span.Span // when the next request or refusal lapses
	pending    uint16    // the stripes that some neighbour was asked for
	stale      bool      // requests or refusals have changed since the last two were worked out
	lookedAt   span.Span
	toldAt     span.Span
	told       wire.State
	dirty      bool
	ways       uint64    // counts changes of parents
	met        span.Span // when the first neighbour said what it can give
	letters    []Act     // to be said with the next Think
	near       []id.Peer // those of our network who were named last
	queueMS    func() int

	// Idle has no trees: of a recording nothing is pushed. Ahead is what the player has before it has to wait, in AheadUnits.
	Idle  bool
	Ahead uint8
}

// AheadUnit is the unit of State.Delay's first byte in a recording: what the sender has ahead of its playhead.
const AheadUnit = 250 * span.Millisecond

// AheadOf returns what a neighbour of a recording said it has ahead.
func (t *Table) AheadOf(p id.Peer) span.Span {
	if n := t.peers.Get(p); n != nil {
		return span.Span(n.said.Delay[0]) * AheadUnit
	}
	return 0
}

// New returns a table of a peer with nobody around it. chance breaks ties; queueMS tells how long a piece waits for
// the uplink, and is asked when neighbours may be told of it: not at every step.
func New(chance uint64, queueMS func() int) *Table {
	t := &Table{chance: chance, queueMS: queueMS, tracks: segment.AllTracks, dirty: true}
	for k := range t.stripes {
		t.stripes[k] = stripe{depth: DepthNone, age: newAges()}
	}
	return t
}

// Join adds a neighbour.
func (t *Table) Join(p id.Peer) {
	t.peers.Add(p).near = t.isNear(p)
	t.dirty = true
}

// Leave takes a neighbour away: its stripes are orphans, its slots free.
func (t *Table) Leave(now span.Span, p id.Peer) {
	n := t.peers.Get(p)
	if n == nil {
		return
	}
	t.used -= bits.OnesCount16(n.takes)
	t.peers.Remove(p)
	t.orphan(now, p, everyStripe)
	t.dirty, t.stale = true, true
}

const everyStripe = uint16(1<<stripes - 1)

// quit leaves a parent that would otherwise go on pushing.
func (t *Table) quit(now span.Span, p id.Peer, mask uint16) {
	given := uint16(0)
	for k := range t.stripes {
		if t.parents[k] == p && mask&(1<<k) != 0 {
			given |= 1 << k
		}
	}
	if p != id.Origin && given != 0 {
		t.letters = append(t.letters, Act{p, wire.Unsub{Stripes: given}})
		t.orphan(now, p, given)
	}
}

// orphan ends a parent's giving of stripes.
func (t *Table) orphan(now span.Span, p id.Peer, mask uint16) {
	for k := range t.stripes {
		if s := &t.stripes[k]; t.parents[k] == p && p != id.Origin && mask&(1<<k) != 0 {
			t.parents[k], s.orphaned, s.misses = id.Origin, now, 0
			t.ways++
			t.dirty = true
		}
	}
}

// Seed sets which stripes come from the origin.
func (t *Table) Seed(now span.Span, mask uint16) {
	for k := range t.stripes {
		s := &t.stripes[k]
		switch was, is := t.seeds&(1<<k) != 0, mask&(1<<k) != 0; {
		case is:
			t.quit(now, t.parents[k], 1<<k)
			s.depth, s.root, s.orphaned = 0, uint8(mix(t.chance)), 0
		case was:
			s.orphaned = now
			s.depth = 1 // as deep as the children of whoever seeds it now
		}
	}
	t.seeds, t.dirty = mask, true
}

// Seeds returns the stripes that come from the origin.
func (t *Table) Seeds() uint16 { return t.fetched() }

// SetSlots sets how many stripes may be given away in all. Children above it are let go, those who relay nothing first.
func (t *Table) SetSlots(slots int) {
	t.slots = slots
	t.choosePrimary()
}

// Slots returns how many stripes may be given away, and how many are.
func (t *Table) Slots() (all, used int) { return t.slots, t.used }

// Heard takes what a neighbour says of itself.
func (t *Table) Heard(now span.Span, p id.Peer, m wire.State) {
	n := t.peers.Get(p)
	if n == nil {
		return
	}
	n.said, n.heard = m, true
	if !t.fits(n) {
		t.let(p, n)
	}
	if t.met == 0 {
		t.met = max(now, 1)
	}
	for k := range t.stripes {
		s := &t.stripes[k]
		if t.parents[k] != p {
			continue
		}
		if m.Depth[k] >= DepthMax || !t.suits(n) {
			t.quit(now, p, 1<<k)
			continue
		}
		s.depth, s.root = m.Depth[k]+1, m.Root[k]
	}
	t.dirty = true
}

// Ways returns a number that is another whenever some stripe has won or lost a parent.
func (t *Table) Ways() uint64 { return t.ways }

// Parent returns who pushes stripe k to us, or id.Origin if nobody does.
func (t *Table) Parent(k int) id.Peer { return t.parents[k] }

// Children yields who has stripe k from us, and whether they pass it on.
func (t *Table) Children(k int, yield func(p id.Peer, relays bool)) {
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		if n.takes&(1<<k) != 0 {
			yield(p, n.relays&(1<<k) != 0)
		}
		return true
	})
}

// recordStripes are the stripes on which a part's record goes ahead of its pieces: two, so that none waits for one parent.
const recordStripes = uint16(1<<0 | 1<<(stripes/2))

// Heirs yields those to whom the record of a part goes on from here.
func (t *Table) Heirs(yield func(p id.Peer)) {
	t.peers.All(func(p id.Peer, n *neighbour) bool {
		if n.takes&recordStripes != 0 {
			yield(p)
		}
		return true
	})
}

// Given returns the stripes that p has from us.
func (t *Table) Given(p id.Peer) uint16 {
	if n := t.peers.Get(p); n != nil {
		return n.takes
	}
	return 0
}

// Pushed notes that a piece of stripe k came from p, so long after its part was opened.
func (t *Table) Pushed(p id.Peer, k int, age span.Span) {
	s := &t.stripes[k]
	if t.parents[k] != p || p == id.Origin {
		return
	}
	t.peers.Get(p).misses, s.misses = 0, 0
	s.age.add(age)
}

// Missed notes that the piece on stripe k of part seq was not pushed in time. A parent that misses too many in a row is
// left.
func (t *Table) Missed(now span.Span, k int, seq uint64) {
	s := &t.stripes[k]
	p := t.parents[k]
	n := t.peers.Get(p)
	if n == nil {
		return
	}
	if n.misses == 0 || seq > n.missed {
		n.missed = seq
		n.misses++
	}
	switch s.misses++; {
	case n.misses >= ParentMissesMax:
		n.misses, t.stale = 0, true
		n.refused, n.refusedUntil = everyStripe, now+5*RefusedFor
		t.quit(now, p, everyStripe)
	case s.misses >= StripeMissesMax:
		t.stale = true
		n.refused, n.refusedUntil = n.refused|1<<k, now+RefusedFor
		t.quit(now, p, 1<<k)
	}
}

// Patience returns how long after its part's opening a piece of stripe k usually comes by itself, and may still come.
func (t *Table) Patience(k int) (usual, patience span.Span) {
	if t.parents[k] == id.Origin && t.fetched()&(1<<k) == 0 {
		return 0, orphanPatience
	}
	return t.stripes[k].age.usual(), t.stripes[k].age.patience()
}
