package swarmtest

import (
	"slices"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
)

const reportEvery = 250 * span.Millisecond

// player asks for each track's parts in order and counts those that come after their time.
type player struct {
	node   *Node
	tracks [segment.TracksMax]track
	plays  segment.Tracks
	asked  map[segment.Part]span.Span
	played int
	late   int

	from    span.Span // of a recording: when its beginning would have been on screen
	started bool      // the same: the picture moves
}

type track struct {
	used      bool
	out       []known // published and not yet played
	endWallMS int64   // how far the buffer reaches
}

type known struct {
	name       segment.Part
	pieces     int
	wallMS     int64
	durationMS int64
}

func newPlayer(n *Node) *player {
	return &player{node: n, plays: segment.AllTracks, asked: map[segment.Part]span.Span{}}
}

func (p *player) wallMS() int64 {
	if p.node.world.recorded != nil {
		return p.place()
	}
	return bornWallMS + int64((p.node.world.now-p.node.world.Latency)/span.Millisecond)
}

func (p *player) start() {
	p.report()
}

// follow turns to other tracks: where the buffer ends they go on.
func (p *player) follow(tracks segment.Tracks) {
	end := p.end()
	for i := range p.tracks {
		t := &p.tracks[i]
		switch was, is := p.plays.Has(segment.Track(i)), tracks.Has(segment.Track(i)); {
		case was && !is:
			*t = track{}
		case is && !was && end >= 0:
			t.out = slices.DeleteFunc(t.out, func(k known) bool { return k.wallMS < end })
			t.used, t.endWallMS = true, end
		}
	}
	p.plays = tracks
	p.node.step(swarm.Following{Tracks: tracks})
	for name := range p.asked {
		if !tracks.Has(name.Track) {
			p.node.world.problem("%s has no answer for %s, which it left", p.node.Name, partText(name))
		}
	}
	for t := range p.tracks {
		p.ask(segment.Track(t))
	}
}

// end returns how far the buffer reaches, -1 if nothing was ever in it.
func (p *player) end() int64 {
	end := int64(-1)
	for _, t := range p.tracks {
		if t.used && (end < 0 || t.endWallMS < end) {
			end = t.endWallMS
		}
	}
	return end
}

func (p *player) report() {
	end, head := p.end(), p.wallMS()
	p.node.step(swarm.Playhead{WallMS: head, BufferMS: max(0, end-head), Playing: p.node.world.recorded == nil || end > head})
	p.node.world.after(reportEvery, p.report)
}

// out hears of a part as an ordinary player does, by its playlist, and asks for it if it is the next.
func (p *player) out(name segment.Part, pieces int, wallMS, durationMS int64) {
	t := &p.tracks[name.Track]
	t.out = append(t.out, known{name, pieces, wallMS, durationMS})
	if !p.plays.Has(name.Track) {
		return
	}
	if !t.used {
		t.used, t.endWallMS = true, wallMS
	}
	p.node.world.after(p.node.world.Tracker, func() { p.ask(name.Track) })
}

func (p *player) ask(number segment.Track) {
	t := &p.tracks[number]
	if len(t.out) == 0 || p.node.gone || !p.plays.Has(number) {
		return
	}
	next := t.out[0].name
	if p.started && t.endWallMS-p.wallMS() > aheadMS {
		p.node.world.after(reportEvery, func() { p.ask(number) })
		return
	}
	if _, waiting := p.asked[next]; waiting {
		return
	}
	p.asked[next] = p.node.world.now
	p.node.step(swarm.Wanted{Part: next})
}

func (p *player) answer(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Play:
		p.have(o.Part)
	case swarm.Decline:
		if !p.plays.Has(o.Part.Track) {
			delete(p.asked, o.Part)
			return
		}
		p.node.world.trace(p.node.Name + " declines " + partText(o.Part))
		p.node.world.after(p.node.world.Origin, func() { p.fetched(o.Part) })
	}
}

// fetched is what a player does by itself: it plays what plain HTTP brought, and offers it to the engine.
func (p *player) fetched(name segment.Part) {
	i := slices.IndexFunc(p.tracks[name.Track].out, func(k known) bool { return k.name == name })
	if i != 0 {
		return // the player has gone elsewhere
	}
	pieces := p.tracks[name.Track].out[i].pieces
	p.have(name)
	if _, open := p.node.body.open[name]; open {
		for piece := range pieces {
			p.node.arrive(id.Origin, name, piece, true)
		}
	}
}

func (p *player) have(name segment.Part) {
	t := &p.tracks[name.Track]
	k := t.out[0]
	if k.name != name {
		p.node.world.problem("%s was answered %s while it waits for %s", p.node.Name, partText(name), partText(k.name))
		return
	}
	delete(p.asked, name)
	t.out = t.out[1:]
	t.endWallMS = k.wallMS + k.durationMS
	p.played++
	if p.node.world.recorded != nil {
		p.moves(k)
	} else if k.wallMS < p.wallMS() && p.node.world.now > p.node.world.Latency+span.Second {
		p.late++
	}
	p.node.world.after(0, func() { p.ask(name.Track) })
}
