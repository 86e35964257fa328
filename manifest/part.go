package manifest

import (
	"encoding/binary"

	"shoal/id"
	"shoal/segment"
)

const (
	partFixed = 169 // bytes before the hashes

	flagIndependent   = 1 << 0
	flagDiscontinuity = 1 << 1
	flagEnd           = 1 << 2
	flagEncrypted     = 1 << 3
	flagsKnown        = flagIndependent | flagDiscontinuity | flagEnd | flagEncrypted

	// DurationMaxUS bounds a part's duration: 10 s, far above any real part.
	DurationMaxUS = 10_000_000
)

// PartSizeMax is the longest part record in bytes.
const PartSizeMax = partFixed + 32*segment.PiecesMax + SignatureSize

// Part vouches for one part: where it stands, and the hash of each of its pieces. End marks a track's last record,
// which has no media.
type Part struct {
	Channel       id.Channel
	Epoch         uint64
	Track         segment.Track
	Independent   bool
	Discontinuity bool
	End           bool
	Encrypted     bool
	KeyID         uint16
	MSN           uint64
	Index         uint16
	Seq           uint64
	Prev          id.Digest
	Init          id.Digest
	WallMS        uint64
	StartUS       uint64
	DurationUS    uint32
	Length        uint32
	PieceSize     uint32
	Hashes        []id.Digest
	Signature     [SignatureSize]byte
}

// Name returns which part the record vouches for.
func (p *Part) Name() segment.Part {
	return segment.Part{Epoch: p.Epoch, Track: p.Track, Seq: p.Seq}
}

// PieceLength returns the length in bytes of piece i.
func (p *Part) PieceLength(i int) int {
	return min(int(p.PieceSize), int(p.Length)-i*int(p.PieceSize))
}

func (p *Part) flags() (f uint8) {
	if p.Independent {
		f |= flagIndependent
	}
	if p.Discontinuity {
		f |= flagDiscontinuity
	}
	if p.End {
		f |= flagEnd
	}
	if p.Encrypted {
		f |= flagEncrypted
	}
	return f
}

// AppendUnsigned appends what the signature covers.
func (p *Part) AppendUnsigned(b []byte) []byte {
	b = append(b, partTag[:]...)
	b = append(b, p.Channel[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Epoch)
	b = append(b, uint8(p.Track), p.flags())
	b = binary.BigEndian.AppendUint16(b, p.KeyID)
	b = binary.BigEndian.AppendUint64(b, p.MSN)
	b = binary.BigEndian.AppendUint16(b, p.Index)
	b = binary.BigEndian.AppendUint64(b, p.Seq)
	b = append(b, p.Prev[:]...)
	b = append(b, p.Init[:]...)
	b = binary.BigEndian.AppendUint64(b, p.WallMS)
	b = binary.BigEndian.AppendUint64(b, p.StartUS)
	b = binary.BigEndian.AppendUint32(b, p.DurationUS)
	b = binary.BigEndian.AppendUint32(b, p.Length)
	b = append(b, byte(p.PieceSize>>16), byte(p.PieceSize>>8), byte(p.PieceSize))
	for i := range p.Hashes {
		b = append(b, p.Hashes[i][:]...)
	}
	return b
}

// Append appends the whole record.
func (p *Part) Append(b []byte) []byte {
	return append(p.AppendUnsigned(b), p.Signature[:]...)
}

// ParsePart reads a whole record, and refuses any that Append would not write or whose fields contradict each other.
// It does not check the signature.
func ParsePart(b []byte) (*Part, error) {
	if len(b) < partFixed+SignatureSize || len(b) > PartSizeMax {
		return nil, malformed("part record length")
	}
	r := reader{b}
	if tag(r.take(tagSize)) != partTag {
		return nil, malformed("part record tag")
	}
	p := &Part{Channel: id.Channel(r.take(32)), Epoch: r.u64(), Track: segment.Track(r.u8())}
	flags := r.u8()
	p.Independent = flags&flagIndependent != 0
	p.Discontinuity = flags&flagDiscontinuity != 0
	p.End = flags&flagEnd != 0
	p.Encrypted = flags&flagEncrypted != 0
	p.KeyID = r.u16()
	p.MSN, p.Index, p.Seq = r.u64(), r.u16(), r.u64()
	p.Prev, p.Init = id.Digest(r.take(32)), id.Digest(r.take(32))
	p.WallMS, p.StartUS, p.DurationUS = r.u64(), r.u64(), r.u32()
	p.Length, p.PieceSize = r.u32(), r.u24()
	if err := p.check(flags); err != nil {
		return nil, err
	}
	n := 0
	if !p.End {
		n = segment.Pieces(int(p.Length), int(p.PieceSize))
	}
	if len(r.b) != 32*n+SignatureSize {
		return nil, malformed("number of piece hashes")
	}
	p.Hashes = make([]id.Digest, n)
	for i := range p.Hashes {
		p.Hashes[i] = id.Digest(r.take(32))
	}
	p.Signature = [SignatureSize]byte(r.take(SignatureSize))
	return p, nil
}

// check applies the rules between the fields before the hashes.
func (p *Part) check(flags uint8) error {
	switch {
	case flags&^uint8(flagsKnown) != 0:
		return malformed("unknown flag")
	case p.Track >= segment.TracksMax:
		return malformed("track number")
	case p.Encrypted != (p.KeyID != 0):
		return malformed("key id without encryption, or the reverse")
	case (p.Seq == 0) != p.Prev.IsZero():
		return malformed("prev")
	case p.End:
		if flags != flagEnd || p.Length != 0 || p.PieceSize != 0 || p.DurationUS != 0 || !p.Init.IsZero() {
			return malformed("end record with media")
		}
		return nil
	case p.DurationUS == 0 || p.DurationUS > DurationMaxUS:
		return malformed("duration")
	case p.Length == 0 || p.Length > segment.PartSizeMax:
		return malformed("length")
	case p.PieceSize < segment.PieceSizeMin || p.PieceSize > segment.PieceSizeMax || p.PieceSize%segment.PieceSizeStep != 0:
		return malformed("piece size")
	case segment.Pieces(int(p.Length), int(p.PieceSize)) > segment.PiecesMax:
		return malformed("number of pieces")
	case p.Init.IsZero():
		return malformed("no init segment")
	}
	return nil
}
