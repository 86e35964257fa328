package sim

import (
	"shoal/id"
	"shoal/segment"
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
	ref      uint32
	part     int32
	from, to int
}

// fetch asks the origin, and gives up when it takes too long. Pieces come one after the other, as they are read.
func (v *viewer) fetch(o swarm.Fetch) {
	n := v.net
	number := n.number(o.Part)
	made := n.source.part(number)
	size := made.bytes(o.From, o.To)
	wait, transfer := n.answer(v, size)
	v.originFree = max(v.originFree, n.now) + transfer // answers to one viewer share its way
	wait = max(wait, v.originFree-transfer-n.now)
	ends, within := wait+transfer, span.Span(o.Within)*span.Millisecond
	rescue := v.rescues == o.Part
	v.rescues = segment.Part{}
	came := 0
	for i := o.From; i < o.To; i++ {
		length := made.manifest.PieceLength(i)
		at := min(wait+span.Span(float64(transfer)*float64(came+length)/float64(size)), ends) // rounding must not make the last late
		if at > within {
			break
		}
		came += length
		n.measure.caused(v, v.why(made, i, rescue), length)
		n.after(at, event{kind: brought, node: v.index, ref: o.Ref, part: number, piece: int16(i), size: int32(length)})
	}
	v.fetches = append(v.fetches, fetch{o.Ref, number, o.From, o.To}) // not under way yet when its causes were sought
	n.measure.origin(v, o.Part.Track, came)
	n.blame(v, number, o.From, o.To)
	n.after(min(ends, within), event{kind: fetched, node: v.index, ref: o.Ref, part: number, flag: ends > within})
}

// brings takes in a piece that the origin sent.
func (v *viewer) brings(e *event) {
	for _, f := range v.fetches {
		if f.ref == e.ref {
			v.arrives(arrived{e.part, int(e.piece), id.Origin, true, 0})
			return
		}
	}
}

// fetched ends a request to the origin.
func (v *viewer) fetched(e *event) {
	for i, f := range v.fetches {
		if f.ref == e.ref {
			v.fetches[i] = v.fetches[len(v.fetches)-1]
			v.fetches = v.fetches[:len(v.fetches)-1]
			v.step(swarm.Fetched{Ref: e.ref, Failed: e.flag})
			return
		}
	}
}
