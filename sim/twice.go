package sim

import (
	"fmt"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// asking is what a curious run remembers of what a viewer said about one piece to one neighbour.
type asking struct {
	part  int32
	piece int
	peer  id.Peer
}

type asked struct {
	wanted bool
	back   span.Span // when it was cancelled; 0 is never
}

// saidMax bounds what is remembered of one viewer: what it says in some minutes.
const saidMax = 1 << 14

// overhears notes what v asks of a neighbour, and takes back, if somebody wants to know.
func (v *viewer) overhears(to id.Peer, data []byte) {
	if v.net.measure.twice == nil || data[0] != wire.TypeWant && data[0] != wire.TypeCancel {
		return
	}
	if len(v.said) >= saidMax || v.said == nil {
		v.said = map[asking]asked{}
	}
	switch m, _ := wire.Parse(data); m := m.(type) {
	case wire.Want:
		v.note(m.Part, m.Pieces, to, func(a *asked) { a.wanted, a.back = true, 0 })
	case wire.Cancel:
		v.note(m.Part, m.Pieces, to, func(a *asked) { a.back = v.net.now })
	}
}

func (v *viewer) note(part segment.Part, pieces wire.Bitmap, to id.Peer, change func(*asked)) {
	number := v.net.number(part)
	for i := range len(v.net.source.part(number).manifest.Hashes) {
		if pieces.Has(i) {
			key := asking{number, i, to}
			a := v.said[key]
			change(&a)
			v.said[key] = a
		}
	}
}

// again notes how it came that a viewer had a piece from a neighbour a second time.
func (m *measure) again(v *viewer, o swarm.Forget, size int) {
	if m.twice == nil {
		return
	}
	number := m.net.number(o.Part)
	first := "on its way"
	if hop, _ := v.store.hop(number, o.Piece); v.store.has(number, o.Piece) {
		if first = "by a peer"; hop == 0 {
			first = "by the origin"
		}
	}
	a := v.said[asking{number, o.Piece, o.From}]
	second := "pushed"
	if a.wanted {
		second = "asked for"
	}
	taken := "never taken back"
	if a.back > 0 {
		taken = fmt.Sprintf("taken back %s before", halves(m.net.now-a.back))
	}
	m.twice[fmt.Sprintf("%s, had %s, %s", second, first, taken)] += int64(size)
}
