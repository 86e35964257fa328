package pack

import (
	"time"

	"shoal/segment"
)

// Part is one finished part of one track: a whole moof+mdat.
type Part struct {
	Track         segment.Track
	MSN           uint64        // media sequence number of its segment, shared by all tracks; a silent track skips some
	Index         int           // position in its segment, from 0
	Independent   bool          // starts with a key frame (audio: always)
	Discontinuity bool          // timestamps or parameters do not follow from the part before
	Last          bool          // known to be its segment's last; if not set, a part of a later segment tells
	Target        time.Duration // the track's part target: fixed when its first part is cut
	Start         time.Duration // decode time of the first sample in the epoch
	Duration      time.Duration
	Wall          time.Time // wall-clock time of the sample that is presented first
	Init          []byte    // the init segment (ftyp+moov) that it needs; the same slice while unchanged
	Data          []byte
}
