package pack

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"

	"shoal/segment"
	"shoal/server/ingest"
)

var errNoSamples = errors.New("a part holds no samples of one track")

// ReadPart returns the samples of a part of t that this package wrote, with their times in the epoch.
func ReadPart(t ingest.Track, part []byte) (samples []ingest.Sample, err error) {
	defer func() {
		if p := recover(); p != nil { // bytes from a disk must not end the program
			samples, err = nil, fmt.Errorf("read a part: %v", p)
		}
	}()
	var read fmp4.Parts
	if err := read.Unmarshal(part); err != nil {
		return nil, fmt.Errorf("read a part: %w", err)
	}
	if t.TimeScale == 0 || len(read) != 1 || len(read[0].Tracks) != 1 || len(read[0].Tracks[0].Samples) == 0 {
		return nil, errNoSamples
	}
	at := int64(read[0].Tracks[0].BaseTime)
	for _, s := range read[0].Tracks[0].Samples {
		samples = append(samples, ingest.Sample{
			DTS: fromTicks(at, t.TimeScale), PTS: fromTicks(at+int64(s.PTSOffset), t.TimeScale), Key: !s.IsNonSyncSample, Data: s.Payload,
		})
		at += int64(s.Duration)
	}
	return samples, nil
}

// KeyFrame returns the key frame that a part of t begins with.
func KeyFrame(t ingest.Track, part []byte) ([]byte, error) {
	samples, err := ReadPart(t, part)
	if err != nil {
		return nil, err
	}
	if !samples[0].Key || len(samples[0].Data) == 0 {
		return nil, errors.New("a part does not begin with a key frame")
	}
	return samples[0].Data, nil
}

// WriteInit returns the init segment of a rung that is made of a recording.
func WriteInit(t ingest.Track) ([]byte, error) {
	if t.TimeScale != rungScale {
		return nil, fmt.Errorf("a rung has a time scale of %d, not %d", rungScale, t.TimeScale)
	}
	return marshalInit(t)
}

// WritePart writes a part of a rung that is made of a recording: samples with their times in the epoch, the last of which ends at end.
func WritePart(t ingest.Track, number uint32, samples []ingest.Sample, end time.Duration) ([]byte, error) {
	if len(samples) == 0 || len(samples) > partSamplesMax {
		return nil, fmt.Errorf("a part of %d samples; there are 1 to %d", len(samples), partSamplesMax)
	}
	all := make([]held, len(samples))
	size, next := partOverhead(len(samples)), int64(0)
	for i, s := range samples {
		h := held{at: max(next, toTicks(s.DTS, t.TimeScale)), pts: toTicks(s.PTS, t.TimeScale), key: s.Key, data: s.Data}
		next = h.at + 1
		size += len(s.Data)
		all[i] = h
	}
	if size > segment.PartSizeMax {
		return nil, fmt.Errorf("a part of %d bytes is larger than %d", size, segment.PartSizeMax)
	}
	return marshalPart(t, number, all, max(next, toTicks(end, t.TimeScale)))
}
