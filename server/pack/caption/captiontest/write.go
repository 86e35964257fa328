package captiontest

import (
	"bytes"
	"math/bits"
)

// Pair is two bytes of CEA-608 with their parity.
type Pair [2]byte

// pair sets the parity bits.
func pair(a, b byte) Pair { return Pair{odd(a), odd(b)} }

func odd(b byte) byte {
	if bits.OnesCount8(b&0x7F)%2 == 0 {
		return b | 0x80
	}
	return b & 0x7F
}

// PopOn is a caption of line 1 to 4 that appears at once: the pairs that load it, and then show it.
func PopOn(line int, text string) (pairs []Pair) {
	control := byte(0x14)
	if line%2 == 0 {
		control |= 0x08
	}
	for _, b := range []byte{0x20, 0x2E, 0x70} { // resume caption loading, erase what was loaded, row 15
		pairs = append(pairs, pair(control, b), pair(control, b))
	}
	pairs = append(pairs, letters(text)...)
	return append(pairs, pair(control, 0x2F), pair(control, 0x2F)) // show it
}

func letters(text string) (pairs []Pair) {
	for i := 0; i < len(text); i += 2 {
		second := byte(0)
		if i+1 < len(text) {
			second = text[i+1]
		}
		pairs = append(pairs, pair(text[i], second))
	}
	return pairs
}

// Field is the field that a line of captions stands in: 0 or 1.
func Field(line int) byte { return byte(line-1) / 2 }

// SEI is a NAL unit that carries a pair in a field, and a group of CEA-708 if there is one.
func SEI(hevc bool, field byte, p Pair, group []byte) []byte {
	triples := [][3]byte{{0xFC | field, p[0], p[1]}}
	for i := 0; i+1 < len(group); i += 2 {
		kind := byte(0xFE)
		if i == 0 {
			kind = 0xFF
		}
		triples = append(triples, [3]byte{kind, group[i], group[i+1]})
	}
	data := append([]byte{0xB5, 0x00, 0x31}, "GA94\x03"...)
	data = append(data, 0x40|byte(len(triples)), 0xFF)
	for _, t := range triples {
		data = append(data, t[:]...)
	}
	data = append(data, 0xFF)
	head := []byte{6}
	if hevc {
		head = []byte{39 << 1, 1}
	}
	return append(head, escape(append(append([]byte{4, byte(len(data))}, data...), 0x80))...)
}

func escape(b []byte) (out []byte) {
	zeros := 0
	for _, c := range b {
		if zeros >= 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		out = append(out, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return out
}

// Group is a group of CEA-708 of one service that says something.
func Group(service byte, said []byte) []byte {
	b := []byte{0}
	if service < 7 {
		b = append(b, service<<5|byte(len(said)))
	} else {
		b = append(b, 7<<5|byte(len(said)), service)
	}
	b = append(b, said...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	b[0] = byte(len(b) / 2)
	return b
}

// Insert writes pairs of line 1 to 4 into the pictures of a byte stream of H.264 or H.265 that is shown in the order in which it
// comes: one pair each, and after so many pictures all of them again.
func Insert(stream []byte, hevc bool, line int, pairs []Pair, every int) []byte {
	var out bytes.Buffer
	n := 0
	for _, u := range split(stream) {
		if begins(u, hevc) {
			p := pair(0, 0)
			if at := n % every; at < len(pairs) {
				p = pairs[at]
			}
			n++
			out.Write([]byte{0, 0, 0, 1})
			out.Write(SEI(hevc, Field(line), p, nil))
		}
		out.Write([]byte{0, 0, 0, 1})
		out.Write(u)
	}
	return out.Bytes()
}

// begins reports whether a NAL unit is the first slice of a picture.
func begins(u []byte, hevc bool) bool {
	const first = 0x80
	if hevc {
		return len(u) > 2 && u[0]>>1 < 32 && u[2]&first != 0
	}
	return len(u) > 1 && (u[0]&0x1F == 1 || u[0]&0x1F == 5) && u[1]&first != 0
}

// split takes a byte stream apart into its NAL units.
func split(b []byte) (units [][]byte) {
	for _, u := range bytes.Split(b, []byte{0, 0, 1}) {
		if u = bytes.TrimRight(u, "\x00"); len(u) > 0 {
			units = append(units, u)
		}
	}
	return units
}

// Said returns the pop-on captions of the first channel of a field in whatever holds pictures unencrypted, as far as they are whole.
func Said(b []byte, field byte) (said []string) {
	var text []byte
	loading := false
	for {
		at := bytes.Index(b, []byte("GA94\x03"))
		if at < 0 || len(b) < at+7 {
			return said
		}
		b = b[at+5:]
		count := int(b[0] & 0x1F)
		for k := 0; k < count && len(b) >= 5+3*k; k++ {
			t := b[2+3*k : 5+3*k]
			if t[0]&7 != 4|field {
				continue
			}
			switch c, d := t[1]&0x7F, t[2]&0x7F; {
			case c == 0x14 && d == 0x20:
				text, loading = nil, true
			case c == 0x14 && d == 0x2F && loading:
				said, loading = append(said, string(text)), false
			case c >= 0x20 && loading:
				text = append(text, c)
				if d >= 0x20 {
					text = append(text, d)
				}
			}
		}
	}
}
