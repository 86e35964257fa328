package coord

import (
	"slices"
	"time"

	"shoal/segment"
)

// group is the members who follow the same tracks: the stripes of those are shared out among them.
type group struct {
	tracks   segment.Tracks
	members  []*member // in no order of meaning; a member knows its seat
	linked   int       // members that have a connection
	strong   []*member // in no order of meaning
	slots    int       // of all members that have said how many they have,
	rated    int       // and how many these are
	large    bool      // CopiesLarge holds
	lines    [CopiesLarge]line
	weighed  []*member     // whose held and runs are not 0
	relieved time.Duration // when stripes were last moved for want of capacity
}

// groupOf returns the group of those who follow tracks, made if there was none. Beyond GroupsMax everyone else is in one
// group that is given no stripes: they pull, and have the origin.
func (m *Mind) groupOf(tracks segment.Tracks) *group {
	for _, g := range m.groups {
		if g.tracks == tracks {
			return g
		}
	}
	if len(m.groups) == GroupsMax {
		return &m.others
	}
	g := &group{tracks: tracks}
	m.groups = append(m.groups, g)
	return g
}

// enter puts a member into a group.
func (g *group) enter(p *member) {
	p.group, p.seat = g, len(g.members)
	g.members = append(g.members, p)
	if p.linked > 0 {
		g.linked++
	}
}

// quit takes a member out of its group. What it seeds there others get when the group settles.
func (m *Mind) quit(p *member) {
	g := p.group
	last := g.members[len(g.members)-1]
	g.members[p.seat], last.seat = last, p.seat
	g.members[len(g.members)-1] = nil
	g.members = g.members[:len(g.members)-1]
	if p.linked > 0 {
		g.linked--
	}
	g.rate(p, 0)
	p.group, p.held, p.runs = nil, 0, 0
}

// disband forgets the groups that nobody is in.
func (m *Mind) disband() {
	kept := m.groups[:0]
	for _, g := range m.groups {
		if len(g.members) > 0 {
			kept = append(kept, g)
		}
	}
	clear(m.groups[len(kept):])
	m.groups = kept
}

// follows moves a member to the group of those who follow what it now does, and introduces it to some of them.
func (m *Mind) follows(now time.Duration, in Follows, out []Output) []Output {
	p := m.byPeer[in.Peer]
	tracks := tracksOf(in.Tracks)
	if p == nil || p.tracks == tracks {
		return out
	}
	m.quit(p)
	p.tracks = tracks
	m.groupOf(tracks).enter(p)
	m.forget(p)
	if now < p.moreAt {
		return out
	}
	p.moreAt = now + MorePause
	return m.introduce(p, out)
}

// forget makes room for new acquaintances of a member that has turned: the oldest of those who follow other tracks go, and
// are not told, as they may be neighbours still.
func (m *Mind) forget(p *member) {
	p.met = slices.DeleteFunc(p.met, func(q *member) bool {
		if len(p.met) <= MetMax-NeighboursMax || q.group == p.group {
			return false
		}
		q.forget(p)
		return true
	})
}

// tracksOf returns the tracks that a viewer follows: all, unless it says which.
func tracksOf(said segment.Tracks) segment.Tracks {
	if said == 0 {
		return segment.AllTracks
	}
	return said
}
