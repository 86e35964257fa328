package swarm

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/swarm/trust"
	"shoal/wire"
)

// Where records come from. Who holds a part hands its record to its children on two of the stripes, ahead of the pieces; so
// most peers need none from the tracker, and tell it so. Newcomers, those who fetch a stripe for others, and those whom
// their parents left without have the tracker send them; and while it is away they ask the origin for each next one.
const (
	// weanAfter is how many parts in a row neighbours must have brought the record of in good time until the tracker is told
	// that it need not.
	weanAfter = 8
	// inGoodTime is how long after its publication a record comes in good time from a neighbour.
	inGoodTime = 500 * span.Millisecond
	// outOfTime is how late the next record may be until the tracker is asked for all of them again.
	outOfTime = span.Second
	// restFirst is how long after a request in vain the origin is asked for the record again; each time it is twice as long,
	// up to restMost.
	restFirst = span.Second
	restMost  = 8 * span.Second
)

// supply is what is known of the ways that records come.
type supply struct {
	away    bool // the tracker
	off     bool // the tracker was told to send none
	row     int  // parts in a row whose record a neighbour brought in good time
	heard   bool // a record came
	lag     span.Span
	nextRef uint32
	tips    [segment.TracksMax]tip
	count   int // of tips that were ever known, from the first on
}

// tracked hears of the connection to the tracker. A new one sends records until it is told not to.
func (s *supply) tracked(up bool) { s.away, s.off = !up, s.off && !up }

// follow forgets the tracks that are not followed any more. Of those that are new nothing is known.
func (s *supply) follow(tracks segment.Tracks) {
	s.row = 0
	for i := range s.tips {
		if !tracks.Has(segment.Track(i)) {
			s.tips[i] = tip{}
		}
	}
}

// tip is the newest part of a track whose record came.
type tip struct {
	part    segment.Part
	known   bool
	brought bool      // by a neighbour, in good time
	due     span.Span // when the next part is published

	asked   uint32 // the request under way, if not 0
	next    uint64 // the record to ask for, at least
	restsTo span.Span
	rest    span.Span
}

// recordRefs begins the numbers of requests for records: those for media count from 1.
const recordRefs = 1 << 31

// madeAt returns when a part was published, by how soon after their time other records came: where records pass through
// many hands, the age of a piece must still count from its publication.
func (e *Engine) madeAt(p *have.Part, from id.Peer) span.Span {
	ended := span.Span(p.WallMS()+p.DurationMS()-e.config.BirthWallMS) * span.Millisecond
	lag := e.now - ended
	s := &e.supply
	switch {
	case !s.heard || lag < s.lag:
		s.heard, s.lag = true, lag
	case from == id.Origin: // clocks drift apart, slowly
		s.lag += (lag - s.lag) / 64
	}
	return max(0, min(e.now, ended+s.lag))
}

// advance takes in that the record of p came from someone, and is good.
func (s *supply) advance(p *have.Part, from id.Peer) {
	t := &s.tips[p.Name.Track]
	if t.known && p.Name.Compare(t.part) <= 0 {
		return
	}
	if !t.brought {
		s.row = 0
	}
	if t.part.Epoch != p.Name.Epoch {
		t.next = 0
	}
	t.part, t.known, t.brought = p.Name, true, false
	s.count = max(s.count, int(p.Name.Track)+1)
	t.due = p.MadeAt + span.Span(p.DurationMS())*span.Millisecond
	s.bring(p, from, p.OpenedAt)
}

// bring notes that a neighbour brought the record of p, first or not.
func (s *supply) bring(p *have.Part, from id.Peer, now span.Span) {
	if t := &s.tips[p.Name.Track]; from != id.Origin && p.Name == t.part && !t.brought && now <= p.MadeAt+inGoodTime {
		t.brought = true
		s.row++
	}
}

// brought looks up a record that was offered, and reports whether it is known: then its signature was checked already.
func (e *Engine) brought(from id.Peer, digest id.Digest) (known bool) {
	e.shelf.All(func(p *have.Part) bool {
		if known = p.Opened && p.Digest == digest; known {
			e.supply.bring(p, from, e.now)
		}
		return !known
	})
	return known
}

// bequeath hands a part's record on, but not to whom it came from.
func (e *Engine) bequeath(p *have.Part, from id.Peer) {
	if !e.upload.Open() {
		return
	}
	e.route.Heirs(func(to id.Peer) {
		if n := e.neighbours.Get(to); to != from && n != nil && n.tracks.Has(p.Name.Track) {
			e.say(to, wire.Manifest{Record: p.Record})
		}
	})
}

// restock sees to it that records go on coming.
func (e *Engine) restock() {
	s := &e.supply
	if e.config.Recorded { // all records are there from the beginning
		return
	}
	if s.off {
		e.listen()
	}
	if off := s.row >= weanAfter && e.route.Seeds() == 0; off != s.off {
		s.off = off
		e.do(Records{On: !off})
	}
	if !s.away || s.off {
		return
	}
	for i := range s.tips[:s.count] {
		if t := &s.tips[i]; t.known && t.asked == 0 && e.now >= t.restsTo {
			e.askRecord(t)
		} else if t.known && t.asked == 0 {
			e.later(t.restsTo)
		}
	}
}

// listen has the tracker asked again when records that neighbours should bring are late.
func (e *Engine) listen() {
	s := &e.supply
	for i := range s.tips[:s.count] {
		if t := &s.tips[i]; t.known && e.now >= t.due+outOfTime {
			s.row = 0
		} else if t.known {
			e.later(t.due + outOfTime)
		}
	}
}

// askRecord asks the origin for the record after the newest.
func (e *Engine) askRecord(t *tip) {
	s := &e.supply
	s.nextRef++
	t.asked = recordRefs + s.nextRef
	t.next = max(t.next, t.part.Seq+1)
	part := segment.Part{Epoch: t.part.Epoch, Track: t.part.Track, Seq: t.next}
	e.do(FetchRecord{Ref: t.asked, Part: part, Within: int(pick.FetchLongest / span.Millisecond)})
}

// recordFetched ends a request for a record. It reports false if it was none.
func (e *Engine) recordFetched(in Fetched) bool {
	if in.Ref < recordRefs {
		return false
	}
	for i := range e.supply.tips {
		t := &e.supply.tips[i]
		if t.asked != in.Ref {
			continue
		}
		t.asked = 0
		if in.Failed {
			t.rest = min(max(2*t.rest, restFirst), restMost)
			t.restsTo = e.now + t.rest
		} else {
			t.next, t.rest = t.next+1, 0
		}
	}
	return true
}

// inquire asks the neighbours that hold a part for its record, one after the other, when nothing has brought it.
func (e *Engine) inquire(p *have.Part) {
	from := p.Source(p.Lacked)
	if from == id.Origin {
		return
	}
	at := p.HeardAt + lackAfter
	if p.Lacked > 0 {
		at = p.LackedAt + lackAgain
	}
	if e.now < at {
		e.later(at)
		return
	}
	p.Lacked++
	p.LackedAt = e.now
	e.say(from, wire.Lack{Part: p.Name})
}

// lacked passes on the record of a part, under its certificate.
func (e *Engine) lacked(from id.Peer, m wire.Lack) {
	p := e.shelf.Get(m.Part)
	if p == nil || !p.Opened {
		return
	}
	if certificate := e.records.CertificateFor(p.Manifest); certificate != nil {
		e.say(from, wire.Manifest{Record: certificate})
		e.say(from, wire.Manifest{Record: p.Record})
	}
}

func (e *Engine) offered(in Offered) {
	if in.From != id.Origin {
		n := e.neighbours.Get(in.From)
		if n == nil {
			return
		}
		if !n.allowance.Take(e.now, 1) {
			e.drop(in.From, Babbled)
			return
		}
	}
	if e.brought(in.From, in.Digest) {
		return
	}
	verdict, check := e.records.Offer(in.From, in.Digest, in.Data, e.wallMS())
	switch verdict {
	case trust.Checking:
		e.check(check)
	case trust.Refused:
		e.note(ManifestRefused, in.From, segment.Part{})
		e.drop(in.From, Babbled)
	}
}

func (e *Engine) check(c trust.Check) {
	e.do(CheckSignature{Ref: c.Ref, Key: c.Key, Signature: c.Signature, Message: c.Message})
}

func (e *Engine) signatureChecked(in SignatureChecked) {
	accepted, more, from, known := e.records.Settled(in.Ref, in.OK)
	if !known {
		return
	}
	if !in.OK {
		e.note(ManifestRefused, from, segment.Part{})
		e.drop(from, Polluted)
	}
	for _, c := range more {
		e.check(c)
	}
	if accepted != nil {
		e.open(accepted, from)
	}
}
