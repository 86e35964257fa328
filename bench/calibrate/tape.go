package main

import (
	"slices"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
	"shoal/swarm/tape"
)

const (
	// messageOverhead is what sim reckons that a message costs beside its bytes. The same here, so that shares compare.
	messageOverhead = 60
	// hopsMost bounds the way back to the origin.
	hopsMost = 32
)

// stretch is the time that counts.
type stretch struct{ from, to time.Time }

func (s stretch) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

// name is a piece of a part.
type name struct {
	part  segment.Part
	piece int
}

// account is what one peer's tape tells.
type account struct {
	self     id.Peer
	peers    float64 // bytes of pieces that others brought
	control  float64 // bytes of messages that it sent
	twice    float64 // bytes that came for nothing
	rescues  int
	messages map[byte]int
	from     map[name]id.Peer    // who brought a piece
	at       map[name]time.Time  // when it was checked
	whole    map[place]time.Time // when the last piece of a part was
	length   map[place]int       // bytes of a part
	slots    int                 // for sale at the end
	used     int                 // sold
}

// replay steps an engine through a tape and counts what happened in a stretch of time.
func replay(text []byte, during stretch) (*account, error) {
	config, records, err := tape.SplitFile(text)
	if err != nil {
		return nil, err
	}
	a := &account{
		self: config.Self, messages: map[byte]int{}, from: map[name]id.Peer{}, at: map[name]time.Time{},
		whole: map[place]time.Time{}, length: map[place]int{},
	}
	r := reader{account: a, during: during, parts: map[segment.Part]*opened{}}
	engine := swarm.New(config)
	var outs []swarm.Output
	for record := range records {
		since, in, err := tape.ParseInput(record)
		if err != nil {
			return nil, err
		}
		r.now = time.UnixMilli(config.BirthWallMS).Add(time.Duration(since))
		r.hear(in)
		outs = engine.Step(since, in, outs[:0])
		for _, o := range outs {
			r.see(o)
		}
		if r.now.Before(during.to) {
			_, _, a.slots, a.used = engine.Trees()
		}
	}
	return a, nil
}

// reader goes through one tape.
type reader struct {
	*account
	during stretch
	now    time.Time
	parts  map[segment.Part]*opened
}

type opened struct {
	swarm.Open
	missing int
}

func (p *opened) size(piece int) float64 {
	return float64(min(p.PieceSize, p.Length-piece*p.PieceSize))
}

func (r *reader) hear(in swarm.Input) {
	c, ok := in.(swarm.Checked)
	p := r.parts[c.Part]
	if !ok || !c.OK || p == nil {
		return
	}
	n := name{c.Part, c.Piece}
	if _, held := r.from[n]; held {
		return
	}
	r.from[n], r.at[n] = c.From, r.now
	if c.From != id.Origin && r.during.has(r.now) {
		r.peers += p.size(c.Piece)
	}
	if p.missing--; p.missing == 0 {
		r.whole[place{p.MSN, p.Index}] = r.now
	}
}

func (r *reader) see(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Open:
		r.parts[o.Part] = &opened{o, segment.Pieces(o.Length, o.PieceSize)}
		r.length[place{o.MSN, o.Index}] = o.Length
	case swarm.Say:
		if r.during.has(r.now) {
			r.control += float64(len(o.Data) + messageOverhead)
			r.messages[o.Data[0]]++
		}
	case swarm.Forget:
		if p := r.parts[o.Part]; p != nil && o.From != id.Origin && r.during.has(r.now) {
			r.twice += p.size(o.Piece)
		}
	case swarm.Note:
		if o.What == swarm.RescueStarted && r.during.has(r.now) {
			r.rescues++
		}
	}
}

// ages returns how long after its publication each part was whole, in ms and ascending, of those that became so in time.
func ages(accounts []*account, published map[place]time.Time, during stretch) (all []float64) {
	for _, a := range accounts {
		for p, at := range a.whole {
			if born, ok := published[p]; ok && during.has(at) {
				all = append(all, float64(at.Sub(born))/float64(time.Millisecond))
			}
		}
	}
	slices.Sort(all)
	return all
}

// hops returns how many peers the pieces that peers brought went through, on average.
func hops(accounts []*account, during stretch) float64 {
	by := map[id.Peer]*account{}
	for _, a := range accounts {
		by[a.self] = a
	}
	sum, count := 0, 0
	for _, a := range accounts {
		for n, from := range a.from {
			if from == id.Origin || !during.has(a.at[n]) {
				continue
			}
			way := 1
			for ; from != id.Origin && by[from] != nil && way < hopsMost; way++ {
				from = by[from].from[n]
			}
			sum += way - 1
			count++
		}
	}
	return float64(sum) / float64(max(1, count))
}

// publishedBytes returns the media published in a stretch of time.
func publishedBytes(accounts []*account, published map[place]time.Time, during stretch) (sum float64, sizes []int) {
	for p, born := range published {
		if !during.has(born) {
			continue
		}
		for _, a := range accounts {
			if length, ok := a.length[p]; ok {
				sum += float64(length)
				sizes = append(sizes, length)
				break
			}
		}
	}
	slices.Sort(sizes)
	return sum, sizes
}
