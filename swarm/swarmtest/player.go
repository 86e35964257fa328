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
	asked  map[segment.Part]span.Span
	played int
	late   int

	from    span.Span // of a recording: when its beginning would have been on screen
	started bool      // the same: the picture moves
}

type track struct {
	used      bool
	next      uint64
	out       []known // published and not yet played
	endWallMS int64   // how far the buffer reaches
}

type known struct {
	name       segment.Part
	pieces     int
	wallMS     int64
	durationMS int64
}

func newPlayer(n *Node) *player { return &player{node: n, asked: map[segment.Part]span.Span{}} }

func (p *player) wallMS() int64 {
	if p.node.world.recorded != nil {
		return p.place()
	}
	return bornWallMS + int64((p.node.world.now-p.node.world.Latency)/span.Millisecond)
}

func (p *player) start() {
	p.report()
}

func (p *player) report() {
	end := int64(-1)
	for _, t := range p.tracks {
		if t.used && (end < 0 || t.endWallMS < end) {
			end = t.endWallMS
		}
	}
	head := p.wallMS()
	p.node.step(swarm.Playhead{WallMS: head, BufferMS: max(0, end-head), Playing: p.node.world.recorded == nil || end > head})
	p.node.world.after(reportEvery, p.report)
}

// out hears of a part as an ordinary player does, by its playlist, and asks for it if it is the next.
func (p *player) out(name segment.Part, pieces int, wallMS, durationMS int64) {
	t := &p.tracks[name.Track]
	if !t.used {
		t.used, t.next, t.endWallMS = true, name.Seq, wallMS
	}
	t.out = append(t.out, known{name, pieces, wallMS, durationMS})
	p.node.world.after(p.node.world.Tracker, func() { p.ask(name.Track) })
}

func (p *player) ask(number segment.Track) {
	t := &p.tracks[number]
	if len(t.out) == 0 || p.node.gone {
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
