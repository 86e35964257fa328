package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/swarm/have"
)

// follow turns to other tracks.
func (e *Engine) follow(tracks segment.Tracks) {
	left, found := e.follows&^tracks, tracks&^e.follows
	if left|found == 0 {
		return
	}
	e.follows, e.turned, e.able = tracks, true, 0
	e.shelf.All(func(p *have.Part) bool {
		switch t := p.Name.Track; {
		case left.Has(t):
			e.leave(p)
		case found.Has(t):
			p.Given, p.Quiet = false, 0
		}
		return true
	})
	e.supply.follow(tracks)
	e.route.Follow(e.now, tracks)
}

// leave ends what is under way for a part of a track that is followed no longer.
func (e *Engine) leave(p *have.Part) {
	if p.Wanted {
		e.decline(p)
	}
	p.Given, p.Quiet = true, 0
	e.desk.Quit(&e.shelf, p.Name, e.cancel)
}

// turnedTo hears which tracks a neighbour follows.
func (e *Engine) turnedTo(who id.Peer, n *neighbour, tracks segment.Tracks) {
	left, found := n.tracks&^tracks, tracks&^n.tracks
	n.tracks = tracks
	if left != 0 {
		e.upload.Turn(who, left)
	}
	switch {
	case found == 0:
	case n.allowance.Take(e.now, lackTokens): // as dear as a Lack: many a Have answers it
		e.recount(who, found)
	default:
		e.drop(who, Babbled)
	}
}

// strangers counts the neighbours who follow nothing that we do, and names one.
func (e *Engine) strangers() (count int, one id.Peer) {
	e.neighbours.All(func(p id.Peer, n *neighbour) bool {
		if n.tracks&e.follows == 0 {
			count++
			one = p
		}
		return true
	})
	return count, one
}

// makeRoom lets go of a neighbour who follows nothing that we do, and reports whether there was one.
func (e *Engine) makeRoom() bool {
	_, one := e.strangers()
	e.drop(one, Crowded)
	return one != id.Origin
}
