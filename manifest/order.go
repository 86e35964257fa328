package manifest

import "shoal/id"

// Verdict says how a record stands to the newest one accepted before it on its track.
type Verdict uint8

// The verdicts. Only Next and Skip move the edge; Old may still fill a hole.
const (
	Next  Verdict = 1 // follows directly, and its prev names the record before
	Skip  Verdict = 2 // some records between were not seen
	Old   Verdict = 3 // at or before the newest
	Stale Verdict = 4 // of an earlier epoch: never accepted
	Fork  Verdict = 5 // claims to follow the newest but names another: two histories
	Leap  Verdict = 6 // so far ahead that no honest gap explains it
)

// LeapMax is how many parts a record may be ahead of the newest: about an hour of half-second parts.
const LeapMax = 7200

// Edge is the newest record accepted on a track. The zero Edge has seen none.
type Edge struct {
	Seen   bool
	Epoch  uint64
	Seq    uint64
	Digest id.Digest // SHA-256 of that record
}

// Judge returns how p stands to the edge.
func (e Edge) Judge(p *Part) Verdict {
	switch {
	case !e.Seen || p.Epoch > e.Epoch:
		return Skip
	case p.Epoch < e.Epoch:
		return Stale
	case p.Seq <= e.Seq:
		return Old
	case p.Seq == e.Seq+1 && p.Prev == e.Digest:
		return Next
	case p.Seq == e.Seq+1:
		return Fork
	case p.Seq-e.Seq > LeapMax:
		return Leap
	}
	return Skip
}

// Advance returns the edge after p, whose record has this digest, was accepted.
func (e Edge) Advance(p *Part, digest id.Digest) Edge {
	if e.Seen && (p.Epoch < e.Epoch || p.Epoch == e.Epoch && p.Seq <= e.Seq) {
		return e
	}
	return Edge{Seen: true, Epoch: p.Epoch, Seq: p.Seq, Digest: digest}
}
