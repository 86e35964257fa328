package wire

import (
	"encoding/binary"
	"errors"

	"shoal/manifest"
	"shoal/segment"
)

// ErrMalformed says that bytes are no message: their sender breaks the protocol.
var ErrMalformed = errors.New("wire: malformed message")

const (
	partSize = 17
	// PieceHeaderSize is how many bytes stand before a piece's own in a PIECE message.
	PieceHeaderSize = 1 + partSize + 2
	// MessageMax bounds every message in bytes: a full piece and its header.
	MessageMax = PieceHeaderSize + segment.PieceSizeMax
)

// The bits in HELLO's last byte that say that PROBE is answered, and JOINED understood: whoever knew of neither never looked at that byte.
const (
	echoes = 0x80
	joins  = 0x40
)

func appendPart(b []byte, p segment.Part) []byte {
	b = binary.BigEndian.AppendUint64(b, p.Epoch)
	b = append(b, uint8(p.Track))
	return binary.BigEndian.AppendUint64(b, p.Seq)
}

func readPart(b []byte) segment.Part {
	return segment.Part{Epoch: binary.BigEndian.Uint64(b), Track: segment.Track(b[8]), Seq: binary.BigEndian.Uint64(b[9:])}
}

// AppendPieceHeader appends the header of a PIECE message; the piece's bytes follow it.
func AppendPieceHeader(b []byte, part segment.Part, piece int) []byte {
	return binary.BigEndian.AppendUint16(appendPart(append(b, TypePiece), part), uint16(piece))
}

// ParsePiece splits a PIECE message. The bytes are a part of b.
func ParsePiece(b []byte) (part segment.Part, piece int, data []byte, err error) {
	if len(b) <= PieceHeaderSize || len(b) > MessageMax || b[0] != TypePiece {
		return segment.Part{}, 0, nil, ErrMalformed
	}
	part = readPart(b[1:])
	piece = int(binary.BigEndian.Uint16(b[1+partSize:]))
	if part.Track >= segment.TracksMax || piece >= segment.PiecesMax {
		return segment.Part{}, 0, nil, ErrMalformed
	}
	return part, piece, b[PieceHeaderSize:], nil
}

// Append appends m's binary form.
func Append(b []byte, m Message) []byte {
	switch m := m.(type) {
	case Hello:
		stripes := m.Stripes &^ (echoes | joins)
		if m.Echoes {
			stripes |= echoes
		}
		if m.Joins {
			stripes |= joins
		}
		return append(binary.BigEndian.AppendUint16(append(b, TypeHello), m.Version), stripes)
	case Have:
		return appendPieces(b, TypeHave, m.Part, m.Pieces)
	case Want:
		return appendPieces(b, TypeWant, m.Part, m.Pieces)
	case Cancel:
		return appendPieces(b, TypeCancel, m.Part, m.Pieces)
	case Busy:
		return appendPieces(b, TypeBusy, m.Part, m.Pieces)
	case Manifest:
		return append(append(grow(b, 1+len(m.Record)), TypeManifest), m.Record...)
	case Bye:
		return append(b, TypeBye)
	case Lack:
		return appendPart(append(b, TypeLack), m.Part)
	case State:
		return m.append(append(grow(b, 1+stateSize), TypeState))
	case Sub:
		return appendMasks(append(b, TypeSub), m.Stripes, m.Relays, m.Capacity)
	case SubOK:
		return appendMasks(append(b, TypeSubOK), m.Stripes)
	case SubNo:
		return appendMasks(append(b, TypeSubNo), m.Stripes)
	case Unsub:
		return appendMasks(append(b, TypeUnsub), m.Stripes)
	case Probe:
		return binary.BigEndian.AppendUint32(append(b, TypeProbe), m.Clock)
	case Echo:
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(append(b, TypeEcho), m.Clock), m.Came)
	}
	return b
}

// grow makes room for n more bytes at once.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, len(b)+n), b...)
}

func appendPieces(b []byte, kind byte, part segment.Part, pieces Bitmap) []byte {
	b = grow(b, 1+partSize+1+(pieces.Last()+8)/8)
	return pieces.append(appendPart(append(b, kind), part))
}

// Parse reads one control message, and refuses any that Append would not write. PIECE is for ParsePiece, JOINED for Split.
func Parse(b []byte) (Message, error) {
	if len(b) == 0 || len(b) > MessageMax {
		return nil, ErrMalformed
	}
	body := b[1:]
	switch b[0] {
	case TypeHello:
		if len(body) != 3 {
			return nil, ErrMalformed
		}
		said := body[2]
		return Hello{Version: binary.BigEndian.Uint16(body), Stripes: said &^ (echoes | joins), Echoes: said&echoes != 0, Joins: said&joins != 0}, nil
	case TypeHave, TypeWant, TypeCancel, TypeBusy:
		return parsePieces(b[0], body)
	case TypeManifest:
		if len(body) == 0 || len(body) > manifest.PartSizeMax {
			return nil, ErrMalformed
		}
		return Manifest{Record: body}, nil
	case TypeBye:
		if len(body) != 0 {
			return nil, ErrMalformed
		}
		return Bye{}, nil
	case TypeLack:
		if len(body) != partSize || body[8] >= segment.TracksMax {
			return nil, ErrMalformed
		}
		return Lack{readPart(body)}, nil
	case TypeProbe:
		if len(body) != 4 {
			return nil, ErrMalformed
		}
		return Probe{binary.BigEndian.Uint32(body)}, nil
	case TypeEcho:
		if len(body) != 8 {
			return nil, ErrMalformed
		}
		return Echo{Clock: binary.BigEndian.Uint32(body), Came: binary.BigEndian.Uint32(body[4:])}, nil
	}
	return parseRoute(b[0], body)
}

func parsePieces(kind byte, body []byte) (Message, error) {
	if len(body) <= partSize {
		return nil, ErrMalformed
	}
	part := readPart(body)
	pieces, ok := parseBitmap(body[partSize:])
	if !ok || part.Track >= segment.TracksMax {
		return nil, ErrMalformed
	}
	switch kind {
	case TypeHave:
		return Have{part, pieces}, nil
	case TypeWant:
		return Want{part, pieces}, nil
	case TypeCancel:
		return Cancel{part, pieces}, nil
	}
	return Busy{part, pieces}, nil
}
