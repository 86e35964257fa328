package tracker

import (
	"shoal/wire/signal"
)

// carried counts what one viewer had carried to one other. There are at most coord.MetMax of them for a viewer.
type carried struct{ descriptions, candidates int }

// carry takes an offer, answer or candidate to a peer that the sender was introduced to, cleaned of everything that could
// make the receiver call somebody who is not a viewer. What may not be carried is dropped without a word: honest browsers
// gather such candidates too.
func (r *room) carry(v *viewer, m signal.Signal) {
	to := r.members[m.To]
	if to == nil || !r.mind.Introduced(v.peer, m.To) {
		return // a stranger, or one who just left
	}
	count := v.carried[m.To]
	if count == nil {
		count = &carried{}
		v.carried[m.To] = count
	}
	path := r.path(v, to)
	out := signal.Signalled{From: v.peer, Body: signal.Body{Kind: m.Kind}}
	switch {
	case m.Kind == signal.Candidate && count.candidates < signal.CandidatesMax:
		line, verdict := path.Filter(m.Data)
		if verdict == signal.Stranger && len(v.strangers) < strangersMax {
			v.strangers = append(v.strangers, m)
		}
		if verdict != signal.Carried {
			return
		}
		count.candidates++
		out.Data, out.Mid, out.Line = line, m.Mid, m.Line
	case m.Kind != signal.Candidate && count.descriptions < descriptionsMax:
		sdp, used, verdict := path.Describe(m.Data, signal.CandidatesMax-count.candidates)
		if verdict != signal.Carried {
			return
		}
		count.descriptions++
		count.candidates += used
		out.Data = sdp
	default:
		return
	}
	to.say(out)
}

// carryLate tries once more what named an address that the server had not seen: a browser tells its address before it
// proves it to the relay.
func (r *room) carryLate(v *viewer) {
	late := v.strangers
	v.strangers = nil
	for _, m := range late {
		r.carry(v, m)
	}
	v.strangers = nil
}

func (r *room) path(from, to *viewer) signal.Path {
	seen := r.tracker.directory.seen(from.peer)
	if from.at.IsLoopback() {
		seen = append(seen, r.tracker.config.Own...)
	}
	return signal.Path{
		Seen:     seen,
		SameHome: signal.Together(from.at, to.at),
		SameHost: from.at.IsLoopback() && to.at.IsLoopback(),
		Relays:   r.tracker.config.Relays,
	}
}
