package route

import (
	"shoal/id"
	"shoal/span"
	"shoal/wire"
)

// tell says what changed, not too often.
func (t *Table) tell(now span.Span, acts []Act) ([]Act, span.Span) {
	if now < t.lookedAt+lookEvery { // there will be a step soon enough
		return acts, Never
	}
	t.lookedAt = now
	m := t.state(now)
	if !t.worthTelling(m) {
		return acts, Never
	}
	t.lookedAt = 0
	every := TellEvery
	if t.urgent(m) {
		every = TellSoon
	}
	if at := t.toldAt + every; t.toldAt > 0 && now < at {
		return acts, at
	}
	t.told, t.toldAt = m, now
	return t.broadcast(acts), Never
}

// broadcast says to all what was told last.
func (t *Table) broadcast(acts []Act) []Act {
	var told wire.Message = t.told // once for all
	t.peers.All(func(p id.Peer, _ *neighbour) bool {
		acts = append(acts, Act{p, told})
		return true
	})
	return acts
}

// lookEvery is how often what there is to say of ourselves is compared with what was said.
const lookEvery = 50 * span.Millisecond

// urgent reports whether m says that a stripe has come, gone or moved, or that there is room, or none any more.
func (t *Table) urgent(m wire.State) bool {
	for k := range m.Depth {
		if (m.Depth[k] == DepthNone) != (t.told.Depth[k] == DepthNone) || m.Root[k] != t.told.Root[k] {
			return true
		}
	}
	return (m.Free == 0) != (t.told.Free == 0)
}

// worthTelling reports whether m says something new: small changes of room and queue do not.
func (t *Table) worthTelling(m wire.State) bool {
	old := t.told
	for k := range m.Delay {
		if max(m.Delay[k], old.Delay[k])-min(m.Delay[k], old.Delay[k]) > 12 {
			return true
		}
	}
	return m.Tracks != old.Tracks || m.Depth != old.Depth || m.Root != old.Root || m.Primary != old.Primary || (m.Free == 0) != (old.Free == 0) ||
		max(m.Free, old.Free)-min(m.Free, old.Free) > max(2, old.Free/4) || max(m.QueueMS, old.QueueMS)-min(m.QueueMS, old.QueueMS) > 200
}

// Greet returns what to say of ourselves to a new neighbour.
func (t *Table) Greet(now span.Span) wire.State { return t.state(now) }

// state returns what to say of ourselves.
func (t *Table) state(now span.Span) (m wire.State) {
	m.QueueMS = uint16(min(t.queueMS(), 1<<16-1))
	m.Free = uint8(min(max(t.slots-t.used, 0), 255))
	m.Slots = uint16(min(t.slots, 1<<16-1))
	m.Primary = t.primary
	m.Tracks = t.tracks
	for k := range t.stripes {
		m.Depth[k] = t.depth(now, k)
		m.Delay[k] = t.delay(k)
		m.Root[k] = t.rooted(k)
	}
	if t.Idle {
		m.Delay = [stripes]uint8{t.Ahead}
	}
	return m
}

// seedDelay is what a seed says of its own stripes: a request to the origin takes about that.
const seedDelay = 6

// delay returns how old pieces of stripe k usually are when they come, in wire.DelayUnits.
func (t *Table) delay(k int) uint8 {
	if t.fetched()&(1<<k) != 0 {
		return seedDelay
	}
	return uint8(min(t.stripes[k].age.usual()/(wire.DelayUnit*span.Millisecond), 255))
}

// depth returns the depth of stripe k as neighbours should see it.
func (t *Table) depth(now span.Span, k int) uint8 {
	s := &t.stripes[k]
	switch {
	case t.fetched()&(1<<k) != 0:
		return 0
	case t.parents[k] == id.Origin && (s.orphaned == 0 || now > s.orphaned+OrphanFor):
		return DepthNone
	}
	return s.depth
}
