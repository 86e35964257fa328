package ingest

import (
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
)

// Track describes one elementary stream of a publication. Its number is its index in the slice given to Sink.Tracks.
type Track struct {
	Kind      segment.Kind
	Codec     codecs.Codec // carries the parameter sets (SPS, AudioSpecificConfig, ...)
	TimeScale uint32       // ticks per second of the track's samples in CMAF: 90000 for video, the sample rate for audio
	Language  string       // of sound, as Language gives it; "" if the publisher does not say
	Rung      int          // 0, or the number of a picture that shows what the first one shows: the publisher's own rung, from 1 to RungsMax
}

// SoundsMax bounds the sounds of one publication: of eight tracks they leave three for rungs beside the picture.
const SoundsMax = 4

// RungsMax bounds the pictures of one publication beside the first.
const RungsMax = 4

// Sample is one access unit, ready for an MP4 sample: length-prefixed NAL units for H.264/H.265, raw frames otherwise.
type Sample struct {
	Track int
	DTS   time.Duration // decode time on the run's clock, whose zero is near its first sample; grows within a track
	PTS   time.Duration // presentation time; may be after DTS of a later sample (B-frames)
	Key   bool          // decodable without any sample before it
	Data  []byte        // owned by the receiver
}

// Sink takes one publication as one or more runs. Tracks starts a run: once before the first Sample, and again
// wherever parameters change or timestamps do not follow from those before (a jump). The clock starts anew with each
// run, and the kinds of the tracks stay what they were in the first. A publisher's own rungs come last; their times are on the clock of the
// first picture.
// An error ends the publication; its text is for the operator's log.
type Sink interface {
	Tracks([]Track) error
	Sample(Sample) error
}
