package sim

import (
	"slices"
	"time"

	"shoal/coord"
	"shoal/id"
	"shoal/segment"
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
			v.lost()
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
	v.tell(coord.Joined{Peer: v.id, Prefix: v.prefix(), Share: true, Tracks: v.player.tracks()})
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
		v.tracked, v.weaned = true, false
		n.whisper(v.id, swarm.Tracked{Up: true})
		n.greet(v, word.(coord.Joined).Tracks)
	case v.gone:
		if _, left := word.(coord.Left); !left {
			return
		}
	}
	if turned, ok := word.(coord.Follows); ok {
		n.recount(v, turned.Tracks)
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
				near := slices.Contains(o.Near, p)
				n.whisper(o.Newcomer, swarm.Introduced{Peer: p, Dial: true, Near: near})
				n.whisper(p, swarm.Introduced{Peer: o.Newcomer, Near: near})
			}
		case coord.Seed:
			n.whisper(o.Peer, swarm.Seeding{Stripes: o.Stripes})
		case coord.Ban:
			v := n.viewer(o.Peer)
			v.banned = true
			v.lost()
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
func (n *Internet) greet(v *viewer, tracks segment.Tracks) {
	n.whisper(v.id, swarm.Offered{Digest: digestOf(certificate()), Data: certificate()})
	if n.Recorded > 0 {
		return
	}
	v.hearsOf = 0
	n.recount(v, tracks)
}

// recount sends a viewer from now on the records of these tracks, and at once the recent ones of those that are new to it.
func (n *Internet) recount(v *viewer, tracks segment.Tracks) {
	if tracks == 0 {
		tracks = segment.AllTracks
	}
	fresh := tracks &^ v.hearsOf
	v.hearsOf = tracks
	first := len(n.source.parts)
	for first > 0 && n.source.parts[first-1].at > n.now-recentFor {
		first--
	}
	for i := first; i < len(n.source.parts); i++ {
		if fresh.Has(n.source.parts[i].manifest.Track) {
			n.push(v, int32(i))
		}
	}
}

// push sends a viewer a part's record.
func (n *Internet) push(v *viewer, number int32) {
	n.measure.besides(len(n.source.part(number).record) + frameSize)
	n.after(trackerLag+v.line.lag, event{kind: record, node: v.index, part: number})
}

// announce has a viewer hear of new parts, the first of which has this number: from the tracker, or, while that is away or
// for a policy that has none, from the playlist. LL-HLS holds the request for a playlist until there is news; others poll.
func (n *Internet) announce(v *viewer, first int32) {
	switch {
	case n.policy.polls:
		n.measure.besides(playlistSize)
		n.after(v.line.toOrigin+span.Span(v.phase*float64(n.Part)), event{kind: record, node: v.index, part: first})
	case v.tracked && !v.weaned:
		for rung := range n.Ladder {
			if v.hearsOf.Has(segment.Track(rung)) {
				n.push(v, first+int32(rung))
			}
		}
	case v.weaned: // its mind opens the part when a neighbour brings the record; else the page asks for the playlist
		n.after(v.line.toOrigin+missedFor, event{kind: listed, node: v.index, part: first, flag: true})
	default:
		n.measure.besides(playlistSize)
		n.after(v.line.toOrigin/2, event{kind: listed, node: v.index, part: first})
	}
}

// missedFor is how long a page waits for a part that should be there until it asks for the playlist (web/player).
const missedFor = span.Second

// lost has a viewer find that the tracker is gone.
func (v *viewer) lost() {
	if v.tracked {
		v.tracked, v.weaned = false, false
		v.net.after(v.line.lag, event{kind: told, node: v.index, ref: v.net.letters.post(letter{word: swarm.Tracked{}})})
	}
}

// records tells the tracker whether to send records.
func (v *viewer) records(on bool) {
	if v.tracked {
		v.net.measure.besides(wordSize + frameSize)
		v.net.after(v.line.lag+trackerLag, event{kind: wean, node: v.index, flag: !on})
	}
}

// wean has the tracker send a viewer records no longer, or again: then also those of late.
func (n *Internet) wean(v *viewer, weaned bool) {
	if !v.tracked || v.weaned == weaned {
		return
	}
	v.weaned = weaned
	if weaned {
		return
	}
	for i := len(n.source.parts) - 1; i >= 0 && n.source.parts[i].at > n.now-missedRecords; i-- {
		if v.hearsOf.Has(n.source.parts[i].manifest.Track) {
			n.push(v, int32(i))
		}
	}
}

// missedRecords is how far back whoever wants records again is told of parts (server/tracker).
const missedRecords = 2 * span.Second

// fetchRecord asks the origin for a part's record, and waits for it to be made.
func (v *viewer) fetchRecord(o swarm.FetchRecord) {
	n := v.net
	seq := int32(o.Part.Seq)
	if seq > n.published() { // only the next is waited for
		n.after(v.line.toOrigin, event{kind: noted, node: v.index, ref: o.Ref, flag: true})
		return
	}
	made := span.Span(seq+1) * n.Part
	n.measure.besides(requestSize)
	n.after(max(made-n.now, 0)+v.line.toOrigin, event{kind: noted, node: v.index, ref: o.Ref, part: n.number(o.Part)})
}

// noted takes in what the origin answered.
func (v *viewer) noted(e *event) {
	if !e.flag {
		made := v.net.source.part(e.part)
		v.net.measure.besides(len(made.record))
		v.step(swarm.Offered{Digest: digest(made.name()), Data: made.record})
	}
	v.step(swarm.Fetched{Ref: e.ref, Failed: e.flag})
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
