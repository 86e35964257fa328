package ts

import (
	"shoal/segment"
	"shoal/server/ingest"
)

// tableMax bounds a table (ISO 13818-1, 2.4.4: 1021 bytes behind the length).
const tableMax = 1024

// table puts a section together from packets.
type table struct {
	buffer []byte
	open   bool
}

// take adds a packet's payload, and hands over each section that is whole.
func (t *table) take(begins bool, payload []byte, whole func([]byte) error) error {
	if begins {
		pointer := int(payload[0])
		if payload = payload[1:]; pointer > len(payload) {
			t.open = false
			return nil
		}
		payload = payload[pointer:]
		t.buffer, t.open = t.buffer[:0], true
	}
	if !t.open {
		return nil
	}
	t.buffer = append(t.buffer, payload...)
	if len(t.buffer) < 3 {
		return nil
	}
	size := 3 + int(t.buffer[1]&0x0F)<<8 + int(t.buffer[2])
	if size > tableMax {
		t.open = false
		return nil
	}
	if len(t.buffer) < size {
		return nil
	}
	t.open = false
	return whole(t.buffer[:size])
}

// section checks a table and returns what is between its head and its check sum.
func section(b []byte, id byte) ([]byte, bool) {
	const head, check, current = 8, 4, 1
	if len(b) < head+check || b[0] != id || b[5]&current == 0 || crc(b) != 0 {
		return nil, false
	}
	return b[head : len(b)-check], true
}

// crc is the check sum of ISO 13818-1, annex A; over a table and its own it is 0.
func crc(b []byte) uint32 {
	const polynomial = 0x04C11DB7
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			if sum>>31 == 1 {
				sum = sum<<1 ^ polynomial
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// format is how a track's frames are written.
type format int

const (
	formatH264 format = iota
	formatH265
	formatADTS
	formatOpus
)

// elementary is one track.
type elementary struct {
	pid      int
	kind     segment.Kind
	format   format
	channels int    // of Opus
	number   int    // of sounds, from 0
	language string // of sound, as ingest.Language gives it

	frame   []byte // what came since the last beginning
	whole   int    // its length, 0 if it is not known
	open    bool
	counted bool
	count   byte // of the packet before
	carry   []byte
}

func (e *elementary) same(other *elementary) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.pid == other.pid && e.format == other.format && e.channels == other.channels && e.language == other.language
}

// newElementary reads a track's entry in the table. nil is a track that browsers do not play.
func newElementary(kind byte, pid int, descriptors []byte) *elementary {
	const typeH264, typeH265, typeAAC, typePrivate = 0x1B, 0x24, 0x0F, 0x06
	switch kind {
	case typeH264:
		return &elementary{pid: pid, kind: segment.Video, format: formatH264}
	case typeH265:
		return &elementary{pid: pid, kind: segment.Video, format: formatH265}
	case typeAAC:
		return &elementary{pid: pid, kind: segment.Audio, format: formatADTS, language: language(descriptors)}
	case typePrivate:
		if channels := opusChannels(descriptors); channels > 0 {
			return &elementary{pid: pid, kind: segment.Audio, format: formatOpus, channels: channels, language: language(descriptors)}
		}
	}
	return nil
}

// language finds a track's language among descriptors (ISO 13818-1, 2.6.18): the first, if there are several.
func language(b []byte) string {
	const tag, code = 0x0A, 3
	for len(b) >= 2 {
		kind, size := b[0], int(b[1])
		if b = b[2:]; size > len(b) {
			return ""
		}
		if kind == tag && size >= code {
			return ingest.Language(string(b[:code]))
		}
		b = b[size:]
	}
	return ""
}

// opusChannels finds Opus among descriptors: its registration, and the extension that tells its channels (ETSI TS Opus 0.1.3).
func opusChannels(b []byte) (channels int) {
	const registration, extension, opusExtension = 0x05, 0x7F, 0x80
	registered := false
	for len(b) >= 2 {
		tag, size := b[0], int(b[1])
		if b = b[2:]; size > len(b) {
			return 0
		}
		body := b[:size]
		b = b[size:]
		switch {
		case tag == registration && string(body) == "Opus":
			registered = true
		case tag == extension && size >= 2 && body[0] == opusExtension:
			channels = int(body[1])
		}
	}
	if !registered {
		return 0
	}
	return max(channels, 0)
}
