package rules

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// boxesMax bounds the boxes that are read of one resource.
const boxesMax = 10_000

// box is one box of ISO/IEC 14496-12.
type box struct {
	kind string
	at   int // of its first byte in the resource
	body []byte
}

var errBoxes = errors.New("it is not a row of boxes")

// readBoxes takes a row of boxes apart.
func readBoxes(b []byte, at int) ([]box, error) {
	var out []box
	for len(b) > 0 {
		if len(b) < 8 || len(out) == boxesMax {
			return out, errBoxes
		}
		size, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if size == 1 && len(b) >= 16 {
			size, head = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size < head || size > uint64(len(b)) {
			return out, fmt.Errorf("%w: a box says that it has %d bytes of %d", errBoxes, size, len(b))
		}
		out = append(out, box{kind: string(b[4:8]), at: at, body: b[head:size]})
		b, at = b[size:], at+int(size)
	}
	return out, nil
}

// inside returns the boxes of one kind along a path of kinds.
func inside(in []box, path ...string) []box {
	for n, kind := range path {
		in = slices.DeleteFunc(slices.Clone(in), func(b box) bool { return b.kind != kind })
		if n == len(path)-1 {
			return in
		}
		var next []box
		for _, b := range in {
			children, _ := readBoxes(b.body, b.at+8) // what does not parse has no children
			next = append(next, children...)
		}
		in = next
	}
	return in
}

// reader takes numbers from the front of a box, zero when it is too short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.short, r.b = true, nil
		return make([]byte, n)
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte    { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

// sized reads 32 or, of version 1, 64 bits.
func (r *reader) sized(version byte) uint64 {
	if version == 1 {
		return r.u64()
	}
	return uint64(r.u32())
}

// flags reads the version and flags that full boxes begin with.
func (r *reader) flags() (version byte, flags uint32) {
	word := r.u32()
	return byte(word >> 24), word & 0xffffff
}
