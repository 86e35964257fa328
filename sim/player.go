package sim

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
)

const (
	// startLead is what a page takes from its load to its first request for media.
	startLead = 100 * span.Millisecond
	// reportEvery is how often a player tells its engine where it is.
	reportEvery = 250 * span.Millisecond
	// hurryPercent is how much faster a player runs that is farther behind than everyone by more than hurryFrom; from
	// jumpFrom on it skips instead (peer/player.go, web/player/step.ts).
	hurryPercent = 5
	hurryFrom    = 100 * span.Millisecond
	jumpFrom     = 10 * span.Second
	// answerFor is how long after a part is due, at the latest, the mind must have said something.
	answerFor = 5 * span.Second
)

// player asks for parts of one rendition in order (rung.go). Everyone plays the same distance behind live, by a shared clock; who begins late or
// stalls is behind that by lag, and hurries.
type player struct {
	viewer  *viewer
	first   int32 // the first part of this session
	next    int32
	known   int32 // parts below it are in the playlist
	rung    int   // the rendition that it plays
	wish    int   // the one that its downlink takes
	back    int32 // so many parts before next it needs anew: it turned within a segment
	asked   int32 // number of what the mind owes an answer for
	asking  bool
	askedAt span.Span
	direct  bool // the origin was asked for asked
	begun   bool // the page asks for media

	since   span.Span // when it set out to show a picture
	started bool      // it shows one, or has
	lag     span.Span // behind everyone, at lagAt
	lagAt   span.Span

	from   span.Span // of a recording: when its beginning would have been on screen
	sought bool      // the same: it sets out from a seek
}

func (p *player) net() *Internet { return p.viewer.net }

// behind is how far behind the wall clock everyone plays.
func (n *Internet) behind() span.Span { return n.Budget + n.Part }

// begin decides where to start: at what is on every screen when the picture is to move, or at the key frame before it.
// Until then the first frame is shown.
func (p *player) begin() {
	n := p.net()
	p.since = n.now
	p.first = n.live(n.now + startLead + n.Settle)
	p.next, p.known = p.first, n.published()
	n.at(n.now+startLead, event{kind: ask, node: p.viewer.index, flag: true})
}

// live returns the part that is on screen at a time, or the one to decode first to show it.
func (n *Internet) live(at span.Span) int32 {
	seq := int32(max(0, at-n.behind()+n.Part-1) / n.Part)
	if n.JoinAt == "key" {
		seq -= seq % int32(n.perSegment())
	}
	return seq
}

// lagNow returns how far behind everyone the player is.
func (p *player) lagNow() span.Span {
	if p.net().Recorded > 0 {
		return p.lag
	}
	caught := (p.net().now - p.lagAt) * hurryPercent / 100
	return max(min(p.lag, hurryFrom), p.lag-caught)
}

// position returns what is on screen, as time since the broadcast began. It does not know whether there is a picture.
func (p *player) position() span.Span { return p.net().now - p.behind() - p.lagNow() }

// behind is how far this player is behind the wall clock, if it does not lag.
func (p *player) behind() span.Span {
	if p.net().Recorded > 0 {
		return p.from
	}
	return p.net().behind()
}

// end returns how far the buffer reaches.
func (p *player) end() span.Span { return span.Span(p.next) * p.net().Part }

func (p *player) happen(e *event) {
	switch e.kind {
	case report:
		p.report()
		p.net().after(reportEvery, event{kind: report, node: p.viewer.index})
	case ask:
		p.begun = p.begun || e.flag
		p.ask()
	case listed:
		if e.flag && p.net().seq(e.part) >= p.known {
			p.net().measure.besides(playlistSize)
		}
		p.published(p.net().seq(e.part) + 1)
	case delivered:
		if p.net().takes(p.viewer, e) {
			p.delivered(e.part)
		}
	}
}

// report tells the engine where the player is.
func (p *player) report() {
	if n := p.net(); p.asking && !p.direct && n.now > p.askedAt+max(n.behind(), p.ahead())+jumpFrom+answerFor {
		n.rule("%v has not answered for part %d, asked for %d ms ago", p.viewer.id, p.asked, (n.now-p.askedAt)/span.Millisecond)
	}
	if n := p.net(); n.Recorded > 0 {
		p.viewer.read()
	}
	position := min(p.position(), p.end())
	p.viewer.step(swarm.Playhead{
		WallMS: bornWallMS + int64(position/span.Millisecond), BufferMS: int64((p.end() - position) / span.Millisecond), Playing: position < p.end(),
	})
}

// published is called when the playlist shows one more part.
func (p *player) published(count int32) {
	p.known = max(p.known, count)
	p.ask()
}

// ask asks for the next part, if there is one and room for it.
func (p *player) ask() {
	n := p.net()
	if p.asking || p.next-p.back >= p.known || !p.begun {
		return
	}
	p.climb()
	if ahead := p.ahead(); ahead > 0 && p.started && p.end()-p.position() >= ahead {
		n.after(p.end()-p.position()-ahead+span.Millisecond, event{kind: ask, node: p.viewer.index})
		return
	}
	part := segment.Part{Epoch: epoch, Seq: uint64(p.next - p.back), Track: segment.Track(p.rung)}
	p.asking, p.asked, p.askedAt = true, n.number(part), n.now
	p.viewer.step(swarm.Wanted{Part: part})
}

// answer takes what the mind says of the part it was asked for.
func (p *player) answer(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Play:
		_, bad := p.viewer.store.whole(p.asked)
		p.net().measure.played(bad)
		p.got(p.asked)
	case swarm.Decline:
		if seq := int32(o.Part.Seq); int(o.Part.Track) != p.rung || p.net().Recorded > 0 && seq != p.next { // it has gone elsewhere meanwhile
			p.asking = false
			return
		}
		p.direct = true
		p.request(p.asked)
	}
}

// request asks the origin for a whole part.
func (p *player) request(number int32) {
	n := p.net()
	made := n.source.part(number)
	size := int(made.manifest.Length)
	n.measure.declined()
	n.measure.origin(p.viewer, made.manifest.Track, size)
	why := wholePart
	if !p.started {
		why = firstPart
	}
	n.measure.caused(p.viewer, why, size)
	if n.Recorded > 0 {
		n.blame(p.viewer, number, 0, len(made.manifest.Hashes))
	}
	wait, transfer := n.answer(p.viewer, size)
	n.after(wait+transfer, event{kind: delivered, node: p.viewer.index, part: number, size: int32(size)})
}

// delivered plays what plain HTTP brought and offers it to the mind.
func (p *player) delivered(number int32) {
	if !p.direct || number != p.asked {
		return
	}
	p.got(number)
	for i := range p.net().source.part(number).manifest.Hashes {
		p.viewer.arrives(arrived{number, i, id.Origin, true, 0})
	}
}

// got appends a part to the buffer. If the picture stood still for want of it, that was a stall.
func (p *player) got(number int32) {
	n := p.net()
	seq := n.seq(number)
	p.asking, p.direct = false, false
	defer n.at(n.now, event{kind: ask, node: p.viewer.index}) // the engine hears first where the player is
	if p.back > 0 && seq == p.next-p.back {
		p.back--
		return
	}
	if seq != p.next { // the player has jumped meanwhile
		return
	}
	begins := span.Span(seq) * n.Part
	switch {
	case !p.started:
		p.started = true
		n.measure.start(n.now-p.since, p.sought)
		p.from = n.now - begins
		p.behindBy(max(0, n.now-p.behind()-begins))
		n.at(n.now, event{kind: report, node: p.viewer.index})
	case p.position() > begins:
		n.measure.due(p.rung, p.position()-begins)
		p.behindBy(n.now - p.behind() - begins)
	default:
		n.measure.due(p.rung, 0)
	}
	p.next++
	if n.Recorded > 0 {
		p.finished()
		return
	}
	if p.lagNow() > jumpFrom {
		p.jump()
	}
}

// behindBy sets how far behind everyone the player is from now on.
func (p *player) behindBy(lag span.Span) { p.lag, p.lagAt = lag, p.net().now }

// jump gives up catching up.
func (p *player) jump() {
	p.next, p.back = max(p.next, p.net().live(p.net().now)), 0
	p.behindBy(max(0, p.net().now-p.net().behind()-p.end()))
}

// awake begins anew at the live edge after a sleep. What was asked of the origin before will not come.
func (p *player) awake() {
	n := p.net()
	if n.Recorded > 0 {
		p.open(min(p.position(), p.end()))
		return
	}
	p.known = n.published()
	p.next, p.back = max(p.next, n.live(n.now)), 0
	p.since, p.started = n.now, false
	p.viewer.step(swarm.Playhead{WallMS: bornWallMS + int64(p.end()/span.Millisecond)})
	if p.direct {
		p.request(p.asked)
	}
	n.at(n.now, event{kind: ask, node: p.viewer.index, flag: true})
}
