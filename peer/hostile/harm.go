package hostile

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"time"

	"shoal/manifest"
	"shoal/segment"
	"shoal/wire"
)

const (
	// owedMax bounds the pieces owed to one peer.
	owedMax = 1024
	// fetchWithin bounds a request to the origin.
	fetchWithin = 5 * time.Second
)

// published hears of a part before most others do anything about it: that is how to win requests.
func (b *body) published(record []byte) {
	m, err := manifest.ParsePart(record)
	if err != nil || m.End {
		return
	}
	name := m.Name()
	if b.parts[name] != nil {
		return
	}
	if len(b.order) == partsMax {
		delete(b.parts, b.order[0])
		b.order = b.order[1:]
	}
	b.parts[name], b.record = &part{Part: m}, record
	b.order = append(b.order, name)
	for _, l := range b.lanes {
		b.announce(l, name)
	}
	b.fetch(name)
}

// fetch gets the real bytes: an altered piece is best made of a true one.
func (b *body) fetch(name segment.Part) {
	b.wg.Go(func() {
		ctx, cancel := context.WithTimeout(b.ctx, fetchWithin)
		defer cancel()
		address := b.place.Media(fmt.Sprintf("%d/%d/p%d.m4s", name.Epoch, name.Track, name.Seq))
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return
		}
		res, err := b.client.Do(req)
		if err != nil {
			return
		}
		defer res.Body.Close()
		data, err := io.ReadAll(io.LimitReader(res.Body, segment.PartSizeMax))
		b.post(b.ctx, func() {
			if p := b.parts[name]; p != nil && err == nil && len(data) == int(p.Length) {
				p.data = data
				for _, l := range b.lanes {
					b.pay(l)
				}
			}
		})
	})
}

func (b *body) send(l *lane, data []byte, altered bool) bool {
	if !l.up || l.link.Send(data) != nil {
		return false
	}
	b.counts.Sent++
	if altered {
		b.counts.Altered++
	}
	return true
}

// greet says hello as everybody does, and claims to hold everything.
func (b *body) greet(l *lane) {
	l.link.Send(wire.Append(nil, wire.Hello{Version: wire.Version, Stripes: segment.Stripes})) //nolint:errcheck // it will be dropped anyway
	for _, name := range b.order {
		b.announce(l, name)
	}
}

func (b *body) announce(l *lane, name segment.Part) {
	if !l.up {
		return
	}
	if l.link.Send(wire.Append(nil, wire.Have{Part: name, Pieces: wire.Full(len(b.parts[name].Hashes))})) == nil {
		b.counts.Announced++
	}
}

// asked hears what a peer wants.
func (b *body) asked(l *lane, data []byte) {
	m, err := wire.Parse(data)
	want, ok := m.(wire.Want)
	if err != nil || !ok {
		return
	}
	for i := want.Pieces.Next(0); i >= 0; i = want.Pieces.Next(i + 1) {
		b.counts.Asked++
		if len(l.owed) < owedMax {
			l.owed = append(l.owed, piece{want.Part, i})
		}
	}
	b.pay(l)
}

// pay sends what is owed, as the mode has it.
func (b *body) pay(l *lane) {
	if b.Mode == Phantom {
		l.owed = nil
		return
	}
	l.owed = slices.DeleteFunc(l.owed, func(o piece) bool {
		p := b.parts[o.part]
		if p == nil || o.index >= len(p.Hashes) {
			return true
		}
		if p.data == nil {
			return false
		}
		b.serve(l, o, p)
		return true
	})
}

func (b *body) serve(l *lane, o piece, p *part) {
	data := slices.Clone(p.data[o.index*int(p.PieceSize):][:p.PieceLength(o.index)])
	altered := true
	switch b.Mode {
	case Alter, Flood:
		data[mathrand.IntN(len(data))] ^= 1 << mathrand.IntN(8)
	case Swap:
		altered = b.swap(o, data)
	default:
		altered = false // forgers and babblers serve what is true, to stay
	}
	b.send(l, append(wire.AppendPieceHeader(nil, o.part, o.index), data...), altered)
}

// swap puts the bytes of another part into data.
func (b *body) swap(o piece, data []byte) bool {
	for _, name := range b.order {
		if other := b.parts[name]; name != o.part && len(other.data) >= len(data) {
			copy(data, other.data)
			return true
		}
	}
	return false
}

// harm does what needs no request.
func (b *body) harm() {
	for _, l := range b.lanes {
		switch b.Mode {
		case Forge:
			if len(b.record) > 0 {
				forged := slices.Clone(b.record)
				forged[mathrand.IntN(len(forged))] ^= 1 << mathrand.IntN(8)
				b.send(l, wire.Append(nil, wire.Manifest{Record: forged}), true)
			}
		case Garbage:
			noise := make([]byte, 1+mathrand.IntN(wire.MessageMax-1))
			_, _ = rand.Read(noise) // never fails
			b.send(l, noise, true)
		case Flood:
			b.flood(l)
		}
	}
}

// flood sends altered pieces until the link takes no more.
func (b *body) flood(l *lane) {
	for _, name := range b.order {
		p := b.parts[name]
		for i := 0; p.data != nil && i < len(p.Hashes); i++ {
			before := b.counts.Sent
			if b.serve(l, piece{name, i}, p); b.counts.Sent == before {
				return
			}
		}
	}
}
