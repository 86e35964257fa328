package rtmp

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/server/ingest"
	"shoal/server/ingest/mend"
)

// lengthSize is how many bytes say the length of a NAL unit while no sequence header said otherwise.
const lengthSize = 4

// takePicture takes a message of Enhanced RTMP about picture n. Only the first can be at fault: what is wrong with another costs that one alone.
func (p *publication) takePicture(n int, m message.Message) (media bool, err error) {
	switch m := m.(type) {
	case *message.VideoExSequenceStart:
		err = p.videoStart(n, m)
		if err != nil && n > 0 {
			p.mender.LeaveOut(n, err.Error())
			return false, nil
		}
		return false, err
	case *message.VideoExFramesX:
		return true, p.picture(n, m.DTS, 0, m.Payload)
	case *message.VideoExCodedFrames:
		return true, p.picture(n, m.DTS, signed24(m.PTSDelta), m.Payload)
	}
	return false, nil
}

// misread notes that a message about a picture beside the first is not valid.
func (p *publication) misread(track uint8) {
	if n, ok := p.pictureOf(track); ok {
		p.mender.LeaveOut(n, "its codec or its sequence header is not understood: send H.264")
	}
}

// pictureOf returns which picture the publisher's number means, if there is room for it.
func (p *publication) pictureOf(track uint8) (n int, ok bool) {
	if n = slices.Index(p.pictures, track); n >= 0 {
		return n, true
	}
	if len(p.pictures) > ingest.RungsMax {
		p.mender.LeaveOut(ingest.RungsMax+1, fmt.Sprintf("a publisher may send %d pictures: send fewer", 1+ingest.RungsMax))
		return 0, false
	}
	p.pictures = append(p.pictures, track)
	return len(p.pictures) - 1, true
}

func (p *publication) video(m *message.Video) error {
	switch m.Type {
	case message.VideoTypeConfig:
		switch {
		case m.AVCConfig != nil:
			return p.avc(0, m.AVCConfig)
		case m.HEVCConfig != nil:
			return p.hevc(0, m.HEVCConfig)
		}
	case message.VideoTypeAU:
		if !p.mender.HasPicture(0) { // parameters may come in-band only
			if err := p.mender.NALs(0, m.Codec == message.CodecH265, lengthSize, nil); err != nil {
				return err
			}
		}
		return p.picture(0, m.DTS, signed24(m.PTSDelta), m.AU)
	}
	return nil
}

func (p *publication) picture(n int, at, offset time.Duration, payload []byte) error {
	if !p.mender.HasPicture(n) {
		if n > 0 { // why, it was told with its sequence header, if there was one
			return nil
		}
		return errNoHeader
	}
	return p.mender.Picture(n, uint32(at/time.Millisecond), offset, payload)
}

// videoStart takes a sequence header of Enhanced RTMP.
func (p *publication) videoStart(n int, m *message.VideoExSequenceStart) error {
	switch {
	case m.AVCConfig != nil:
		return p.avc(n, m.AVCConfig)
	case m.HEVCConfig != nil:
		return p.hevc(n, m.HEVCConfig)
	case m.AV1Config != nil:
		return p.mender.AV1(n, m.AV1Config.ConfigOBUs)
	case m.VP9Config != nil:
		return p.mender.VP9(n)
	}
	return mend.ErrCodec
}

func (p *publication) avc(n int, c *mp4.AVCDecoderConfiguration) error {
	var units [][]byte
	for _, sets := range [][]mp4.AVCParameterSet{c.SequenceParameterSets, c.PictureParameterSets} {
		for _, s := range sets {
			units = append(units, s.NALUnit)
		}
	}
	return p.mender.NALs(n, false, int(c.LengthSizeMinusOne)+1, units)
}

func (p *publication) hevc(n int, c *mp4.HvcC) error {
	var units [][]byte
	for _, a := range c.NaluArrays {
		for _, n := range a.Nalus {
			units = append(units, n.NALUnit)
		}
	}
	return p.mender.NALs(n, true, int(c.LengthSizeMinusOne)+1, units)
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
