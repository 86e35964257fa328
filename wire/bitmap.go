package wire

import (
	"math/bits"

	"shoal/segment"
)

const bitmapWords = segment.PiecesMax / 64

// Bitmap is a set of piece indices below segment.PiecesMax. The zero Bitmap is empty.
type Bitmap [bitmapWords]uint64

// Full returns the set of the first n pieces.
func Full(n int) (b Bitmap) {
	for i := range n {
		b.Set(i)
	}
	return b
}

// Set adds piece i.
func (b *Bitmap) Set(i int) { b[i/64] |= 1 << (i % 64) }

// Clear removes piece i.
func (b *Bitmap) Clear(i int) { b[i/64] &^= 1 << (i % 64) }

// Has reports whether piece i is in the set.
func (b Bitmap) Has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// Empty reports whether no piece is in the set.
func (b Bitmap) Empty() bool { return b == Bitmap{} }

// Count returns how many pieces are in the set.
func (b Bitmap) Count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Next returns the first piece at or after i, or -1.
func (b Bitmap) Next(i int) int {
	for w := i / 64; w < bitmapWords; w++ {
		word := b[w]
		if w == i/64 {
			word &= ^uint64(0) << (i % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// Last returns the highest piece, or -1.
func (b Bitmap) Last() int {
	for w := bitmapWords - 1; w >= 0; w-- {
		if b[w] != 0 {
			return w*64 + 63 - bits.LeadingZeros64(b[w])
		}
	}
	return -1
}

// Union returns b and c together.
func (b Bitmap) Union(c Bitmap) Bitmap {
	for w := range b {
		b[w] |= c[w]
	}
	return b
}

// Minus returns what b has and c lacks.
func (b Bitmap) Minus(c Bitmap) Bitmap {
	for w := range b {
		b[w] &^= c[w]
	}
	return b
}

// Both returns what is in each of b and c.
func (b Bitmap) Both(c Bitmap) Bitmap {
	for w := range b {
		b[w] &= c[w]
	}
	return b
}

// append writes the wire form: a byte count, then as many bytes as the highest piece needs.
func (b Bitmap) append(to []byte) []byte {
	n := (b.Last() + 8) / 8
	to = append(to, uint8(n))
	for j := range n {
		to = append(to, byte(b[j/8]>>(j%8*8)))
	}
	return to
}

// parseBitmap reads a wire form that fills all of p.
func parseBitmap(p []byte) (b Bitmap, ok bool) {
	if len(p) == 0 || len(p) != 1+int(p[0]) || len(p) < 2 || len(p)-1 > segment.PiecesMax/8 || p[len(p)-1] == 0 {
		return Bitmap{}, false
	}
	for j, v := range p[1:] {
		b[j/8] |= uint64(v) << (j % 8 * 8)
	}
	return b, true
}
