package segment

import "cmp"

// Kind says what a track carries.
type Kind uint8

// The kinds of track.
const (
	Video Kind = 1
	Audio Kind = 2
)

// String returns "video" or "audio".
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	}
	return "unknown"
}

// Track numbers a track within a broadcast, in the order of its publication: 0 is the first.
type Track uint8

// TracksMax bounds the tracks of one broadcast.
const TracksMax = 8

// Tracks is a set of tracks: bit t is track t.
type Tracks uint8

// AllTracks holds every track that a broadcast can have.
const AllTracks Tracks = 1<<TracksMax - 1

// Has reports whether t is in the set.
func (s Tracks) Has(t Track) bool { return s>>t&1 != 0 }

// Covers reports whether all of o is in the set.
func (s Tracks) Covers(o Tracks) bool { return o&^s == 0 }

// Part names one part of one track. Seq counts a track's parts from 0 within an epoch, without gaps.
type Part struct {
	Epoch uint64
	Seq   uint64
	Track Track
}

// Compare orders parts by epoch, then track, then seq.
func (p Part) Compare(q Part) int {
	return cmp.Or(cmp.Compare(p.Epoch, q.Epoch), cmp.Compare(p.Track, q.Track), cmp.Compare(p.Seq, q.Seq))
}

// Limits on a part and its pieces.
const (
	// PieceSizeMin keeps the share of hashes and headers of small parts near 1 %.
	PieceSizeMin = 4 << 10
	// PieceSizeMax keeps a piece one data-channel message that every WebRTC stack takes.
	PieceSizeMax = 16 << 10
	// PieceSizeStep is what every piece size is a multiple of.
	PieceSizeStep = 1 << 10
	// PiecesMax bounds the pieces of a part, and so the size of its manifest (about 8 KiB).
	PiecesMax = 256
	// PartSizeMax bounds a part's bytes.
	PartSizeMax = PiecesMax * PieceSizeMax
	// Stripes is the number of routes that the pieces of a part are spread over.
	Stripes = 16
)

// PieceSize returns the piece size in bytes for a part of length bytes: the smallest multiple of
// PieceSizeStep that yields at most Stripes pieces, within PieceSizeMin and PieceSizeMax.
func PieceSize(length int) int {
	size := (length + Stripes - 1) / Stripes
	size = (size + PieceSizeStep - 1) / PieceSizeStep * PieceSizeStep
	return min(max(size, PieceSizeMin), PieceSizeMax)
}

// Pieces returns how many pieces of size bytes a part of length bytes has.
func Pieces(length, size int) int { return (length + size - 1) / size }

// Stripe returns the stripe, in [0, Stripes), that piece index of a part with count pieces travels on. The pieces of
// one stripe are neighbours, and so are those of neighbouring stripes: a seed's stripes form one byte range.
func Stripe(index, count int) int {
	return index * Stripes / count
}
