package coord

import (
	"time"

	"shoal/id"
	"shoal/segment"
)

// Mind is the coordinator of one channel. It is not safe for concurrent use.
type Mind struct {
	chance  chance
	now     time.Duration        // of the last step
	members []*member            // in no order of meaning; a member knows its place
	byPeer  map[id.Peer]*member  // for look-up only, never walked
	homes   map[Prefix][]*member // by their network, in no order of meaning; for look-up and size only
	groups  []*group             // that have members, in the order of their beginning
	others  group                // who follow what would be one group too many
	arrived uint64               // counts arrivals, so that the longest present can be told
	bans    []ban                // oldest first
	banned  map[id.Peer]struct{} // those of bans; for look-up only
	seeding []*member            // whose mask was not 0 after the last step
	seeded  []*member            // after the one before it

	recorded bool
	places   []*member // of a recording: those who said where they play, by start
}

// member is a peer that shares.
type member struct {
	peer       id.Peer
	prefix     Prefix
	place      int    // index in members
	room       int    // index among those of its network
	group      *group // nil once it has left
	seat       int    // index in its members
	tracks     segment.Tracks
	order      uint64
	linked     int
	lost       bool      // it had connections and then none: its line broke, and whom it met it may meet again
	slots      int       // what its uplink can give away, as it says; 0 is unknown
	rank       int       // its place among the strong of its group, from 1; 0 is not one of them
	met        []*member // both ways; at most MetMax
	moreAt     time.Duration
	namedAt    time.Duration // when it was in an introduction last
	again      int           // how often that was done
	complaints []complaint
	held, runs int    // stripes it seeds, and in how many runs; m.weigh sets them
	mask       uint16 // as last told
	next       uint16 // being worked out
	placed     bool   // it is among places
	start      int64  // when, by the mind's clock in ms, it would have begun at the recording's beginning, negated: the more, the farther ahead
}

// New returns the mind of an empty channel. seed decides all its chances.
func New(seed uint64) *Mind {
	return &Mind{
		chance: chance{seed},
		byPeer: map[id.Peer]*member{},
		homes:  map[Prefix][]*member{},
		banned: map[id.Peer]struct{}{},
	}
}

// NewRecorded returns the mind of an empty channel that is a recording: nobody seeds, and who meets whom is a matter of where
// they play.
func NewRecorded(seed uint64) *Mind {
	m := New(seed)
	m.recorded = true
	return m
}

// Step tells the mind what happened at now (any clock that does not run backwards) and appends what to do about it.
func (m *Mind) Step(now time.Duration, in Input, out []Output) []Output {
	m.now = now
	m.pardon(now)
	switch in := in.(type) {
	case Joined:
		out = m.join(now, in, out)
	case Left:
		out = m.leave(in.Peer, out)
	case Linked:
		m.link(in)
	case Able:
		if p := m.byPeer[in.Peer]; p != nil && p.group.rate(p, min(max(in.Slots, 1), SlotsMax)) && !m.recorded {
			out = m.befriend(p, out)
		}
	case Follows:
		out = m.follows(now, in, out)
	case At:
		out = m.at(now, in, out)
	case MorePlease:
		out = m.more(now, in.Peer, out)
	case Complained:
		out = m.complain(now, in, out)
	case Tick:
	}
	if m.recorded {
		return out
	}
	return m.settle(now, out)
}

// Introduced reports whether two peers were introduced to each other and are both still here.
func (m *Mind) Introduced(a, b id.Peer) bool {
	x, y := m.byPeer[a], m.byPeer[b]
	return x != nil && y != nil && knows(x, y)
}

// Sharing returns the number of peers that share.
func (m *Mind) Sharing() int { return len(m.members) }

func (m *Mind) join(now time.Duration, in Joined, out []Output) []Output {
	if in.Peer == id.Origin || !in.Share || m.byPeer[in.Peer] != nil {
		return out
	}
	if _, ok := m.banned[in.Peer]; ok {
		return append(out, Ban{in.Peer})
	}
	m.arrived++
	p := &member{peer: in.Peer, prefix: in.Prefix, place: len(m.members), order: m.arrived, moreAt: now + MorePause}
	p.tracks = tracksOf(in.Tracks)
	p.group = m.groupOf(p.tracks)
	if !m.recorded { // it has not said where it plays
		out = m.introduce(p, out)
	}
	p.group.enter(p)
	m.members = append(m.members, p)
	m.byPeer[p.peer] = p
	p.room = len(m.homes[p.prefix])
	m.homes[p.prefix] = append(m.homes[p.prefix], p)
	return out
}

func (m *Mind) leave(peer id.Peer, out []Output) []Output {
	p := m.byPeer[peer]
	if p == nil {
		return out
	}
	last := m.members[len(m.members)-1]
	m.members[p.place], last.place = last, p.place
	m.members[len(m.members)-1] = nil
	m.members = m.members[:len(m.members)-1]
	delete(m.byPeer, peer)
	m.moveOut(p)
	m.quit(p)
	m.unplace(p)
	p.place = gone
	return m.part(p, out)
}

// moveOut takes a member out of its network.
func (m *Mind) moveOut(p *member) {
	home := m.homes[p.prefix]
	last := home[len(home)-1]
	home[p.room], last.room = last, p.room
	home[len(home)-1] = nil
	if m.homes[p.prefix] = home[:len(home)-1]; len(home) == 1 {
		delete(m.homes, p.prefix)
	}
}

// gone is the place of a member that left.
const gone = -1

func (m *Mind) link(in Linked) {
	p := m.byPeer[in.Peer]
	if p == nil {
		return
	}
	if was, is := p.linked > 0, in.N > 0; was != is {
		if is {
			p.group.linked++
		} else {
			p.group.linked--
			p.lost = true
		}
	}
	p.linked = max(in.N, 0)
}
