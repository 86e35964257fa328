package loop

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

// Bounds on a clip.
const (
	sizeMax    = 64 << 20
	samplesMax = 1 << 17 // of a track: about an hour of pictures
	seamMax    = time.Millisecond
)

// Read reads a progressive MP4 (moov and mdat, not fragments) with H.264 and AAC tracks that last equally long after
// their edit lists. The clip keeps b.
func Read(b []byte) (*Clip, error) {
	if len(b) > sizeMax {
		return nil, fmt.Errorf("the clip has %d bytes: the most is %d", len(b), sizeMax)
	}
	file, err := mp4.DecodeFileSR(bits.NewFixedSliceReader(b))
	if err != nil {
		return nil, fmt.Errorf("the clip is not an MP4: %w", err)
	}
	if file.Moov == nil || file.IsFragmented() {
		return nil, errors.New("the clip is not a progressive MP4: make it without fragments")
	}
	clip := &Clip{}
	for _, trak := range file.Moov.Traks {
		t, samples, period, err := track(b, trak, file.Moov.Mvhd)
		if err != nil {
			return nil, fmt.Errorf("track %d of the clip: %w", len(clip.Tracks), err)
		}
		for i := range samples {
			samples[i].Track = len(clip.Tracks)
		}
		if len(clip.Tracks) > 0 && (period-clip.period).Abs() > seamMax {
			return nil, fmt.Errorf("the clip's tracks last %v and %v: its end would not fit its beginning", clip.period, period)
		}
		clip.period = max(clip.period, period)
		clip.Tracks = append(clip.Tracks, t)
		clip.samples = append(clip.samples, samples...)
		if len(clip.Tracks) > segment.TracksMax {
			return nil, fmt.Errorf("the clip has more than %d tracks", segment.TracksMax)
		}
	}
	if len(clip.samples) == 0 {
		return nil, errors.New("the clip is empty")
	}
	slices.SortStableFunc(clip.samples, func(a, b ingest.Sample) int { return cmp.Compare(a.DTS, b.DTS) })
	return clip, nil
}

// track reads one track: its parameters, its samples on the clip's clock, and how long it lasts.
func track(b []byte, trak *mp4.TrakBox, mvhd *mp4.MvhdBox) (t ingest.Track, samples []ingest.Sample, lasts time.Duration, err error) {
	if trak.Mdia == nil || trak.Mdia.Mdhd == nil || trak.Mdia.Minf == nil || trak.Mdia.Minf.Stbl == nil || mvhd == nil {
		return t, nil, 0, errors.New("boxes are missing")
	}
	stbl := trak.Mdia.Minf.Stbl
	if t, err = describe(stbl); err != nil {
		return t, nil, 0, err
	}
	scale := trak.Mdia.Mdhd.Timescale
	if scale == 0 {
		return t, nil, 0, errors.New("the time scale is 0")
	}
	raw, err := table(stbl, len(b))
	if err != nil {
		return t, nil, 0, err
	}
	begin, end := int64(0), raw[len(raw)-1].at+raw[len(raw)-1].lasts
	if e := edit(trak); e != nil {
		begin = e.MediaTime
	}
	for _, r := range raw {
		if t.Kind == segment.Audio && r.at < begin { // what an encoder needs before the first sound
			continue
		}
		samples = append(samples, ingest.Sample{
			DTS: ticks(r.at-begin, scale), PTS: ticks(r.at+r.shown-begin, scale),
			Key: r.key || t.Kind == segment.Audio, Data: b[r.offset : r.offset+r.size],
		})
	}
	if t.Kind == segment.Video { // its first picture is shown after it is decoded, the edit list says by how much
		return t, samples, ticks(end, scale), nil
	}
	return t, samples, ticks(end-begin, scale), nil
}

// edit returns the edit that says where a track's first sample stands, nil if there is none.
func edit(trak *mp4.TrakBox) *mp4.ElstEntry {
	const tooFar = 1 << 32
	if trak.Edts == nil {
		return nil
	}
	for _, list := range trak.Edts.Elst {
		for _, e := range list.Entries {
			if e.MediaTime >= 0 && e.MediaTime < tooFar {
				return &e
			}
		}
	}
	return nil
}

// describe returns a track's parameters.
func describe(stbl *mp4.StblBox) (ingest.Track, error) {
	if stbl.Stsd == nil {
		return ingest.Track{}, errors.New("it has no description")
	}
	if v := stbl.Stsd.AvcX; v != nil && v.AvcC != nil {
		if len(v.AvcC.SPSnalus) == 0 || len(v.AvcC.PPSnalus) == 0 {
			return ingest.Track{}, errors.New("its H.264 parameters are missing")
		}
		const pictureScale = 90000
		codec := &codecs.H264{SPS: v.AvcC.SPSnalus[0], PPS: v.AvcC.PPSnalus[0]}
		return ingest.Track{Kind: segment.Video, Codec: codec, TimeScale: pictureScale}, nil
	}
	a := stbl.Stsd.Mp4a
	if a == nil || a.Esds == nil || a.Esds.DecConfigDescriptor == nil || a.Esds.DecConfigDescriptor.DecSpecificInfo == nil {
		return ingest.Track{}, errors.New("it is neither H.264 nor AAC")
	}
	codec := &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{}}
	if err := codec.Config.Unmarshal(a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig); err != nil {
		return ingest.Track{}, fmt.Errorf("its AAC parameters do not parse: %w", err)
	}
	if codec.Config.SampleRate <= 0 {
		return ingest.Track{}, errors.New("its AAC parameters have no sample rate")
	}
	return ingest.Track{Kind: segment.Audio, Codec: codec, TimeScale: uint32(codec.Config.SampleRate)}, nil
}

// ticks converts ticks of a scale to a time, rounding to the nearest.
func ticks(n int64, scale uint32) time.Duration {
	s := int64(scale)
	secs, rest := n/s, n%s
	half := s / 2
	if rest < 0 {
		half = -half
	}
	return time.Duration(secs)*time.Second + time.Duration((rest*int64(time.Second)+half)/s)
}
