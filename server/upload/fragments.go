package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/boxes"
	"shoal/server/ingest"
)

// fragmentMax bounds a box of what ffmpeg writes: it ends a fragment at fragmentBytes, with the sample that is beyond it, and no
// sample may be larger than a part.
const (
	fragmentBytes = segment.PartSizeMax
	fragmentMax   = 2*fragmentBytes + 1<<20
)

// errFragment says that ffmpeg wrote what this program does not take.
var errFragment = errors.New("ffmpeg wrote what cannot be packaged")

// taker hears what ffmpeg writes.
type taker interface {
	tracks([]ingest.Track) error
	sample(ingest.Sample) error
}

// readFragments reads fragmented MP4 until r ends. What ffmpeg writes may be what a stranger's file made it write: nothing of it is
// trusted.
func readFragments(r io.Reader, to taker) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errFragment, p)
		}
	}()
	var head, moof []byte
	var numbers map[int]int // of tracks, by their ids
	var tracks []ingest.Track
	first := true
	for {
		kind, box, err := boxes.Next(r, fragmentMax)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errFragment, err)
		}
		switch kind {
		case "ftyp":
			head = box
		case "moov":
			if tracks != nil {
				return fmt.Errorf("%w: two descriptions", errFragment)
			}
			if tracks, numbers, err = parseTracks(append(head, box...)); err != nil {
				return err
			}
			if err := to.tracks(tracks); err != nil {
				return err
			}
		case "moof":
			moof = box
		case "mdat":
			if tracks == nil || moof == nil {
				return fmt.Errorf("%w: a sample before its description", errFragment)
			}
			if err := takeSamples(moof, box, tracks, numbers, first, to); err != nil {
				return err
			}
			moof, first = nil, false
		}
	}
}

// parseTracks reads the description. The picture comes first.
func parseTracks(b []byte) (tracks []ingest.Track, numbers map[int]int, err error) {
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(b)); err != nil {
		return nil, nil, fmt.Errorf("%w: its description: %w", errFragment, err)
	}
	numbers = make(map[int]int)
	for _, t := range init.Tracks {
		track := ingest.Track{Codec: t.Codec, TimeScale: t.TimeScale, Kind: segment.Video}
		if !t.Codec.IsVideo() {
			track.Kind = segment.Audio
		}
		if _, twice := numbers[t.ID]; twice || t.TimeScale == 0 {
			return nil, nil, fmt.Errorf("%w: its description", errFragment)
		}
		numbers[t.ID] = len(tracks)
		tracks = append(tracks, track)
	}
	if len(tracks) == 0 || len(tracks) > 2 || tracks[0].Kind != segment.Video || len(tracks) == 2 && tracks[1].Kind != segment.Audio {
		return nil, nil, fmt.Errorf("%w: not one picture and at most one sound", errFragment)
	}
	if _, ok := tracks[0].Codec.(*codecs.H264); ok && !oneParameterSet(b) {
		return nil, nil, fmt.Errorf("%w: several parameter sets", errFragment)
	}
	return tracks, numbers, nil
}

// oneParameterSet reports whether an avcC box (ISO 14496-15) holds one SPS and one PPS: what is packaged describes no more.
func oneParameterSet(b []byte) bool {
	_, box, found := bytes.Cut(b, []byte("avcC"))
	const counts, lengths = 5, 6 // where the count of SPS stands, and the first one's length
	if !found || len(box) < lengths+2 || box[counts]&0x1f != 1 {
		return false
	}
	behind := lengths + 2 + int(binary.BigEndian.Uint16(box[lengths:]))
	return len(box) > behind && box[behind] == 1
}

// pictureLate is how much later than the sound a picture may come without being shown from the beginning, in parts of a second.
const pictureLate = 2

// takeSamples hands on the samples of a fragment. first says that it is the file's first.
func takeSamples(moof, mdat []byte, tracks []ingest.Track, numbers map[int]int, first bool, to taker) error {
	runs, err := boxes.Fragment(moof, mdat)
	if err != nil {
		return fmt.Errorf("%w: %w", errFragment, err)
	}
	for _, r := range runs {
		n, known := numbers[int(r.ID)]
		if !known {
			return fmt.Errorf("%w: a sample of no track", errFragment)
		}
		if first && tracks[n].Kind == segment.Audio {
			settle(r.Samples, math.MaxInt64)
		} else if first { // a picture that comes later than the sound is shown from the beginning: players wait for one
			settle(r.Samples, int64(tracks[n].TimeScale)/pictureLate)
		}
		for _, s := range r.Samples {
			dts, ok := ticks(s.At, tracks[n].TimeScale)
			if !ok {
				return refusal(fmt.Sprintf("The video lasts longer than %v. Cut it into several.", LastsMax))
			}
			pts := dts + time.Duration(int64(s.Offset)*int64(time.Second)/int64(tracks[n].TimeScale))
			key := s.Key || tracks[n].Kind == segment.Audio
			if err := to.sample(ingest.Sample{Track: n, DTS: dts, PTS: pts, Key: key, Data: s.Data}); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle moves a track's first sample to where the second one follows it, but not by more than most ticks: ffmpeg has every track
// begin with the recording, and its first sample last until the second.
func settle(s []boxes.Sample, most int64) {
	if len(s) < 3 {
		return
	}
	usual := s[2].At - s[1].At
	if later := s[1].At - s[0].At - usual; usual > 0 && later > 0 && later <= most {
		s[0].At += later
	}
}

// ticks turns a time of a track into a time, unless it is later than any that is taken.
func ticks(at int64, scale uint32) (time.Duration, bool) {
	whole, rest := at/int64(scale), at%int64(scale)
	if whole > int64((LastsMax+lastsSlack)/time.Second) {
		return 0, false
	}
	return time.Duration(whole)*time.Second + time.Duration(rest*int64(time.Second)/int64(scale)), true
}

// lastsSlack is how much longer than it says a video may be.
const lastsSlack = 5 * time.Minute
