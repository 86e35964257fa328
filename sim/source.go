package sim

import (
	"encoding/binary"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/span"
)

const (
	// bornWallMS is the wall clock at time 0.
	bornWallMS = 1_700_000_000_000
	// epoch is the broadcast's only one.
	epoch = 1
	// segmentFor is how far key frames are apart.
	segmentFor = 2 * span.Second
)

var channel = id.Channel{1}

// source makes the broadcast: parts whose sizes vary as an encoder's do, and their records. Nothing is signed or hashed
// for real: bodies answer checks from what they know of each piece.
type source struct {
	parts []made
}

// made is a part that was published.
type made struct {
	manifest *manifest.Part
	record   []byte
	at       span.Span
}

func (m *made) name() segment.Part { return m.manifest.Name() }

// bytes returns the size of pieces from to to-1.
func (m *made) bytes(from, to int) (size int) {
	for i := from; i < to; i++ {
		size += m.manifest.PieceLength(i)
	}
	return size
}

// part returns a part that was published.
func (s *source) part(seq int32) *made { return &s.parts[seq] }

func certificate() []byte {
	c := manifest.Certificate{Channel: channel, Epoch: epoch, NotBeforeMS: bornWallMS - 1000, NotAfterMS: bornWallMS + manifest.LifetimeMaxMS - 1000}
	return c.Append(nil)
}

// digest numbers a record: enough to tell records apart.
func digest(n uint64) (d id.Digest) {
	binary.BigEndian.PutUint64(d[:], n+1)
	return d
}

// digestOf returns the digest of a record that someone passed on.
func digestOf(record []byte) id.Digest {
	if len(record) == manifest.CertificateSize {
		return id.Digest{0xff}
	}
	if p, err := manifest.ParsePart(record); err == nil {
		return digest(p.Seq)
	}
	return id.Digest{0xfe}
}

// publish makes the next part, and has viewers hear of it.
func (n *Internet) publish() {
	seq := len(n.source.parts)
	n.measure.published(n.make(n.now - n.Part))
	for _, v := range n.present {
		n.announce(v, int32(seq))
	}
	n.after(n.Part, event{kind: publish})
}

// make makes the next part, of what was taken at a time, and returns its size in bytes.
func (n *Internet) make(taken span.Span) int {
	seq := len(n.source.parts)
	perSegment := n.perSegment()
	weight := 1.0
	if perSegment > 1 {
		weight = (float64(perSegment) - n.Key) / float64(perSegment-1)
		if seq%perSegment == 0 {
			weight = n.Key
		}
	}
	size := int(n.Rate * float64(n.Part) / float64(span.Second) * weight * n.chance.between(1-n.Uneven, 1+n.Uneven))
	pieces := segment.PieceSize(size)
	m := &manifest.Part{
		Channel: channel, Epoch: epoch, Seq: uint64(seq), MSN: uint64(epoch<<20 + seq/perSegment), Index: uint16(seq % perSegment),
		Independent: seq%perSegment == 0, Init: digest(0),
		WallMS: uint64(bornWallMS + int64(taken/span.Millisecond)), StartUS: uint64(seq) * uint64(n.Part/span.Microsecond),
		DurationUS: uint32(n.Part / span.Microsecond), Length: uint32(size), PieceSize: uint32(pieces),
		Hashes: make([]id.Digest, segment.Pieces(size, pieces)),
	}
	if seq > 0 {
		m.Prev = digest(uint64(seq - 1))
	}
	n.source.parts = append(n.source.parts, made{m, m.Append(nil), n.now})
	return size
}

// perSegment returns how many parts there are from one key frame to the next.
func (n *Internet) perSegment() int { return max(1, int(segmentFor/n.Part)) }
