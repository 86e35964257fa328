package rtmp

import (
	"errors"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/segment"
)

// errChange says that a running stream cannot become another codec.
var errChange = errors.New("the codec changed within a publication: stop and start the encoder instead")

// videoStart takes a sequence header of Enhanced RTMP.
func (p *publication) videoStart(m *message.VideoExSequenceStart) error {
	switch {
	case m.AVCConfig != nil:
		return p.avc(m.AVCConfig)
	case m.HEVCConfig != nil:
		return p.hevc(m.HEVCConfig)
	case m.AV1Config != nil:
		f, err := open(p, func() *av1Format { return &av1Format{} })
		if err == nil && f.now == nil && len(m.AV1Config.ConfigOBUs) > 0 {
			_, _, err = f.unit(m.AV1Config.ConfigOBUs)
		}
		return err
	case m.VP9Config != nil:
		_, err := open(p, func() *vp9Format { return &vp9Format{} })
		return err
	}
	return errCodec
}

// open returns the format of the picture, which it makes if there is none.
func open[F format](p *publication, fresh func() F) (f F, err error) {
	s := p.streams[picture]
	if s == nil {
		f = fresh()
		p.streams[picture] = &stream{kind: segment.Video, format: f}
		return f, nil
	}
	f, ok := s.format.(F)
	if !ok {
		return f, errChange
	}
	return f, nil
}

func (p *publication) nals(hevc bool) (*nals, error) {
	f, err := open(p, func() *nals { return newNALs(hevc) })
	if err == nil && f.hevc != hevc {
		err = errChange
	}
	return f, err
}

func (p *publication) avc(c *mp4.AVCDecoderConfiguration) error {
	f, err := p.nals(false)
	if err != nil {
		return err
	}
	var units [][]byte
	for _, sets := range [][]mp4.AVCParameterSet{c.SequenceParameterSets, c.PictureParameterSets} {
		for _, s := range sets {
			units = append(units, s.NALUnit)
		}
	}
	return f.configure(int(c.LengthSizeMinusOne)+1, units)
}

func (p *publication) hevc(c *mp4.HvcC) error {
	f, err := p.nals(true)
	if err != nil {
		return err
	}
	var units [][]byte
	for _, a := range c.NaluArrays {
		for _, n := range a.Nalus {
			units = append(units, n.NALUnit)
		}
	}
	return f.configure(int(c.LengthSizeMinusOne)+1, units)
}

// audioStart takes a sequence header of Enhanced RTMP.
func (p *publication) audioStart(m *message.AudioExSequenceStart) error {
	switch {
	case m.AACConfig != nil:
		return p.soundStream().aac(m.AACConfig)
	case m.OpusConfig != nil:
		return p.soundStream().opus(m.OpusConfig)
	}
	return errCodec
}

// soundStream returns the format of the sound, which it makes if there is none.
func (p *publication) soundStream() *soundFormat {
	if p.streams[sound] == nil {
		p.streams[sound] = &stream{kind: segment.Audio, format: &soundFormat{}}
	}
	return p.streams[sound].format.(*soundFormat)
}
