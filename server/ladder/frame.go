package ladder

import (
	"fmt"
	"math"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"

	"shoal/server/ingest"
)

// videoID is the one track of every pipe.
const videoID = 1

func toTicks(d time.Duration) int64 {
	secs, rest := int64(d/time.Second), int64(d%time.Second)
	return leadTicks + secs*ticks + int64(math.Round(float64(rest)*ticks/float64(time.Second)))
}

func fromTicks(at int64) time.Duration {
	at -= leadTicks
	secs, rest := at/ticks, at%ticks
	return time.Duration(secs)*time.Second + time.Duration(rest*int64(time.Second)/ticks)
}

// head is what the worker reads first. The parameters come from publishers: should they make a library panic, only the rungs
// are lost.
func head(t ingest.Track) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("the parameters of %T cannot be written: %v", t.Codec, p)
		}
	}()
	var buf seekablebuffer.Buffer
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: videoID, TimeScale: ticks, Codec: t.Codec}}}
	if err := init.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("write for the worker: %w", err)
	}
	return buf.Bytes(), nil
}

// frame is one sample as the worker reads it. Its length is a guess: the next one's time tells.
func frame(s ingest.Sample, number uint32) ([]byte, error) {
	at := toTicks(s.DTS)
	offset := min(max(toTicks(s.PTS)-at, math.MinInt32), math.MaxInt32)
	if at < 0 {
		return nil, fmt.Errorf("a sample is decoded at %v, before its run begins", s.DTS)
	}
	part := fmp4.Part{SequenceNumber: number, Tracks: []*fmp4.PartTrack{{
		ID: videoID, BaseTime: uint64(at), Samples: []*fmp4.Sample{{
			Duration: ticks / rateGuess, PTSOffset: int32(offset), IsNonSyncSample: !s.Key, Payload: s.Data,
		}},
	}}}
	var buf seekablebuffer.Buffer
	if err := part.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("write for the worker: %w", err)
	}
	return buf.Bytes(), nil
}
