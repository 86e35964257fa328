package swarmtest

import (
	"strconv"

	"shoal/id"
	"shoal/span"
	"shoal/swarm"
)

// aheadMS is how far ahead a player of a recording asks.
const aheadMS = 30_000

// recording makes all parts at once: DURATION every DURATION pieces N.
func (w *World) recording(args []string) error {
	total, err := duration(args[0])
	if err != nil {
		return err
	}
	every, err := duration(args[2])
	if err != nil {
		return err
	}
	pieces, err := strconv.Atoi(args[4])
	for at := span.Span(0); at < total; at += every {
		wallMS := bornWallMS + int64(at/span.Millisecond)
		name, record := w.source.part(0, uint64(wallMS), uint32(every/span.Microsecond), pieces)
		w.published[name] = true
		w.recorded = append(w.recorded, known{name, pieces, wallMS, int64(every / span.Millisecond)})
		w.bundle = append(w.bundle, record)
	}
	return err
}

// play has a peer come, with all records, and play from a place: NAME PLACE.
func (w *World) play(args []string) error {
	place, err := duration(args[1])
	if err != nil {
		return err
	}
	n := w.Join(args[0])
	for _, record := range w.bundle {
		n.offer(id.Origin, record)
	}
	n.player.open(place)
	n.player.start()
	w.run(w.now + span.Millisecond)
	return nil
}

// open sets out to play from a place. What was asked for before is of no interest any more.
func (p *player) open(place span.Span) {
	w := p.node.world
	var out []known
	for _, k := range w.recorded {
		if k.wallMS-bornWallMS >= int64(place/span.Millisecond) {
			out = append(out, k)
		}
	}
	p.started, p.tracks[0] = false, track{used: true, out: out, endWallMS: out[0].wallMS}
	p.node.step(swarm.Playhead{WallMS: out[0].wallMS})
	w.after(0, func() { p.ask(0) })
}

// place returns the wall-clock time of the frame on screen.
func (p *player) place() int64 {
	end := p.tracks[0].endWallMS
	if !p.started {
		return end
	}
	return min(end, bornWallMS+int64((p.node.world.now-p.from)/span.Millisecond))
}

// moves takes in that a part is there: the picture begins to move, or has stood still for want of it.
func (p *player) moves(k known) {
	due := p.from + span.Span(k.wallMS-bornWallMS)*span.Millisecond
	if late := p.node.world.now - due; !p.started || late > 0 {
		if p.started {
			p.late++
		}
		p.started = true
		p.from += late
		p.tell()
	}
}

// tell tells the engine at once that the picture moves.
func (p *player) tell() {
	head := p.place()
	p.node.step(swarm.Playhead{WallMS: head, BufferMS: p.tracks[0].endWallMS - head, Playing: true})
}
