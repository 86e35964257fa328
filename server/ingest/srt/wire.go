package srt

import (
	"encoding/binary"
	"errors"
)

// Sizes and numbers of the protocol (draft-sharabayko-srt-01, section 3).
const (
	headerSize    = 16
	handshakeSize = 48
	datagramMax   = 1500
	seqBits       = 31
	seqMask       = 1<<seqBits - 1

	typeHandshake = 0
	typeKeepAlive = 1
	typeAck       = 2
	typeNak       = 3
	typeShutdown  = 5
	typeAckAck    = 6
	typeUser      = 0x7FFF

	subKeyRequest  = 3
	subKeyResponse = 4
)

// header is the beginning of each packet.
type header struct {
	control bool
	typ     uint16 // of a control packet
	sub     uint16
	info    uint32
	seq     uint32 // of a data packet
	key     byte   // which key it is encrypted with: 0 none, 1 even, 2 odd
	to      uint32 // socket id
}

// parseHeader takes a datagram apart.
func parseHeader(b []byte) (h header, body []byte, ok bool) {
	if len(b) < headerSize || len(b) > datagramMax {
		return header{}, nil, false
	}
	first, second := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	h.to = binary.BigEndian.Uint32(b[12:])
	if first>>31 == 1 {
		h.control, h.typ, h.sub, h.info = true, uint16(first>>16&0x7FFF), uint16(first), second
	} else {
		h.seq, h.key = first, byte(second>>27&3)
	}
	return h, b[headerSize:], true
}

// controlPacket writes one.
func controlPacket(typ, sub uint16, info, stamp, to uint32, body []byte) []byte {
	b := make([]byte, headerSize, headerSize+len(body))
	binary.BigEndian.PutUint32(b, 1<<31|uint32(typ)<<16|uint32(sub))
	binary.BigEndian.PutUint32(b[4:], info)
	binary.BigEndian.PutUint32(b[8:], stamp)
	binary.BigEndian.PutUint32(b[12:], to)
	return append(b, body...)
}

// ahead is how far b lies after a on the circle of sequence numbers; negative if before.
func ahead(a, b uint32) int {
	const sign = 32 - seqBits
	return int(int32((b-a)<<sign) >> sign)
}

func next(seq uint32, by int) uint32 { return (seq + uint32(by)) & seqMask }

// Kinds of handshake.
const (
	kindInduction  = 1
	kindConclusion = 0xFFFFFFFF
)

// Why a caller is refused: draft, table 7, and libsrt's access_control.h.
const (
	rejectRogue        = 1004
	rejectVersion      = 1008
	rejectBadSecret    = 1010
	rejectUnsecure     = 1011
	rejectMessage      = 1012
	rejectCongestion   = 1013
	rejectFilter       = 1014
	rejectGroup        = 1015
	rejectBadRequest   = 1400
	rejectUnauthorized = 1401
	rejectOverload     = 1402
	rejectBadMode      = 1405
	rejectConflict     = 1407
)

// Extensions of a handshake.
const (
	extHandshake   = 1
	extHandshakeRe = 2
	extKey         = 3
	extKeyRe       = 4
	extStreamID    = 5
	extCongestion  = 6
	extFilter      = 7
	extGroup       = 8

	fieldHandshake = 1 // what the extension field says is there
	fieldKey       = 2

	streamIDMax = 512
	keyMax      = 128 // bytes of key material: 16 and salt, two keys of 32, and their check
)

// Flags of a handshake extension.
const (
	flagStream = 1 << 6
	flagsOurs  = 0x3F // both times, encryption, late drop, repeated loss reports, mark of what is sent again
)

// handshake is what a caller says.
type handshake struct {
	version, mtu, window uint32
	isn                  uint32
	kind                 uint32
	socket, cookie       uint32
	peerIP               [16]byte

	extended  bool
	libVer    uint32
	flags     uint32
	sendDelay uint32 // milliseconds: the least latency it wants of the receiver
	key       []byte // its key material
	streamID  string
	control   string // congestion control
	filter    bool
	group     bool
}

var errForm = errors.New("its handshake is not valid")

// parseHandshake reads a handshake's body. Each extension may come once.
func parseHandshake(b []byte) (h handshake, err error) {
	if len(b) < handshakeSize {
		return h, errForm
	}
	word := func(n int) uint32 { return binary.BigEndian.Uint32(b[n:]) }
	h.version, h.isn, h.mtu, h.window = word(0), word(8)&seqMask, word(12), word(16)
	h.kind, h.socket, h.cookie = word(20), word(24), word(28)
	copy(h.peerIP[:], b[32:])
	if h.kind != kindConclusion || h.version < 5 {
		return h, nil
	}
	seen := map[uint16]bool{}
	for b = b[handshakeSize:]; len(b) > 0; {
		if len(b) < 4 {
			return h, errForm
		}
		kind, size := binary.BigEndian.Uint16(b), 4*int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; size > len(b) || seen[kind] {
			return h, errForm
		}
		seen[kind] = true
		if err := h.extension(kind, b[:size]); err != nil {
			return h, err
		}
		b = b[size:]
	}
	return h, nil
}

// extension reads one.
func (h *handshake) extension(kind uint16, b []byte) (err error) {
	switch kind {
	case extHandshake:
		if len(b) != 12 {
			return errForm
		}
		h.extended, h.libVer, h.flags = true, binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		h.sendDelay = uint32(binary.BigEndian.Uint16(b[10:]))
	case extKey:
		if len(b) > keyMax || len(b) == 0 {
			return errForm
		}
		h.key = append([]byte(nil), b...)
	case extStreamID:
		h.streamID, err = words(b, streamIDMax)
	case extCongestion:
		h.control, err = words(b, 16)
	case extFilter:
		h.filter = true
	case extGroup:
		h.group = true
	}
	return err
}

// words reads a text that is sent as little-endian words, filled up with zeros.
func words(b []byte, most int) (string, error) {
	if len(b) > most || len(b)%4 != 0 {
		return "", errForm
	}
	text := make([]byte, 0, len(b))
	for i := 0; i < len(b); i += 4 {
		text = append(text, b[i+3], b[i+2], b[i+1], b[i])
	}
	for len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	return string(text), nil
}

// answer writes the fixed part of an answer.
func (h *handshake) answer(version uint32, encryption, extension uint16, kind, socket, cookie uint32) []byte {
	b := make([]byte, handshakeSize, handshakeSize+64+len(h.key))
	binary.BigEndian.PutUint32(b, version)
	binary.BigEndian.PutUint16(b[4:], encryption)
	binary.BigEndian.PutUint16(b[6:], extension)
	binary.BigEndian.PutUint32(b[8:], h.isn)
	binary.BigEndian.PutUint32(b[12:], min(h.mtu, datagramMax))
	binary.BigEndian.PutUint32(b[16:], windowMax)
	binary.BigEndian.PutUint32(b[20:], kind)
	binary.BigEndian.PutUint32(b[24:], socket)
	binary.BigEndian.PutUint32(b[28:], cookie)
	copy(b[32:], h.peerIP[:])
	return b
}

// induction answers the first handshake: it is as long as the question and leaves nothing here.
func (h *handshake) induction(cookie uint32) []byte {
	const magic = 0x4A17
	return h.answer(5, 0, magic, kindInduction, h.socket, cookie)
}

// refusal answers the second one with a reason.
func (h *handshake) refusal(reason uint32) []byte { return h.answer(5, 0, 0, reason, h.socket, 0) }

// conclusion answers the second one: socket is ours, latency in milliseconds.
func (h *handshake) conclusion(socket, latency uint32) []byte {
	const ourVersion = 0x010401
	encryption, fields := uint16(0), uint16(fieldHandshake)
	if h.key != nil {
		encryption, fields = uint16(keyLength(h.key)/8), fields|fieldKey
	}
	b := h.answer(5, encryption, fields, kindConclusion, socket, 0)
	b = binary.BigEndian.AppendUint16(b, extHandshakeRe)
	b = binary.BigEndian.AppendUint16(b, 3)
	b = binary.BigEndian.AppendUint32(b, ourVersion)
	b = binary.BigEndian.AppendUint32(b, flagsOurs)
	b = binary.BigEndian.AppendUint32(b, latency<<16|latency)
	if h.key != nil {
		b = binary.BigEndian.AppendUint16(b, extKeyRe)
		b = binary.BigEndian.AppendUint16(b, uint16(len(h.key)/4))
		b = append(b, h.key...)
	}
	return b
}
