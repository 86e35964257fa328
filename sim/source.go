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

// made is a part that was published. Its number counts parts over all renditions: those of one time stand side by side.
type made struct {
	number   int32
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
func (s *source) part(number int32) *made { return &s.parts[number] }

// number returns a part's number.
func (n *Internet) number(p segment.Part) int32 {
	return int32(p.Seq)*int32(len(n.Ladder)) + int32(p.Track)
}

// seq returns the seq of a part by its number.
func (n *Internet) seq(number int32) int32 { return number / int32(len(n.Ladder)) }

// published returns how many parts of each rendition there are.
func (n *Internet) published() int32 { return n.seq(int32(len(n.source.parts))) }

func certificate() []byte {
	c := manifest.Certificate{Channel: channel, Epoch: epoch, NotBeforeMS: bornWallMS - 1000, NotAfterMS: bornWallMS + manifest.LifetimeMaxMS - 1000}
	return c.Append(nil)
}

// digest numbers a part's record: enough to tell records apart.
func digest(p segment.Part) (d id.Digest) {
	binary.BigEndian.PutUint64(d[:], p.Seq+1)
	d[8] = uint8(p.Track)
	return d
}

// digestOf returns the digest of a record that someone passed on.
func digestOf(record []byte) id.Digest {
	if len(record) == manifest.CertificateSize {
		return id.Digest{0xff}
	}
	if p, err := manifest.ParsePart(record); err == nil {
		return digest(p.Name())
	}
	return id.Digest{0xfe}
}

// publish makes the next part of each rendition, and has viewers hear of it.
func (n *Internet) publish() {
	first := int32(len(n.source.parts))
	for rung := range n.Ladder {
		track := segment.Track(rung)
		n.measure.published(track, n.encode(segment.Part{Epoch: epoch, Seq: uint64(n.seq(first)), Track: track}, n.now-n.Part))
	}
	for _, v := range n.present {
		n.announce(v, first)
	}
	n.after(n.Part, event{kind: publish})
}

// encode makes one part, of what was taken at a time, and returns its size in bytes.
func (n *Internet) encode(name segment.Part, taken span.Span) int {
	seq, perSegment := int(name.Seq), n.perSegment()
	weight := 1.0
	if perSegment > 1 {
		weight = (float64(perSegment) - n.Key) / float64(perSegment-1)
		if seq%perSegment == 0 {
			weight = n.Key
		}
	}
	rate := n.Rate * n.Ladder[name.Track]
	size := int(rate * float64(n.Part) / float64(span.Second) * weight * n.chance.between(1-n.Uneven, 1+n.Uneven))
	pieces := segment.PieceSize(size)
	m := &manifest.Part{
		Channel: channel, Epoch: epoch, Track: name.Track, Seq: name.Seq, MSN: uint64(epoch<<20 + seq/perSegment), Index: uint16(seq % perSegment),
		Independent: seq%perSegment == 0, Init: digest(segment.Part{}),
		WallMS: uint64(bornWallMS + int64(taken/span.Millisecond)), StartUS: uint64(seq) * uint64(n.Part/span.Microsecond),
		DurationUS: uint32(n.Part / span.Microsecond), Length: uint32(size), PieceSize: uint32(pieces),
		Hashes: make([]id.Digest, segment.Pieces(size, pieces)),
	}
	if seq > 0 {
		m.Prev = digest(segment.Part{Seq: name.Seq - 1, Track: name.Track})
	}
	n.source.parts = append(n.source.parts, made{int32(len(n.source.parts)), m, m.Append(nil), n.now})
	return size
}

// perSegment returns how many parts there are from one key frame to the next.
func (n *Internet) perSegment() int { return max(1, int(segmentFor/n.Part)) }
