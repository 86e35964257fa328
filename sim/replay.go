package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
	"shoal/wire"
)

// Replayed is what came of stepping an engine through a tape.
type Replayed struct {
	Self    id.Peer   `json:"self"`
	Began   span.Span `json:"began_ns"` // of the engine's life: a recorder keeps the last inputs only
	Lasted  span.Span `json:"lasted_ns"`
	Inputs  []Count   `json:"inputs"`
	Outputs []Count   `json:"outputs"`
	Heard   []Count   `json:"heard"` // messages, by kind
	Said    []Count   `json:"said"`
	Notes   []Count   `json:"notes"`
	Broken  []string  `json:"broken"`
}

// Count is how often something happened.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// brokenMax bounds the broken rules that are told of one tape: the first ones matter.
const brokenMax = 10

// Replay steps a new engine through a tape that a browser or a native peer recorded, and holds it to the rules. A tape has
// no outputs: what the engine says now is what today's engine would have said.
func Replay(recorded []byte) (r Replayed, err error) {
	config, records, err := tape.SplitFile(recorded)
	if err != nil {
		return r, err
	}
	l := ledger{
		counts: map[string]map[string]int{}, good: map[segment.Part]wire.Bitmap{}, pieces: map[segment.Part]int{},
		up: map[id.Peer]bool{}, wanted: map[segment.Part]bool{},
	}
	r.Self = config.Self
	engine := swarm.New(config)
	var out []swarm.Output
	first := true
	for record := range records {
		now, in, err := tape.ParseInput(record)
		if err != nil {
			return r, err
		}
		if first {
			r.Began, first = now, false
		}
		r.Lasted, l.now = now, now
		l.hear(in)
		out = engine.Step(now, in, out[:0])
		for _, o := range out {
			l.see(o)
		}
		if at, ok := engine.Wake(); ok && at <= now {
			l.breaks("wants to be woken in the past")
		}
	}
	r.Inputs, r.Outputs, r.Notes = l.sorted("inputs"), l.sorted("outputs"), l.sorted("notes")
	r.Heard, r.Said, r.Broken = l.sorted("heard"), l.sorted("said"), l.broken
	return r, nil
}

// ledger keeps what can be known from the outside of an engine.
type ledger struct {
	now    span.Span
	counts map[string]map[string]int
	good   map[segment.Part]wire.Bitmap
	pieces map[segment.Part]int // of opened parts
	up     map[id.Peer]bool
	wanted map[segment.Part]bool
	broken []string
}

func (l *ledger) count(of, what string) {
	if l.counts[of] == nil {
		l.counts[of] = map[string]int{}
	}
	l.counts[of][what]++
}

// sorted returns the counts, most first.
func (l *ledger) sorted(of string) (all []Count) {
	for what, n := range l.counts[of] {
		all = append(all, Count{what, n})
	}
	sortCounts(all)
	return all
}

// sortCounts sorts by number, most first.
func sortCounts(all []Count) {
	slices.SortFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What))
	})
}

func (l *ledger) breaks(format string, args ...any) {
	if len(l.broken) < brokenMax {
		l.broken = append(l.broken, fmt.Sprintf("at %.6f s: ", float64(l.now)/float64(span.Second))+fmt.Sprintf(format, args...))
	}
}

// nameOf returns the name of a value's type, without its package.
func nameOf(v any) string {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", v), ".")
	return name
}

func (l *ledger) hear(in swarm.Input) {
	l.count("inputs", nameOf(in))
	switch in := in.(type) {
	case swarm.Said:
		if len(in.Data) > 0 {
			l.count("heard", messageName(in.Data[0]))
		}
	case swarm.Checked:
		if in.OK && in.Piece < segment.PiecesMax { // a damaged tape may name any
			b := l.good[in.Part]
			b.Set(in.Piece)
			l.good[in.Part] = b
		}
	case swarm.PeerUp:
		l.up[in.Peer] = true
	case swarm.PeerDown:
		delete(l.up, in.Peer)
	case swarm.Wanted:
		l.wanted[in.Part] = true
	}
}

func (l *ledger) see(o swarm.Output) {
	l.count("outputs", nameOf(o))
	switch o := o.(type) {
	case swarm.Say:
		l.says(o)
	case swarm.Send:
		if !l.up[o.Peer] {
			l.breaks("sends to %v, which is not connected", o.Peer)
		}
		if !l.good[o.Part].Has(o.Piece) {
			l.breaks("sends piece %d of %v unchecked", o.Piece, o.Part)
		}
	case swarm.Fetch:
		if o.Within <= 0 || o.From >= o.To {
			l.breaks("fetches %v without a deadline, or nothing", o.Part)
		}
	case swarm.HangUp:
		delete(l.up, o.Peer)
	case swarm.Open:
		l.pieces[o.Part] = segment.Pieces(o.Length, o.PieceSize)
	case swarm.Play:
		l.answers(o.Part)
		if n, open := l.pieces[o.Part]; !open || l.good[o.Part] != wire.Full(n) {
			l.breaks("plays %v with pieces unchecked or missing", o.Part)
		}
	case swarm.Decline:
		l.answers(o.Part)
	case swarm.Evict:
		delete(l.good, o.Part)
	case swarm.Note:
		l.count("notes", noteNames[o.What])
	}
}

var noteNames = map[swarm.Event]string{
	swarm.PieceVerified: "piece verified", swarm.PieceRefused: "piece refused", swarm.PieceDuplicate: "piece came twice",
	swarm.ManifestRefused: "record refused", swarm.RescueStarted: "rescue", swarm.PeerDropped: "peer dropped", swarm.SourceForked: "source forked",
}

func (l *ledger) says(o swarm.Say) {
	if !l.up[o.Peer] {
		l.breaks("speaks to %v, which is not connected", o.Peer)
	}
	m, err := wire.Parse(o.Data)
	if err != nil {
		l.breaks("says what nobody can read")
		return
	}
	l.count("said", messageName(o.Data[0]))
	if have, ok := m.(wire.Have); ok && !have.Pieces.Minus(l.good[have.Part]).Empty() {
		l.breaks("announces pieces of %v unchecked", have.Part)
	}
}

func (l *ledger) answers(p segment.Part) {
	if !l.wanted[p] {
		l.breaks("answers %v, which nobody waits for", p)
	}
	delete(l.wanted, p)
}
