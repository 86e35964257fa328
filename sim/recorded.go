package sim

import (
	"fmt"

	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/pick"
)

const (
	// bufferMost is how far ahead a player of a recording asks (hls.js: maxBufferLength).
	bufferMost = 30 * span.Second
	// bundleParts is how many records of a recording are one request.
	bundleParts = 10
	// readAhead is how far ahead of the playhead a body has read records: the engine's window, and a little.
	readAhead = (pick.WindowMS + 10_000) * span.Millisecond
)

// checkRecorded says what is wrong with a recording.
func (s Scenario) checkRecorded() error {
	switch {
	case s.Recorded < 2*s.Part || s.Recorded > 24*span.Hour:
		return fmt.Errorf("recorded must be at least two parts, and at most a day")
	case len(s.Ladder) > 1:
		return fmt.Errorf("recorded goes with one rendition: leave ladder out")
	case s.StartAt != "any" && s.StartAt != "begin":
		return fmt.Errorf("start-at is any or begin")
	case s.Memory < s.Rate*float64(readAhead/span.Second):
		return fmt.Errorf("memory must hold what is fetched ahead: %g bytes", s.Rate*float64(readAhead/span.Second))
	}
	return nil
}

// record makes all of the recording. It counts as if it were published in one length.
func (n *Internet) record() {
	total := 0
	for at := span.Span(0); at < n.Recorded; at += n.Part {
		total += n.encode(segment.Part{Epoch: epoch, Seq: uint64(len(n.source.parts))}, at)
	}
	second := float64(total) / (float64(n.Recorded) / float64(span.Second))
	n.measure.publishedBytes = second * float64(n.Measure) / float64(span.Second)
	for i := range n.measure.seconds {
		n.measure.seconds[i].published = second
	}
}

// enter begins to play a recording.
func (p *player) enter(anywhere bool) {
	n := p.net()
	start := span.Span(0)
	if anywhere {
		start = n.anyPlace()
	}
	p.open(start)
	if n.SeekEvery > 0 {
		n.after(n.chance.exponential(n.SeekEvery), event{kind: seek, node: p.viewer.index})
	}
}

func (n *Internet) anyPlace() span.Span { return n.chance.span(0, n.Recorded-n.Part) }

// open sets out to play from the part at a place.
func (p *player) open(place span.Span) {
	n := p.net()
	p.first = int32(place / n.Part)
	p.next, p.known = p.first, int32(len(n.source.parts))
	p.since, p.started, p.lag = n.now, false, 0
	p.from = n.now - p.end()
	p.viewer.bundles = make([]bool, (len(n.source.parts)+bundleParts-1)/bundleParts)
	p.viewer.read()
	p.viewer.step(swarm.Playhead{WallMS: bornWallMS + int64(p.end()/span.Millisecond)})
	p.asking, p.direct = false, false
	lead := startLead
	if p.begun {
		lead = 0
	}
	n.at(n.now+lead, event{kind: ask, node: p.viewer.index, flag: true})
}

// seek goes to any other place.
func (p *player) seek() {
	n := p.net()
	p.sought = true
	p.open(n.anyPlace())
	n.after(n.chance.exponential(n.SeekEvery), event{kind: seek, node: p.viewer.index})
}

// finished looks, once the last part is in the buffer, for when it will have been played.
func (p *player) finished() {
	if p.next == p.known {
		p.net().at(p.behind()+p.lagNow()+p.end(), event{kind: finish, node: p.viewer.index})
	}
}

// finish has a viewer leave who has seen the end.
func (p *player) finish() {
	if p.started && p.next == p.known && p.position() >= p.end() {
		p.viewer.leave()
	}
}

// ahead is how far ahead the player asks; 0 is as far as there is.
func (p *player) ahead() span.Span {
	if p.net().Recorded > 0 {
		return bufferMost
	}
	return p.net().policy.ahead
}

// read asks the origin for the records of what lies ahead, as far as that was not done.
func (v *viewer) read() {
	n := v.net
	place := min(v.player.position(), v.player.end())
	last := min(int((place+readAhead)/n.Part), len(n.source.parts)-1) / bundleParts
	for i := int(place/n.Part) / bundleParts; i <= last; i++ {
		if v.bundles[i] {
			continue
		}
		v.bundles[i] = true
		size := 0
		for _, made := range n.bundle(i) {
			size += len(made.record)
		}
		n.measure.besides(size)
		wait, transfer := n.answer(v, size)
		n.after(wait+transfer, event{kind: bundle, node: v.index, part: int32(i)})
	}
}

// bundle returns the parts whose records are one request.
func (n *Internet) bundle(i int) []made {
	return n.source.parts[i*bundleParts : min((i+1)*bundleParts, len(n.source.parts))]
}

// readBundle offers records to the mind.
func (v *viewer) readBundle(i int) {
	for _, made := range v.net.bundle(i) {
		v.step(swarm.Offered{Digest: digest(made.name()), Data: made.record})
	}
}

// makeRoom gives up a part when memory is full: the one farthest from the playhead, but nothing that is about to be played.
func (v *viewer) makeRoom() {
	n := v.net
	if float64(v.store.bytes) <= n.Memory {
		return
	}
	at := int32(min(v.player.position(), v.player.end()) / n.Part)
	last := at + int32(readAhead/n.Part)
	seq, farthest := int32(-1), int32(0)
	for i := range v.store.parts {
		s := v.store.first + int32(i)
		if off := max(at-s, s-last); v.store.parts[i].pieces != nil && off > farthest {
			seq, farthest = s, off
		}
	}
	if seq >= 0 {
		v.step(swarm.Evicted{Part: n.source.part(seq).name()})
	}
}

// wherefrom says who could have brought a part of a recording that v asks the origin for, and how soon it is needed.
func (n *Internet) wherefrom(v *viewer, part int32) string {
	who := "nobody holds it"
	for _, other := range n.present {
		if whole, _ := other.store.whole(part); !whole {
			continue
		}
		if who = "who holds it is no neighbour"; v.link(other.id) != nil {
			who = "a neighbour holds it"
			break
		}
	}
	when := "in good time"
	switch {
	case !v.player.started:
		when = "before the picture moves"
	case span.Span(part)*n.Part < v.player.position()+3*span.Second:
		when = "late"
	}
	age := "newcomer"
	if n.now-v.born > joinFor {
		age = "settled"
	}
	return who + ", " + when + ", " + age
}
