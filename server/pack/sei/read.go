package sei

import (
	"bytes"
	"encoding/binary"
)

// The kinds of message that somebody here reads.
const (
	Registered   = 4 // user data with a registered owner
	Unregistered = 5 // user data behind 16 bytes that nobody else has
)

// Bounds on what is looked at. What is read here stands in the first NAL units of a picture, in some hundred bytes.
const (
	unitsMax = 64      // NAL units of a sample
	bodyMax  = 4 << 10 // bytes of one SEI
)

// NAL unit types of SEI.
const (
	avcSEI        = 6
	hevcPrefixSEI = 39
	hevcSuffixSEI = 40
)

// Read gives each message of a sample to take: an access unit whose NAL units stand behind lengths of four bytes. hevc says that they are
// H.265's. What does not parse holds none. take must not change or keep what it is given.
func Read(sample []byte, hevc bool, take func(kind int, body []byte)) {
	for range unitsMax {
		if len(sample) < 4 {
			return
		}
		size := uint64(binary.BigEndian.Uint32(sample))
		if size > uint64(len(sample)-4) {
			return
		}
		unit := sample[4 : 4+size]
		sample = sample[4+size:]
		if body := bodyOf(unit, hevc); body != nil {
			messages(plain(body), take)
		}
	}
}

// bodyOf returns the body of a NAL unit that is SEI, else nil.
func bodyOf(unit []byte, hevc bool) []byte {
	switch {
	case hevc && len(unit) > 2 && (unit[0]>>1&0x3F == hevcPrefixSEI || unit[0]>>1&0x3F == hevcSuffixSEI):
		return unit[2:]
	case !hevc && len(unit) > 1 && unit[0]&0x1F == avcSEI:
		return unit[1:]
	}
	return nil
}

// plain takes out the bytes that keep a start code from standing in a NAL unit.
func plain(b []byte) []byte {
	b = b[:min(len(b), bodyMax)]
	if !bytes.Contains(b, []byte{0, 0, 3}) {
		return b
	}
	out, zeros := make([]byte, 0, len(b)), 0
	for _, c := range b {
		if zeros == 2 && c == 3 {
			zeros = 0
			continue
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		zeros = min(zeros, 2)
		out = append(out, c)
	}
	return out
}

// messages goes through the messages of one SEI (ISO 14496-10, 7.3.2.3.1).
func messages(b []byte, take func(kind int, body []byte)) {
	for len(b) >= 2 {
		var kind, size int
		if kind, b = count(b); len(b) == 0 {
			return
		}
		if size, b = count(b); size > len(b) {
			return
		}
		take(kind, b[:size:size])
		b = b[size:]
	}
}

// count reads a number of bytes of 255 and one that is less.
func count(b []byte) (n int, rest []byte) {
	for len(b) > 0 {
		n += int(b[0])
		more := b[0] == 0xFF
		if b = b[1:]; !more {
			break
		}
	}
	return n, b
}
