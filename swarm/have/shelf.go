package have

import (
	"shoal/span"
	"shoal/wire"
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
)

// Bounds of the shelf.
const (
	// PartsMax bounds the parts that are known at once: a minute of two tracks in half-second parts, twice over.
	PartsMax = 512
	// RumoursMax bounds those among them that are not opened, so that idle talk cannot push out real parts.
	RumoursMax = 64
	// RumoursRecorded is the same of a recording, where neighbours say what lies ahead: as much as they hold in memory.
	RumoursRecorded = 256
)

// Shelf holds the known parts in the order of segment.Part.Compare.
type Shelf struct {
	parts     []*Part
	unsettled []*Part // those of them about which there may be something to do, in the same order: few, and looked at in every step
	rumours   int

	// Recorded says that the channel is a recording: no part is too old, those farthest from Head (wall-clock ms) leave first.
	Recorded bool
	Head     int64
}

func find(parts []*Part, name segment.Part) (int, bool) {
	return slices.BinarySearchFunc(parts, name, func(p *Part, name segment.Part) int { return p.Name.Compare(name) })
}

// Get returns a part, or nil. Mostly it is one of the few that are unsettled.
func (s *Shelf) Get(name segment.Part) *Part {
	if i, ok := find(s.unsettled, name); ok {
		return s.unsettled[i]
	}
	if i, ok := find(s.parts, name); ok {
		return s.parts[i]
	}
	return nil
}

// Rumour returns the part of that name, made at now if there was none, or nil if there are too many rumours.
func (s *Shelf) Rumour(name segment.Part, now span.Span) *Part {
	if p := s.Get(name); p != nil {
		return p
	}
	if s.rumours >= RumoursMax && !(s.Recorded && s.roomFor(name)) {
		return nil
	}
	s.rumours++
	return s.add(name, now)
}

func (s *Shelf) add(name segment.Part, now span.Span) *Part {
	p := &Part{Name: name, HeardAt: now}
	s.parts, s.unsettled = insert(s.parts, p), insert(s.unsettled, p)
	return p
}

func insert(parts []*Part, p *Part) []*Part {
	i, _ := find(parts, p.Name)
	return slices.Insert(parts, i, p)
}

func remove(parts []*Part, name segment.Part) []*Part {
	if i, ok := find(parts, name); ok {
		return slices.Delete(parts, i, i+1)
	}
	return parts
}

// roomFor makes room for a rumour about a recording, if there is none, where the last one is: what lies nearer counts more.
func (s *Shelf) roomFor(name segment.Part) bool {
	if s.rumours < RumoursRecorded {
		return true
	}
	for i := len(s.parts) - 1; i >= 0; i-- {
		if p := s.parts[i]; !p.Opened && !p.Wanted {
			if p.Name.Compare(name) < 0 {
				return false
			}
			s.Remove(p.Name)
			return true
		}
	}
	return false
}

// Open makes a part known for certain, by its verified record. It returns the part, and the part that had to leave for
// want of room, or nil.
func (s *Shelf) Open(m *manifest.Part, record []byte, digest id.Digest, now span.Span) (opened, left *Part) {
	p := s.Get(m.Name())
	switch {
	case p == nil:
		p = s.add(m.Name(), now)
	case p.Opened:
		return p, nil
	default:
		s.rumours--
	}
	p.Opened, p.OpenedAt, p.Manifest, p.Record, p.Digest = true, now, m, record, digest
	p.all, p.wallMS, p.duration = wire.Full(len(m.Hashes)), int64(m.WallMS), int64(m.DurationUS+999)/1000
	for i := range p.holdings {
		p.holdings[i].pieces = p.holdings[i].pieces.Both(p.all)
	}
	if len(s.parts) > PartsMax {
		left = s.oldest(p)
		s.Remove(left.Name)
	}
	return p, left
}

// oldest returns the part to give up: a rumour if there is one, else the earliest by wall clock. Never keep.
func (s *Shelf) oldest(keep *Part) (left *Part) {
	for _, p := range s.parts {
		switch {
		case p == keep || s.Recorded && !p.Opened: // at least half are opened: RumoursRecorded
		case !p.Opened:
			return p
		case left == nil || s.age(p) > s.age(left):
			left = p
		}
	}
	return left
}

// age returns what makes a part leave: how early it is, or, of a recording, how far from the playhead.
func (s *Shelf) age(p *Part) int64 {
	off := s.Head - p.WallMS()
	if s.Recorded {
		return max(off, -off)
	}
	return off
}

// Remove forgets a part.
func (s *Shelf) Remove(name segment.Part) {
	if p := s.Get(name); p != nil && !p.Opened {
		s.rumours--
	}
	s.parts, s.unsettled = remove(s.parts, name), remove(s.unsettled, name)
}

// Forget takes a departed neighbour out of every part.
func (s *Shelf) Forget(peer id.Peer) {
	for _, p := range s.parts {
		p.forget(peer)
	}
}

// All yields the parts in order. The shelf must not change meanwhile.
func (s *Shelf) All(yield func(*Part) bool) {
	for _, p := range s.parts {
		if !yield(p) {
			return
		}
	}
}

// Unsettled yields the parts, in order, that are not settled. The shelf must not change meanwhile.
func (s *Shelf) Unsettled(yield func(*Part)) {
	kept := s.unsettled[:0]
	for _, p := range s.unsettled {
		yield(p)
		if !p.settled() {
			kept = append(kept, p)
		}
	}
	clear(s.unsettled[len(kept):])
	s.unsettled = kept
}

// Len returns the number of known parts.
func (s *Shelf) Len() int { return len(s.parts) }
