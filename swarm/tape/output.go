package tape

import (
	"encoding/binary"

	"shoal/segment"
	"shoal/swarm"
)

// The kinds of output.
const (
	kindDial = iota + 1
	kindHangUp
	kindSay
	kindSend
	kindFetch
	kindCheckPiece
	kindForget
	kindCheckSignature
	kindOpen
	kindPlay
	kindDecline
	kindEvict
	kindNote
	kindAble
	kindRecords
	kindFetchRecord
	kindPosition
)

// The flags of an Open.
const (
	flagIndependent   = 1
	flagDiscontinuity = 2
)

func appendPiece(b []byte, part segment.Part, piece int) []byte {
	return binary.BigEndian.AppendUint16(appendPart(b, part), uint16(piece))
}

// AppendOutput appends the record of out.
func AppendOutput(b []byte, out swarm.Output) []byte {
	switch out := out.(type) {
	case swarm.Dial:
		return appendPeer(append(b, kindDial), out.Peer)
	case swarm.HangUp:
		return append(appendPeer(append(b, kindHangUp), out.Peer), uint8(out.Why))
	case swarm.Say:
		return appendBytes(appendPeer(append(b, kindSay), out.Peer), out.Data)
	case swarm.Send:
		return appendPiece(appendPeer(append(b, kindSend), out.Peer), out.Part, out.Piece)
	case swarm.Fetch:
		b = appendPart(binary.BigEndian.AppendUint32(append(b, kindFetch), out.Ref), out.Part)
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(out.From)), uint16(out.To))
		return binary.BigEndian.AppendUint32(b, uint32(out.Within))
	case swarm.CheckPiece:
		b = appendPeer(appendPiece(append(b, kindCheckPiece), out.Part, out.Piece), out.From)
		return append(b, out.Hash[:]...)
	case swarm.Forget:
		return appendPeer(appendPiece(append(b, kindForget), out.Part, out.Piece), out.From)
	case swarm.CheckSignature:
		b = binary.BigEndian.AppendUint32(append(b, kindCheckSignature), out.Ref)
		b = append(append(b, out.Key[:]...), out.Signature[:]...)
		return appendBytes(b, out.Message)
	case swarm.Open:
		return appendOpen(append(b, kindOpen), out)
	case swarm.Play:
		return appendPart(append(b, kindPlay), out.Part)
	case swarm.Decline:
		return appendPart(append(b, kindDecline), out.Part)
	case swarm.Evict:
		return appendPart(append(b, kindEvict), out.Part)
	case swarm.Able:
		return binary.BigEndian.AppendUint16(append(b, kindAble), uint16(min(out.Slots, 1<<16-1)))
	case swarm.Records:
		return appendBool(append(b, kindRecords), out.On)
	case swarm.FetchRecord:
		b = appendPart(binary.BigEndian.AppendUint32(append(b, kindFetchRecord), out.Ref), out.Part)
		return binary.BigEndian.AppendUint32(b, uint32(out.Within))
	case swarm.Position:
		return binary.BigEndian.AppendUint64(append(b, kindPosition), uint64(out.WallMS))
	case swarm.Note:
		return appendPart(appendPeer(append(b, kindNote, uint8(out.What)), out.Peer), out.Part)
	}
	return b
}

func appendOpen(b []byte, out swarm.Open) []byte {
	b = binary.BigEndian.AppendUint64(appendPart(b, out.Part), out.MSN)
	b = binary.BigEndian.AppendUint16(b, uint16(out.Index))
	b = binary.BigEndian.AppendUint32(b, uint32(out.Length))
	b = binary.BigEndian.AppendUint32(b, uint32(out.PieceSize))
	b = binary.BigEndian.AppendUint32(b, out.DurationUS)
	b = binary.BigEndian.AppendUint64(b, uint64(out.WallMS))
	b = append(b, out.Init[:]...)
	flags := byte(0)
	if out.Independent {
		flags |= flagIndependent
	}
	if out.Discontinuity {
		flags |= flagDiscontinuity
	}
	return append(b, flags)
}
