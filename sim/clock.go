package sim

import (
	"shoal/id"
	"shoal/span"
)

// kind says what an event is.
type kind uint8

const (
	join      kind = iota
	leave          // a viewer's time is over
	publish        // the origin makes a part
	swing          // the uplinks change
	arrive         // a control message reaches its peer: letter
	left           // a piece is out of its sender's uplink
	drained        // a piece is out of its sender's transport, and in its modem
	landed         // a piece reaches its peer
	linkUp         // a connection opens, or is known to have failed: flag is success
	linkDown       // a peer learns that another is gone
	brought        // a piece of the origin's answer to the engine is read: ref, piece
	fetched        // that answer has ended: ref; flag is failure
	delivered      // the origin's answer to the player is complete
	wake           // the engine asked for a Tick
	report         // the player tells the engine where it is
	ask            // the player asks for its next part
	lonely         // who has few neighbours asks the tracker for more
	toTracker      // a viewer's word reaches the tracker: letter
	told           // the tracker's word reaches a viewer: letter
	record         // a part's record, from the tracker, reaches a viewer
	listed         // a playlist shows a viewer a part
	outage         // the tracker ends; flag: it is back
	rejoin         // a viewer finds the tracker again
	hide           // a tab goes out of sight, or comes back
	shift          // a downlink becomes another
	sleep          // a laptop is closed, or opened
	missed         // the tracker notices that a viewer is silent
	withheld       // a delayer lets a piece go
	wean           // the tracker hears that a viewer wants no records, or wants them again: flag
	noted          // a record that the origin was asked for comes, or not: ref; flag is failure
	confirm        // an acknowledgement that waited for company goes alone: ref is its round
	overdue        // an acknowledgement has not come in time: ref is the timer's round
	seek           // a viewer goes to another place of the recording
	finish         // a viewer may be at the recording's end
	bundle         // records of the recording, from the origin, reach a viewer: part is the first
	acked          // a peer's acknowledgement is here: ref is the connection
)

// event is something that happens at a time. Which fields mean something depends on its kind. It holds no pointer, so that
// a million of them cost the garbage collector nothing; what needs one waits in letters.
type event struct {
	at     span.Span
	order  uint64
	behind uint32 // the next event of its slot, while it lies there
	kind   kind
	flag   bool
	queue  bool  // it has waited for the downlink already
	hop    uint8 // of a piece: how many peers it went through
	piece  int16
	node   int32 // the viewer to whom it happens
	other  int32 // the viewer who caused it
	part   int32 // its seq
	size   int32 // bytes on the wire, less overhead
	ref    uint32
}

// peer names the viewer who caused it.
func (e *event) peer() id.Peer { return peerAt(e.other) }

// clock has events happen in the order of time, and of scheduling among equals. What happens within the slot of time under way,
// and what is far off, lie in heaps; what comes between lies in its slot, in no order, until that begins: so the heap that
// every event goes through stays small enough for a processor's cache.
type clock struct {
	now     span.Span
	order   uint64
	count   int // of events that are to happen
	slot    span.Span
	current heap
	coming  [slots]uint32 // the first event of each slot, by number of the slot modulo slots: an index in parked, from 1
	parked  []event
	free    uint32 // the first unused place in parked, likewise
	distant heap
	Events  uint64 // that have happened
}

const (
	// slotFor is how long a slot is: at ten thousand viewers some six thousand events.
	slotFor = 2 * span.Millisecond
	// slots is how many of them are looked ahead: about a second.
	slots = 512
)

// at has e happen at t, or at once if that is past.
func (c *clock) at(t span.Span, e event) {
	c.order++
	c.count++
	e.at, e.order = max(t, c.now), c.order
	switch slot := e.at / slotFor; {
	case slot <= c.slot:
		c.current.push(e)
	case slot < c.slot+slots:
		c.park(&c.coming[slot%slots], e)
	default:
		c.distant.push(e)
	}
}

func (c *clock) after(d span.Span, e event) { c.at(c.now+d, e) }

// park adds an event to a slot.
func (c *clock) park(first *uint32, e event) {
	e.behind = *first
	if c.free == 0 {
		c.parked = append(c.parked, e)
		*first = uint32(len(c.parked))
		return
	}
	place := &c.parked[c.free-1]
	*first, c.free = c.free, place.behind
	*place = e
}

// upcoming returns when the next event happens, or false if there is none.
func (c *clock) upcoming() (span.Span, bool) {
	if c.count == 0 {
		return 0, false
	}
	for len(c.current) == 0 {
		c.turn()
	}
	return c.current[0].at, true
}

// turn begins the next slot.
func (c *clock) turn() {
	c.slot++
	first := &c.coming[c.slot%slots]
	for *first != 0 {
		place := &c.parked[*first-1]
		c.current.push(*place)
		*first, place.behind, c.free = place.behind, c.free, *first
	}
	for len(c.distant) > 0 && c.distant[0].at/slotFor <= c.slot {
		c.current.push(c.distant.pop())
	}
}

// next takes the first event off and moves the clock to it. There must be one.
func (c *clock) next() event {
	c.upcoming()
	first := c.current.pop()
	c.now = first.at
	c.count--
	c.Events++
	return first
}

// heap is a four-ary heap of events.
type heap []event

func (e *event) before(f *event) bool {
	if e.at != f.at {
		return e.at < f.at
	}
	return e.order < f.order
}

func (h *heap) push(e event) {
	*h = append(*h, event{})
	all := *h
	i := len(all) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&all[up]) {
			break
		}
		all[i] = all[up]
		i = up
	}
	all[i] = e
}

func (h *heap) pop() event {
	all := *h
	first := all[0]
	last := len(all) - 1
	sinking := all[last]
	all = all[:last]
	*h = all
	i := 0
	for {
		best := 4*i + 1
		if best >= last {
			break
		}
		end := min(best+4, last)
		for j := best + 1; j < end; j++ {
			if all[j].before(&all[best]) {
				best = j
			}
		}
		if !all[best].before(&sinking) {
			break
		}
		all[i] = all[best]
		i = best
	}
	if last > 0 {
		all[i] = sinking
	}
	return first
}

// letter is what an event carries beside numbers: what a peer says, or what viewer and tracker say.
type letter struct {
	data []byte
	word any
}

// letters keeps the letters under way. A slot is free again once it was opened.
type letters struct {
	slots []letter
	free  []uint32
}

// post keeps a letter and returns the number to open it with.
func (l *letters) post(x letter) uint32 {
	if last := len(l.free) - 1; last >= 0 {
		i := l.free[last]
		l.free = l.free[:last]
		l.slots[i] = x
		return i
	}
	l.slots = append(l.slots, x)
	return uint32(len(l.slots) - 1)
}

func (l *letters) open(i uint32) letter {
	x := l.slots[i]
	l.slots[i] = letter{}
	l.free = append(l.free, i)
	return x
}
