package coord

import (
	"slices"
	"time"

	"shoal/id"
)

type complaint struct {
	by     id.Peer
	prefix Prefix
	at     time.Duration
}

type ban struct {
	peer  id.Peer
	until time.Duration
}

// complain notes a complaint of one peer about another it was introduced to, and bans at the second independent one. Two are
// independent when they come from different networks; where there is only one network, from different peers.
func (m *Mind) complain(now time.Duration, in Complained, out []Output) []Output {
	by, about := m.byPeer[in.By], m.byPeer[in.About]
	if by == nil || about == nil || by == about || !knows(by, about) {
		return out
	}
	about.complaints = slices.DeleteFunc(about.complaints, func(c complaint) bool { return now-c.at > ComplaintFor })
	independent := false
	for _, c := range about.complaints {
		if c.by == by.peer {
			return out
		}
		independent = independent || c.prefix != by.prefix || len(m.homes) == 1
	}
	if independent {
		return m.ban(now, about, out)
	}
	if len(about.complaints) < ComplaintsMax {
		about.complaints = append(about.complaints, complaint{by.peer, by.prefix, now})
	}
	return out
}

func (m *Mind) ban(now time.Duration, p *member, out []Output) []Output {
	if len(m.bans) == BansMax {
		delete(m.banned, m.bans[0].peer)
		m.bans = slices.Delete(m.bans, 0, 1)
	}
	m.bans = append(m.bans, ban{p.peer, now + BanFor})
	m.banned[p.peer] = struct{}{}
	out = append(out, Ban{p.peer})
	return m.leave(p.peer, out)
}

// pardon ends the bans that are over.
func (m *Mind) pardon(now time.Duration) {
	for len(m.bans) > 0 && now >= m.bans[0].until {
		delete(m.banned, m.bans[0].peer)
		m.bans = slices.Delete(m.bans, 0, 1)
	}
}
