package rtmp

import (
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/ingest/mend"
)

// lengthSize is how many bytes say the length of a NAL unit while no sequence header said otherwise.
const lengthSize = 4

var errNoHeader = errors.New("media came before the sequence header that says what it is: restart the encoder")

// publication turns messages into frames.
type publication struct {
	log    *slog.Logger
	mender *mend.Mender
	others bool // further tracks were told
}

func newPublication(sink ingest.Sink, log *slog.Logger) *publication {
	return &publication{log: log, mender: mend.New(sink, log)}
}

// take takes a message and reports whether it was picture or sound.
func (p *publication) take(m message.Message) (media bool, err error) {
	switch m := m.(type) {
	case *message.DataAMF0:
		p.metadata(m.Payload)
		return false, nil
	case *message.Video:
		return m.Type == message.VideoTypeAU, p.video(m)
	case *message.VideoExSequenceStart:
		return false, p.videoStart(m)
	case *message.VideoExFramesX:
		return true, p.picture(m.DTS, 0, m.Payload)
	case *message.VideoExCodedFrames:
		return true, p.picture(m.DTS, signed24(m.PTSDelta), m.Payload)
	case *message.VideoExMultitrack:
		return p.first(m.TrackID, m.Wrapped)
	case *message.Audio:
		return m.AACType == message.AudioAACTypeAU, p.audio(m)
	case *message.AudioExSequenceStart:
		return false, p.audioStart(m)
	case *message.AudioExCodedFrames:
		if m.FourCC != message.FourCCMP4A && m.FourCC != message.FourCCOpus {
			return true, mend.ErrCodec
		}
		return true, p.sound(m.DTS, m.Payload)
	case *message.AudioExMultitrack:
		return p.first(m.TrackID, m.Wrapped)
	}
	return false, nil
}

// first takes the first track of a kind. There is no use for further ones yet.
func (p *publication) first(track uint8, m message.Message) (bool, error) {
	if track == 0 {
		return p.take(m)
	}
	if !p.others {
		p.others = true
		p.log.Warn("the publisher sends several tracks of a kind: only the first is used")
	}
	return false, nil
}

// metadata learns from onMetaData which kinds will come.
func (p *publication) metadata(data amf0.Data) {
	for _, v := range data {
		var o amf0.Object
		switch v := v.(type) {
		case amf0.Object:
			o = v
		case amf0.ECMAArray:
			o = amf0.Object(v)
		}
		for name, kind := range map[string]segment.Kind{"videocodecid": segment.Video, "audiocodecid": segment.Audio} {
			if id, ok := o.Get(name); ok && id != nil && id != float64(0) && id != "" {
				p.mender.Says(kind)
			}
		}
	}
}

func (p *publication) video(m *message.Video) error {
	switch m.Type {
	case message.VideoTypeConfig:
		switch {
		case m.AVCConfig != nil:
			return p.avc(m.AVCConfig)
		case m.HEVCConfig != nil:
			return p.hevc(m.HEVCConfig)
		}
	case message.VideoTypeAU:
		if !p.mender.Has(segment.Video) { // parameters may come in-band only
			if err := p.mender.NALs(m.Codec == message.CodecH265, lengthSize, nil); err != nil {
				return err
			}
		}
		return p.picture(m.DTS, signed24(m.PTSDelta), m.AU)
	}
	return nil
}

func (p *publication) audio(m *message.Audio) error {
	if m.Codec != message.CodecMPEG4Audio {
		return mend.ErrCodec
	}
	if m.AACType == message.AudioAACTypeConfig {
		if m.AACConfig == nil { // some encoders announce their sound with an empty one first
			return nil
		}
		return p.mender.AAC(m.AACConfig)
	}
	return p.sound(m.DTS, m.AU)
}

func (p *publication) picture(at, offset time.Duration, payload []byte) error {
	if !p.mender.Has(segment.Video) {
		return errNoHeader
	}
	return p.mender.Picture(uint32(at/time.Millisecond), offset, payload)
}

func (p *publication) sound(at time.Duration, payload []byte) error {
	if !p.mender.Has(segment.Audio) {
		return errNoHeader
	}
	return p.mender.Sound(uint32(at/time.Millisecond), payload)
}

// videoStart takes a sequence header of Enhanced RTMP.
func (p *publication) videoStart(m *message.VideoExSequenceStart) error {
	switch {
	case m.AVCConfig != nil:
		return p.avc(m.AVCConfig)
	case m.HEVCConfig != nil:
		return p.hevc(m.HEVCConfig)
	case m.AV1Config != nil:
		return p.mender.AV1(m.AV1Config.ConfigOBUs)
	case m.VP9Config != nil:
		return p.mender.VP9()
	}
	return mend.ErrCodec
}

func (p *publication) avc(c *mp4.AVCDecoderConfiguration) error {
	var units [][]byte
	for _, sets := range [][]mp4.AVCParameterSet{c.SequenceParameterSets, c.PictureParameterSets} {
		for _, s := range sets {
			units = append(units, s.NALUnit)
		}
	}
	return p.mender.NALs(false, int(c.LengthSizeMinusOne)+1, units)
}

func (p *publication) hevc(c *mp4.HvcC) error {
	var units [][]byte
	for _, a := range c.NaluArrays {
		for _, n := range a.Nalus {
			units = append(units, n.NALUnit)
		}
	}
	return p.mender.NALs(true, int(c.LengthSizeMinusOne)+1, units)
}

// audioStart takes a sequence header of Enhanced RTMP.
func (p *publication) audioStart(m *message.AudioExSequenceStart) error {
	switch {
	case m.AACConfig != nil:
		return p.mender.AAC(m.AACConfig)
	case m.OpusConfig != nil:
		return p.mender.Opus(int(m.OpusConfig.ChannelCount))
	}
	return mend.ErrCodec
}

// signed24 reads the composition time of a picture, which RTMP sends in 24 bits and gortmplib takes for unsigned.
func signed24(d time.Duration) time.Duration {
	const wrap = (math.MaxUint16 + 1) << 8
	ms := int64(d / time.Millisecond)
	if ms >= wrap/2 {
		ms -= wrap
	}
	return time.Duration(ms) * time.Millisecond
}
