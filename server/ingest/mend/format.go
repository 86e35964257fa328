package mend

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/vp9"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// format turns a track's payloads into MP4 samples.
type format interface {
	// codec returns the parameters, nil while they are unknown. Another pointer means that they changed, from the unit
	// before on, which then is a key.
	codec() codecs.Codec
	// unit returns a sample's data, which is nil if the payload shows nothing.
	unit(payload []byte) (data []byte, key bool, err error)
}

// av1Format keeps AV1: temporal units, whose key ones begin with a sequence header.
type av1Format struct{ now *codecs.AV1 }

func (f *av1Format) codec() codecs.Codec {
	if f.now == nil {
		return nil
	}
	return f.now
}

func (f *av1Format) unit(payload []byte) ([]byte, bool, error) {
	if len(payload) == 0 {
		return nil, false, nil
	}
	var units av1.Bitstream
	if err := units.Unmarshal(payload); err != nil {
		return nil, false, fmt.Errorf("an AV1 frame does not parse: %w", err)
	}
	if len(units) > unitsMax {
		return nil, false, fmt.Errorf("an AV1 frame has more than %d units", unitsMax)
	}
	var keep av1.Bitstream
	key := false
	for _, u := range units {
		switch av1.OBUType(u[0] >> 3 & 0xF) {
		case av1.OBUTypeTemporalDelimiter: // MP4 has sample borders
			continue
		case av1.OBUTypeSequenceHeader:
			key = true
			if f.now == nil || string(f.now.SequenceHeader) != string(u) {
				f.now = &codecs.AV1{SequenceHeader: u}
			}
		}
		keep = append(keep, u)
	}
	if len(keep) == 0 {
		return nil, false, nil
	}
	data, err := keep.Marshal()
	return data, key, err
}

// vp9Format keeps VP9: frames, whose key ones tell the picture's size.
type vp9Format struct{ now *codecs.VP9 }

func (f *vp9Format) codec() codecs.Codec {
	if f.now == nil {
		return nil
	}
	return f.now
}

func (f *vp9Format) unit(payload []byte) ([]byte, bool, error) {
	if len(payload) == 0 {
		return nil, false, nil
	}
	var h vp9.Header
	if err := h.Unmarshal(payload); err != nil {
		return nil, false, fmt.Errorf("a VP9 frame does not parse: %w", err)
	}
	key := !h.NonKeyFrame && !h.ShowExistingFrame && h.ColorConfig != nil && h.FrameSize != nil
	if key {
		c := codecs.VP9{
			Width: h.Width(), Height: h.Height(), Profile: h.Profile, BitDepth: h.ColorConfig.BitDepth,
			ChromaSubsampling: h.ChromaSubsampling(), ColorRange: h.ColorConfig.ColorRange,
		}
		if f.now == nil || *f.now != c {
			f.now = &c
		}
	}
	return payload, key, nil
}

// soundFormat keeps AAC and Opus: every frame stands alone.
type soundFormat struct{ now codecs.Codec }

func (f *soundFormat) codec() codecs.Codec { return f.now }

func (f *soundFormat) unit(payload []byte) ([]byte, bool, error) {
	if len(payload) == 0 {
		return nil, true, nil
	}
	return payload, true, nil
}

// aac takes a configuration.
func (f *soundFormat) aac(c *mpeg4audio.AudioSpecificConfig) error {
	const rateMin, rateMax = 7350, 96000
	if c.SampleRate < rateMin || c.SampleRate > rateMax {
		return fmt.Errorf("AAC at %d Hz: send 44100 or 48000", c.SampleRate)
	}
	if old, ok := f.now.(*codecs.MPEG4Audio); !ok || old.Config != *c {
		f.now = &codecs.MPEG4Audio{Config: *c}
	}
	return nil
}

// opus takes a configuration.
func (f *soundFormat) opus(channels int) error {
	if channels < 1 || channels > 2 {
		return fmt.Errorf("sound in Opus has %d channels: send 1 or 2", channels)
	}
	if old, ok := f.now.(*codecs.Opus); !ok || old.ChannelCount != channels {
		f.now = &codecs.Opus{ChannelCount: channels}
	}
	return nil
}

// opusRate is the clock of Opus, whatever rate was recorded.
const opusRate = 48000

// soundRate returns the ticks per second of a sound codec.
func soundRate(c codecs.Codec) uint32 {
	if a, ok := c.(*codecs.MPEG4Audio); ok {
		return uint32(a.Config.SampleRate)
	}
	return opusRate
}

// soundLasts returns the duration of a sound frame.
func soundLasts(c codecs.Codec, data []byte) time.Duration {
	a, ok := c.(*codecs.MPEG4Audio)
	if !ok {
		return time.Duration(opus.PacketDuration2(data)) * time.Second / opusRate
	}
	samples := time.Duration(mpeg4audio.SamplesPerAccessUnit)
	if a.Config.FrameLengthFlag {
		const short = 960
		samples = short
	}
	return samples * time.Second / time.Duration(a.Config.SampleRate)
}

// ErrCodec says what to send instead of what came.
var ErrCodec = errors.New("its codec is not taken here: choose H.264 for the picture (OBS: Settings > Output > Video Encoder) and AAC for the sound (Audio Encoder)")
