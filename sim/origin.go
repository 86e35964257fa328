package sim

import (
	"shoal/id"
	"shoal/span"
	"shoal/swarm"
)

// requestSize is what a request and its answer cost beside the media, bytes of headers.
const requestSize = 400

// origin is the HTTP server, as far as bytes and time go.
type origin struct{ free span.Span }

// answer returns how long the origin takes to bring size bytes to v: a round trip and the slow tail, and then the bytes at
// the pace of whatever is narrowest.
func (n *Internet) answer(v *viewer, size int) (wait, transfer span.Span) {
	wait = n.ask(v) + v.line.toOrigin + span.Span(n.chance.unit()*float64(2*jitter))
	if n.chance.unit() < n.SlowTail {
		wait += n.chance.exponential(n.SlowBy)
	}
	if n.OriginTotal > 0 {
		n.origin.free = max(n.origin.free, n.now) + bytesIn(size, n.OriginTotal*n.Rate)
		wait += n.origin.free - n.now
	}
	rate := min(n.OriginRate*n.Rate, v.line.down)
	if v.line.loss > 0 {
		rate = min(rate, through(v.line.loss, v.line.toOrigin))
	}
	n.measure.besides(requestSize)
	return wait, bytesIn(size, rate)
}

// fetch is a request to the origin under way.
type fetch struct {
	ref  uint32
	part int32
}

// fetch asks the origin, and gives up when it takes too long.
func (v *viewer) fetch(o swarm.Fetch) {
	n := v.net
	seq := int32(o.Part.Seq)
	size := n.source.part(seq).bytes(o.From, o.To)
	wait, transfer := n.answer(v, size)
	e := event{kind: fetched, node: v.index, ref: o.Ref, part: seq, piece: int16(o.From), to: int16(o.To)}
	if within := span.Span(o.Within) * span.Millisecond; wait+transfer > within {
		size = int(float64(size) * min(1, float64(max(0, within-wait))/float64(transfer)))
		e.flag, e.queue = true, true
		wait, transfer = within, 0
	}
	e.size = int32(size)
	n.measure.origin(v, size)
	n.blame(v, seq, o.From, o.To)
	v.fetches = append(v.fetches, fetch{o.Ref, seq})
	n.after(wait+transfer, e)
}

// fetched gives the mind what the origin brought.
func (v *viewer) fetched(e *event) {
	for i, f := range v.fetches {
		if f.ref == e.ref {
			v.fetches[i] = v.fetches[len(v.fetches)-1]
			v.fetches = v.fetches[:len(v.fetches)-1]
			v.bring(e)
			v.step(swarm.Fetched{Ref: e.ref, Failed: e.flag})
			return
		}
	}
}

func (v *viewer) bring(e *event) {
	if e.flag {
		return
	}
	for i := int(e.piece); i < int(e.to); i++ {
		v.arrives(arrived{e.part, i, id.Origin, true, 0})
	}
}
