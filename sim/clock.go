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
// a heap of a million of them costs the garbage collector nothing; what needs one waits in letters.
type event struct {
	at    span.Span
	order uint64
	kind  kind
	flag  bool
	queue bool  // it has waited for the downlink already
	hop   uint8 // of a piece: how many peers it went through
	piece int16
	to    int16
	node  int32 // the viewer to whom it happens
	other int32 // the viewer who caused it
	part  int32 // its seq
	size  int32 // bytes on the wire, less overhead
	ref   uint32
}

// peer names the viewer who caused it.
func (e *event) peer() id.Peer { return peerAt(e.other) }

// clock is a four-ary heap of events, in the order of time, and of scheduling among equals.
type clock struct {
	now    span.Span
	order  uint64
	heap   []event
	Events uint64 // that have happened
}

func (e *event) before(f *event) bool {
	if e.at != f.at {
		return e.at < f.at
	}
	return e.order < f.order
}

// at has e happen at t, or at once if that is past.
func (c *clock) at(t span.Span, e event) {
	c.order++
	e.at, e.order = max(t, c.now), c.order
	c.heap = append(c.heap, event{})
	i := len(c.heap) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&c.heap[up]) {
			break
		}
		c.heap[i] = c.heap[up]
		i = up
	}
	c.heap[i] = e
}

func (c *clock) after(d span.Span, e event) { c.at(c.now+d, e) }

// next takes the first event off and moves the clock to it.
func (c *clock) next() event {
	first := c.heap[0]
	last := len(c.heap) - 1
	sinking := c.heap[last]
	c.heap = c.heap[:last]
	i := 0
	for {
		best := 4*i + 1
		if best >= last {
			break
		}
		end := min(best+4, last)
		for j := best + 1; j < end; j++ {
			if c.heap[j].before(&c.heap[best]) {
				best = j
			}
		}
		if !c.heap[best].before(&sinking) {
			break
		}
		c.heap[i] = c.heap[best]
		i = best
	}
	if last > 0 {
		c.heap[i] = sinking
	}
	c.now = first.at
	c.Events++
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
