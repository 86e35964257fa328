package lab

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

// Stretch is the time that counts.
type Stretch struct{ From, To time.Time }

// Has reports whether t is within.
func (s Stretch) Has(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// name is a piece of a part.
type name struct {
	part  segment.Part
	piece int
}

// Account is what one peer's tape tells.
type Account struct {
	Self     id.Peer
	Peers    float64 // bytes of pieces that others brought
	Control  float64 // bytes of messages that it sent
	Twice    float64 // bytes that came for nothing
	Rescues  int
	Slots    int                 // for sale at the end
	Used     int                 // sold
	Whole    map[Place]time.Time // when the last piece of a part was
	messages map[byte]int
	from     map[name]id.Peer   // who brought a piece
	at       map[name]time.Time // when it was checked
	length   map[Place]int      // bytes of a part
}

// Replay steps an engine through a tape and counts what happened in a Stretch of time.
func Replay(text []byte, during Stretch) (*Account, error) {
	config, records, err := tape.SplitFile(text)
	if err != nil {
		return nil, err
	}
	a := &Account{
		Self: config.Self, messages: map[byte]int{}, from: map[name]id.Peer{}, at: map[name]time.Time{},
		Whole: map[Place]time.Time{}, length: map[Place]int{},
	}
	r := reader{Account: a, during: during, parts: map[segment.Part]*opened{}}
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
		if r.now.Before(during.To) {
			_, _, a.Slots, a.Used = engine.Trees()
		}
	}
	return a, nil
}

// reader goes through one tape.
type reader struct {
	*Account
	during Stretch
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
	if c.From != id.Origin && r.during.Has(r.now) {
		r.Peers += p.size(c.Piece)
	}
	if p.missing--; p.missing == 0 {
		r.Whole[Place{p.MSN, p.Index}] = r.now
	}
}

func (r *reader) see(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Open:
		r.parts[o.Part] = &opened{o, segment.Pieces(o.Length, o.PieceSize)}
		r.length[Place{o.MSN, o.Index}] = o.Length
	case swarm.Say:
		if r.during.Has(r.now) {
			r.Control += float64(len(o.Data) + messageOverhead)
			r.messages[o.Data[0]]++
		}
	case swarm.Forget:
		if p := r.parts[o.Part]; p != nil && o.From != id.Origin && r.during.Has(r.now) {
			r.Twice += p.size(o.Piece)
		}
	case swarm.Note:
		if o.What == swarm.RescueStarted && r.during.Has(r.now) {
			r.Rescues++
		}
	}
}

// Ages returns how long after its publication each part was whole, in ms and ascending, of those that became so in time.
func Ages(accounts []*Account, published map[Place]time.Time, during Stretch) (all []float64) {
	for _, a := range accounts {
		for p, at := range a.Whole {
			if born, ok := published[p]; ok && during.Has(at) {
				all = append(all, float64(at.Sub(born))/float64(time.Millisecond))
			}
		}
	}
	slices.Sort(all)
	return all
}

// Hops returns how many peers the pieces that peers brought went through, on average.
func Hops(accounts []*Account, during Stretch) float64 {
	by := map[id.Peer]*Account{}
	for _, a := range accounts {
		by[a.Self] = a
	}
	sum, count := 0, 0
	for _, a := range accounts {
		for n, from := range a.from {
			if from == id.Origin || !during.Has(a.at[n]) {
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

// PublishedBytes returns the media published in a Stretch of time.
func PublishedBytes(accounts []*Account, published map[Place]time.Time, during Stretch) (sum float64, sizes []int) {
	for p, born := range published {
		if !during.Has(born) {
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
