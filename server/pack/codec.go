package pack

import (
	"fmt"

	"github.com/bluenviron/gohlslib/v2/pkg/codecparams"
	hls "github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/server/ingest"
)

// CodecName returns the RFC 6381 name of a track's codec, as in CODECS and MediaSource.isTypeSupported. It is empty for
// a codec that browsers do not play, or whose parameters do not parse.
func CodecName(t ingest.Track) string { return codecName(t.Codec) }

func codecName(c codecs.Codec) string {
	switch c := c.(type) {
	case *codecs.H264:
		return codecparams.Marshal(&hls.H264{SPS: c.SPS, PPS: c.PPS})
	case *codecs.H265:
		return codecparams.Marshal(&hls.H265{VPS: c.VPS, SPS: c.SPS, PPS: c.PPS})
	case *codecs.AV1:
		return codecparams.Marshal(&hls.AV1{SequenceHeader: c.SequenceHeader})
	case *codecs.VP9:
		return fmt.Sprintf("vp09.%02d.%02d.%02d", c.Profile, vp9Level(c.Width*c.Height), c.BitDepth)
	case *codecs.Opus:
		return "opus"
	case *codecs.MPEG4Audio:
		return codecparams.Marshal(&hls.MPEG4Audio{Config: c.Config})
	}
	return ""
}

// vp9Level names the lowest level whose picture size holds the picture: the stream itself does not tell.
func vp9Level(pixels int) int {
	levels := []struct{ pixels, level int }{
		{36864, 10}, {73728, 11}, {122880, 20}, {245760, 21}, {552960, 30}, {983040, 31}, {2228224, 41}, {8912896, 51},
	}
	for _, l := range levels {
		if pixels <= l.pixels {
			return l.level
		}
	}
	return 61
}

// sideMax is the longest side of a picture that is believed.
const sideMax = 16384

// Picture returns a video track's size in pixels and frames per second, each 0 if the parameters do not tell.
func Picture(t ingest.Track) (width, height int, rate float64) {
	switch c := t.Codec.(type) {
	case *codecs.H264:
		var sps h264.SPS
		if sps.Unmarshal(c.SPS) == nil {
			width, height, rate = sps.Width(), sps.Height(), plausible(sps.FPS())
		}
	case *codecs.H265:
		var sps h265.SPS
		if sps.Unmarshal(c.SPS) == nil {
			width, height, rate = sps.Width(), sps.Height(), plausible(sps.FPS())
		}
	case *codecs.AV1:
		var h av1.SequenceHeader
		if h.Unmarshal(c.SequenceHeader) == nil {
			width, height = h.Width(), h.Height()
		}
	case *codecs.VP9:
		width, height = c.Width, c.Height
	}
	if width <= 0 || width > sideMax || height <= 0 || height > sideMax {
		return 0, 0, rate
	}
	return width, height, rate
}

// plausible returns rate, or 0 where encoders write a clock's tick (1000, 90000) instead of a frame rate.
func plausible(rate float64) float64 {
	const least, most = 1, 300
	if rate >= least && rate <= most {
		return rate
	}
	return 0
}

// channels is how many channels a sound track has.
func channels(t ingest.Track) int {
	switch c := t.Codec.(type) {
	case *codecs.MPEG4Audio:
		switch n := int(c.Config.ChannelConfig); {
		case n >= 1 && n <= 6:
			return n
		case n == 7: // 7.1
			return 8
		}
	case *codecs.Opus:
		return max(1, c.ChannelCount)
	}
	return 2
}
