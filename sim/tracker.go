package sim

import (
	"time"

	"shoal/coord"
	"shoal/id"
	"shoal/span"
	"shoal/swarm"
)

const (
	// trackerLag is the tracker's half of a one-way delay.
	trackerLag = 15 * span.Millisecond
	// recentFor is how far back a newcomer is told of parts (server/tracker).
	recentFor = 8 * span.Second
	// frameSize is what a WebSocket message costs beside its bytes, with TCP, TLS and IP.
	frameSize = 70
	// wordSize is a word of the tracker in JSON, bytes; callSize the offer, the answer and the candidates of one call.
	wordSize = 80
	callSize = 4000
	// retryMost is the longest pause of a viewer that looks for a lost tracker (web/engine: 10 s, less up to half).
	retryMost = 7500 * span.Millisecond
	// lonelyEvery is how often who has fewer neighbours than lonelyBelow asks for more (web/engine).
	lonelyEvery = 10 * span.Second
	lonelyBelow = 6
)

// tracker is the body of the real coordinator.
type tracker struct {
	mind  *coord.Mind
	away  bool
	lives uint64 // how often it began
}

// begin starts a tracker that knows nobody.
func (n *Internet) begin() {
	n.tracker.lives++
	n.tracker.away = false
	begin := coord.New
	if n.Recorded > 0 {
		begin = coord.NewRecorded
	}
	n.tracker.mind = begin(mix(n.seed + n.tracker.lives))
}

// outage ends the tracker, or begins it anew. Viewers find it again one after the other, as their patience has it.
func (n *Internet) outage(back bool) {
	if !back {
		n.tracker.away = true
		for _, v := range n.present {
			v.tracked = false
		}
		n.after(n.OutageFor, event{kind: outage, flag: true})
		return
	}
	n.begin()
	for _, v := range n.present {
		n.after(n.chance.span(0, min(retryMost, n.OutageFor)), event{kind: rejoin, node: v.index})
	}
}

// tell sends a word of a viewer to the tracker.
func (v *viewer) tell(word coord.Input) {
	if v.tracked || isJoined(word) {
		v.net.after(v.line.lag+trackerLag, event{kind: toTracker, node: v.index, ref: v.net.letters.post(letter{word: word})})
	}
}

func isJoined(word coord.Input) bool {
	_, joined := word.(coord.Joined)
	return joined
}

// come has a viewer say hello to the tracker, first or again.
func (v *viewer) come() {
	v.tell(coord.Joined{Peer: v.id, Prefix: v.prefix(), Share: true})
}

// heard gives the coordinator what a viewer said, and sends what it answers on its way. What is said to a tracker that is
// away is lost.
func (n *Internet) heard(e *event) {
	word := n.letters.open(e.ref).word.(coord.Input)
	v := n.viewers[e.node]
	if n.tracker.away || v.banned {
		return
	}
	switch {
	case isJoined(word):
		if v.gone || v.asleep || v.tracked {
			return
		}
		v.tracked = true
		n.greet(v)
	case v.gone:
		if _, left := word.(coord.Left); !left {
			return
		}
	}
	n.consult(word)
	if isJoined(word) && n.Recorded > 0 { // said in one breath
		n.consult(v.at)
	}
	if isJoined(word) && len(v.links) > 0 { // it comes back, and says anew what the last tracker knew
		v.linked()
		v.able(v.slots)
	}
}

// consult steps the coordinator.
func (n *Internet) consult(word coord.Input) {
	for _, o := range n.tracker.mind.Step(time.Duration(n.now), word, nil) {
		switch o := o.(type) {
		case coord.Introduce:
			for _, p := range o.To {
				n.whisper(o.Newcomer, swarm.Introduced{Peer: p, Dial: true})
				n.whisper(p, swarm.Introduced{Peer: o.Newcomer})
			}
		case coord.Seed:
			n.whisper(o.Peer, swarm.Seeding{Stripes: o.Stripes})
		case coord.Ban:
			v := n.viewer(o.Peer)
			v.banned, v.tracked = true, false
			n.measure.banned()
		}
	}
}

// whisper sends a viewer what the tracker has to say to it.
func (n *Internet) whisper(to id.Peer, word swarm.Input) {
	v := n.viewer(to)
	n.measure.besides(wordSize + frameSize)
	n.after(trackerLag+v.line.lag, event{kind: told, node: v.index, ref: n.letters.post(letter{word: word})})
}

// greet sends a newcomer the certificate and the recent records.
func (n *Internet) greet(v *viewer) {
	n.whisper(v.id, swarm.Offered{Digest: digestOf(certificate()), Data: certificate()})
	if n.Recorded > 0 {
		return
	}
	first := len(n.source.parts)
	for first > 0 && n.source.parts[first-1].at > n.now-recentFor {
		first--
	}
	for i := first; i < len(n.source.parts); i++ {
		n.push(v, int32(i))
	}
}

// push sends a viewer a part's record.
func (n *Internet) push(v *viewer, seq int32) {
	n.measure.besides(len(n.source.part(seq).record) + frameSize)
	n.after(trackerLag+v.line.lag, event{kind: record, node: v.index, part: seq})
}

// announce has a viewer hear of a new part: from the tracker, or, while that is away or for a policy that has none, from
// the playlist. LL-HLS holds the request for a playlist until there is news; others poll.
func (n *Internet) announce(v *viewer, seq int32) {
	switch {
	case n.policy.polls:
		n.measure.besides(playlistSize)
		n.after(v.line.toOrigin+span.Span(v.phase*float64(n.Part)), event{kind: record, node: v.index, part: seq})
	case v.tracked:
		n.push(v, seq)
	default:
		n.measure.besides(playlistSize)
		n.after(v.line.toOrigin/2, event{kind: listed, node: v.index, part: seq})
	}
}

// playlistSize is a media playlist and its headers, bytes, compressed.
const playlistSize = 1200

// linked tells the tracker how many links are open.
func (v *viewer) linked() { v.tell(coord.Linked{Peer: v.id, N: len(v.links)}) }

// able tells the tracker what the uplink can give away, as the engine learns it.
func (v *viewer) able(slots int) {
	v.slots = slots
	v.tell(coord.Able{Peer: v.id, Slots: slots})
}

// lonely asks for introductions when there are few neighbours.
func (v *viewer) lonely() {
	if len(v.links) < min(lonelyBelow, len(v.net.present)-1) {
		v.tell(coord.MorePlease{Peer: v.id})
	}
	v.net.after(lonelyEvery, event{kind: lonely, node: v.index})
}
