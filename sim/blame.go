package sim

import (
	"fmt"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
)

const (
	// blameAfter is how old a part is when fetching it from the origin is no seeding any more.
	blameAfter = 2 * span.Second
	// dawdle is how long a piece may take from one peer to the next before that hop is to blame.
	dawdle = 700 * span.Millisecond
	// blameHops bounds the way up a tree.
	blameHops = 16
)

// Curious has the run find out, for every piece that the origin has to bring late, where on its way through the trees it
// got stuck, and for every piece that comes twice, how that came. It costs time, and changes nothing.
func (n *Internet) Curious() {
	n.measure.blames, n.measure.twice = map[string]int64{}, map[string]int64{}
}

// blame notes why v fetches pieces of a part.
func (n *Internet) blame(v *viewer, part int32, from, to int) {
	made := n.source.part(part)
	if n.Recorded > 0 && n.measure.blames != nil && n.measure.on() {
		n.measure.blames[n.wherefrom(v, part)] += int64(to - from)
		return
	}
	if n.measure.blames == nil || !n.measure.on() || n.now < made.at+blameAfter {
		return
	}
	for i := from; i < to; i++ {
		n.measure.blames[n.culprit(v, made, i)]++
	}
}

// culprit follows a piece up its tree, from v, to the first hop that took too long.
func (n *Internet) culprit(v *viewer, made *made, piece int) string {
	stripe := segment.Stripe(piece, len(made.manifest.Hashes))
	part := made.number
	at := n.now
	for hop := range blameHops {
		f, ok := v.mind.(forester)
		if !ok {
			return "no trees"
		}
		parents, depths, _, _ := f.Trees()
		switch {
		case parents[stripe] != id.Origin:
		case depths[stripe] == 0:
			return fmt.Sprintf("hop %d: a seed had it %s late", hop, halves(at-made.at))
		default:
			return fmt.Sprintf("hop %d: %s, no parent", hop, n.upOf(v))
		}
		parent := n.viewer(parents[stripe])
		had, ok := parent.store.since(part, piece)
		if parent.mind == nil {
			return fmt.Sprintf("hop %d: the parent has left", hop)
		}
		if ok && at-had > dawdle {
			_, _, slots, used := parent.mind.(forester).Trees()
			full := "with room"
			if used >= slots {
				full = "full"
			}
			return fmt.Sprintf("hop %d: from %s (%s) to %s took %s", hop, n.upOf(parent), full, n.upOf(v), halves(at-had))
		}
		if ok {
			at = had
		}
		v = parent
	}
	return "a loop"
}

func (n *Internet) upOf(v *viewer) string { return fmt.Sprintf("%gx", n.Uplinks[v.class].Up) }

// halves writes a time in half seconds: finer would make every case one of its own.
func halves(t span.Span) string {
	return fmt.Sprintf("%.1f s", float64(t/(span.Second/2))/2)
}
