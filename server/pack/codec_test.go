package pack

import (
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

func TestCodecNames(t *testing.T) {
	hevc := &codecs.H265{VPS: []byte{1}, PPS: []byte{8}, SPS: []byte{
		0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0xa0, 0x03, 0xc0, 0x80,
		0x10, 0xe5, 0x96, 0x66, 0x69, 0x24, 0xca, 0xe0, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x80,
	}}
	for want, c := range map[string]codecs.Codec{
		"avc1.42c028":      videoTrack().Codec,
		"hvc1.1.6.L120.90": hevc,
		"av01.0.08M.08.0.110.01.01.01.0": &codecs.AV1{SequenceHeader: []byte{
			10, 11, 0, 0, 0, 66, 167, 191, 230, 46, 223, 200, 66,
		}},
		"vp09.00.41.08": &codecs.VP9{Width: 1920, Height: 1080, BitDepth: 8},
		"opus":          &codecs.Opus{ChannelCount: 2},
		"mp4a.40.2":     audioTrack(48000).Codec,
		"":              &codecs.MJPEG{Width: 1, Height: 1},
	} {
		if got := CodecName(ingest.Track{Codec: c}); got != want {
			t.Errorf("%T is called %q, want %q", c, got, want)
		}
	}
	if w, h, rate := Picture(ingest.Track{Codec: hevc}); w != 1920 || h != 1080 || rate != 30 {
		t.Errorf("%dx%d at %v", w, h, rate)
	}
	for channels, config := range map[int]uint8{1: 1, 2: 2, 6: 6, 8: 7} {
		c := &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{ChannelConfig: config}}
		if got := channelsOf(c); got != channels {
			t.Errorf("%d channels, want %d", got, channels)
		}
	}
}

func channelsOf(c codecs.Codec) int { return channels(ingest.Track{Codec: c}) }

// FuzzParameters takes parameter sets as publishers send them.
func FuzzParameters(f *testing.F) {
	h := videoTrack().Codec.(*codecs.H264)
	f.Add(byte(0), h.SPS, h.PPS)
	f.Add(byte(1), []byte{0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0xa0}, []byte{8})
	f.Add(byte(2), []byte{10, 11, 0, 0, 0, 66, 167, 191, 230, 46, 223, 200, 66}, []byte{})
	f.Fuzz(func(t *testing.T, kind byte, a, b []byte) {
		var c codecs.Codec
		switch kind % 3 {
		case 0:
			c = &codecs.H264{SPS: a, PPS: b}
		case 1:
			c = &codecs.H265{VPS: b, SPS: a, PPS: b}
		case 2:
			c = &codecs.AV1{SequenceHeader: a}
		}
		track := ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: c}
		if w, h, rate := Picture(track); w < 0 || w > sideMax || h < 0 || h > sideMax || rate < 0 || rate > 1000 {
			t.Fatalf("a picture of %dx%d at %v", w, h, rate)
		}
		if init, err := marshalInit(track); err == nil && len(init) == 0 {
			t.Fatal("an empty init segment")
		}
	})
}
