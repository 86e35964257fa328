package caption

import (
	"bytes"

	"shoal/server/pack/sei"
)

// Read returns the captions of a sample: an access unit whose NAL units stand behind lengths of four bytes. hevc says that they
// are H.265's. What does not parse carries none.
func Read(sample []byte, hevc bool) (seen Seen) {
	sei.Read(sample, hevc, func(kind int, body []byte) {
		if kind == sei.Registered {
			seen = seen.With(userData(body))
		}
	})
	return seen
}

// userData reads cc_data of ATSC A/53 part 4, 6.2.3.
func userData(b []byte) (seen Seen) {
	head := []byte{0xB5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03} // United States, ATSC, its identifier, captions
	const process, counted, triple = 0x40, 0x1F, 3
	if !bytes.HasPrefix(b, head) || len(b) < len(head)+2 || b[len(head)]&process == 0 {
		return seen
	}
	n := int(b[len(head)] & counted)
	b = b[len(head)+2:]
	b = b[:min(len(b)/triple, n)*triple]
	var group []byte // of CEA-708, as far as it came
	for ; len(b) > 0; b = b[triple:] {
		const valid, kinds = 4, 3
		if b[0]&valid == 0 {
			continue
		}
		switch kind := b[0] & kinds; kind {
		case 0, 1:
			seen.Lines |= line(int(kind), b[1]&0x7F, b[2]&0x7F)
		case 3: // a group begins
			seen.Services |= services(group)
			group = append([]byte(nil), b[1:triple]...)
		case 2:
			if group != nil {
				group = append(group, b[1:triple]...)
			}
		}
	}
	seen.Services |= services(group)
	return seen
}

// line returns the bit of the captions of CEA-608 that a pair of bytes of a field begins or goes on with: resume caption loading,
// roll-up of two to four rows, resume direct captioning. Whatever else it says may be padding, text or programme data.
func line(field int, a, b byte) uint8 {
	const second = 0x08
	if channel := a &^ second; channel != 0x14 && channel != 0x15 {
		return 0
	}
	switch b {
	case 0x20, 0x25, 0x26, 0x27, 0x29:
	default:
		return 0
	}
	n := 2 * field
	if a&second != 0 {
		n++
	}
	return 1 << n
}

// services returns the services of a group of bytes of CEA-708 (its packet: sections 5 and 6) that is whole. One that goes on in another
// picture is not looked at: the next one is short again.
func services(group []byte) (set uint64) {
	const extended = 7
	if len(group) == 0 {
		return 0
	}
	size := 2 * int(group[0]&0x3F)
	if size == 0 {
		size = 128
	}
	if size > len(group) {
		return 0
	}
	for b := group[1:size]; len(b) > 0; {
		number, length := b[0]>>5, int(b[0]&0x1F)
		b = b[1:]
		if number == 0 || length == 0 { // nothing but padding follows
			return set
		}
		if number == extended {
			if len(b) == 0 {
				return set
			}
			number, b = b[0]&0x3F, b[1:]
			if number < extended {
				return set
			}
		}
		if length > len(b) {
			return set
		}
		set |= 1 << number
		b = b[length:]
	}
	return set
}
