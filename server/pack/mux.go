package pack

import (
	"bytes"
	"fmt"
	"math"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"

	"shoal/segment"
	"shoal/server/ingest"
)

// Track IDs inside the MP4: equal for all renditions of a kind, so that a player may switch between them.
const (
	videoID = 1
	audioID = 2
)

func trackID(k segment.Kind) int {
	if k == segment.Audio {
		return audioID
	}
	return videoID
}

// partOverhead is the most that the boxes around n samples take: moof, mfhd, traf, tfhd, tfdt, trun and mdat.
func partOverhead(n int) int { return 8 + 16 + 8 + 16 + 20 + 20 + 16*n + 8 }

// marshalInit writes ftyp and moov. Parameter sets come from publishers: should they make a library panic, only that
// publication ends.
func marshalInit(t ingest.Track) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("the parameters of %T cannot be read: %v", t.Codec, p)
		}
	}()
	if codecName(t.Codec) == "" {
		return nil, fmt.Errorf("codec %T cannot be played by browsers or its parameters are wrong: send H.264 and AAC", t.Codec)
	}
	var buf seekablebuffer.Buffer
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: trackID(t.Kind), TimeScale: t.TimeScale, Codec: t.Codec}}}
	if err := init.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("write the init segment: %w", err)
	}
	return branded(buf.Bytes()), setLanguage(buf.Bytes(), 0, t.Language)
}

// branded says that an init segment is compatible with iso6, as RFC 8216bis (3.1.2) asks for: the library says isom, and writes what
// iso6 is.
func branded(init []byte) []byte {
	const ftyp = 64 // bytes that the box has at most
	if at := bytes.Index(init[:min(ftyp, len(init))], []byte("isom")); at >= 0 {
		copy(init[at:], "iso6")
	}
	return init
}

// marshalPart writes moof and mdat. The last sample ends at end.
func marshalPart(t ingest.Track, number uint32, samples []held, end int64) ([]byte, error) {
	out := make([]*fmp4.Sample, len(samples))
	for i, h := range samples {
		until := end
		if i+1 < len(samples) {
			until = samples[i+1].at
		}
		offset := min(max(h.pts-h.at, math.MinInt32), math.MaxInt32)
		out[i] = &fmp4.Sample{
			Duration:        uint32(until - h.at),
			PTSOffset:       int32(offset),
			IsNonSyncSample: t.Kind == segment.Video && !h.key,
			Payload:         h.data,
		}
	}
	part := fmp4.Part{
		SequenceNumber: number,
		Tracks:         []*fmp4.PartTrack{{ID: trackID(t.Kind), BaseTime: uint64(samples[0].at), Samples: out}},
	}
	var buf seekablebuffer.Buffer
	if err := part.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("write a part: %w", err)
	}
	return buf.Bytes(), nil
}
