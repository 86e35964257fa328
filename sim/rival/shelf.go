package rival

import (
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// keepMS is how long a part is kept behind the playhead: what a player's own memory would hold of a live stream.
const keepMS = 30_000

// part is one part, or one segment where those are the unit.
type part struct {
	name    segment.Part
	count   int // pieces
	length  int // bytes
	wallMS  int64
	endMS   int64
	mine    wire.Bitmap
	wanted  bool // the player waits for it
	holders []id.Peer

	asked    id.Peer // who was asked for it; id.Origin is nobody
	askedAt  span.Span
	fetching bool
	coinAt   span.Span // when it is next decided by chance whether to fetch it
}

func (p *part) whole() bool { return p.mine == wire.Full(p.count) }

func (p *part) heldBy(who id.Peer) bool { return slices.Contains(p.holders, who) }

// shelf is what both rivals know: the parts, and where the player is.
type shelf struct {
	now     span.Span
	parts   []*part // by seq
	out     []swarm.Output
	nextRef uint32

	headAt  span.Span // when the player last said where it is
	headMS  int64
	bufMS   int64
	playing bool
}

func (s *shelf) do(o swarm.Output) { s.out = append(s.out, o) }

func (s *shelf) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(s.parts, seq, func(p *part, seq uint64) int { return int(p.name.Seq) - int(seq) })
}

func (s *shelf) get(name segment.Part) *part {
	if i, ok := s.find(name.Seq); ok {
		return s.parts[i]
	}
	return nil
}

// offered takes in a record, and returns its part if it is new.
func (s *shelf) offered(in swarm.Offered) *part {
	m, err := manifest.ParsePart(in.Data)
	if err != nil {
		return nil // a certificate: nobody looks at it
	}
	i, known := s.find(m.Seq)
	if known {
		return nil
	}
	p := &part{
		name: m.Name(), count: len(m.Hashes), length: int(m.Length), wallMS: int64(m.WallMS),
		endMS: int64(m.WallMS) + int64(m.DurationUS)/1000, coinAt: s.now,
	}
	s.parts = slices.Insert(s.parts, i, p)
	return p
}

func (s *shelf) playhead(in swarm.Playhead) {
	s.headAt, s.headMS, s.bufMS, s.playing = s.now, in.WallMS, in.BufferMS, in.Playing
}

// onScreenMS returns the wall-clock time on screen.
func (s *shelf) onScreenMS() int64 {
	if !s.playing {
		return s.headMS
	}
	return s.headMS + min(int64((s.now-s.headAt)/span.Millisecond), s.bufMS)
}

// due returns when a part is on screen; before the first picture, at once.
func (s *shelf) due(p *part) span.Span {
	if s.headAt == 0 {
		return s.now
	}
	return s.headAt + span.Span(p.wallMS-s.headMS)*span.Millisecond
}

// want notes that the player waits for a part. One that nobody has told us of it had better fetch for itself.
func (s *shelf) want(name segment.Part) {
	p := s.get(name)
	if p == nil {
		s.do(swarm.Decline{Part: name})
		return
	}
	p.wanted = true
	s.give(p)
}

// give answers the player when its part is whole.
func (s *shelf) give(p *part) {
	if p.wanted && p.whole() {
		p.wanted = false
		s.do(swarm.Play{Part: p.name})
	}
}

// fetch asks the origin for a part from piece from on.
func (s *shelf) fetch(p *part, from int, within span.Span) uint32 {
	s.nextRef++
	p.fetching = true
	s.do(swarm.Fetch{Ref: s.nextRef, Part: p.name, From: from, To: p.count, Within: int(within / span.Millisecond)})
	return s.nextRef
}

// fresh reports whether the player still has to get a part.
func (s *shelf) fresh(p *part) bool {
	return p.wanted || s.headAt > 0 && p.endMS > s.headMS+s.bufMS
}

// forget lets go of what is long past, but never of what the player waits for.
func (s *shelf) forget() {
	for len(s.parts) > 0 && s.headAt > 0 && s.parts[0].endMS < s.onScreenMS()-keepMS && !s.parts[0].wanted {
		s.do(swarm.Evict{Part: s.parts[0].name})
		s.parts = s.parts[1:]
	}
}

// check has the body look at a piece; Checked follows.
func (s *shelf) check(in swarm.Arrived) {
	s.do(swarm.CheckPiece{Part: in.Part, Piece: in.Piece, From: in.From})
}

// drop throws a piece away.
func (s *shelf) drop(in swarm.Arrived) {
	s.do(swarm.Forget{Part: in.Part, Piece: in.Piece, From: in.From})
}

// chance is SplitMix64 (Steele, Lea, Flood 2014).
type chance struct{ state uint64 }

func (c *chance) next() uint64 {
	c.state += 0x9e3779b97f4a7c15
	x := c.state
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit returns a number in [0, 1).
func (c *chance) unit() float64 { return float64(c.next()>>11) / (1 << 53) }

// below returns a number in [0, n).
func (c *chance) below(n int) int { return int(c.next() % uint64(n)) }
