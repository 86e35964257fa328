package pulse

import (
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

const frame = 40 * time.Millisecond

var sps = []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20}

func both() []ingest.Track {
	return []ingest.Track{
		{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.H264{SPS: sps, PPS: []byte{0x68, 0xce, 0x3c, 0x80}}},
		{Kind: segment.Audio, TimeScale: 48000, Codec: &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2,
		}}},
	}
}

// stream is a made-up publisher and its clock.
type stream struct {
	p        Pulse
	now      time.Time
	at       time.Duration
	n        int
	keyEvery int  // frames
	drop     int  // every n-th frame does not come
	mute     bool // no sound
	slow     int  // percent by which the clock goes faster than media
	size     int
}

func begin(tracks []ingest.Track) *stream {
	s := &stream{now: time.Unix(1_700_000_000, 0), keyEvery: 50, size: 10_000}
	s.p.Connected(s.now, "rtmp")
	s.p.Tracks(tracks)
	return s
}

func (s *stream) play(lasts time.Duration) Health {
	for until := s.at + lasts; s.at < until; s.at += frame {
		if s.drop == 0 || s.n%s.drop != 1 {
			s.p.Sample(s.now, ingest.Sample{Track: 0, DTS: s.at, PTS: s.at, Key: s.n%s.keyEvery == 0, Data: make([]byte, s.size)})
		}
		if !s.mute {
			s.p.Sample(s.now, ingest.Sample{Track: 1, DTS: s.at, PTS: s.at, Key: true, Data: make([]byte, 200)})
		}
		s.n++
		s.now = s.now.Add(frame + frame*time.Duration(s.slow)/100)
	}
	return s.p.Health(s.now)
}

func codes(h Health) (all []string) {
	for _, a := range h.Advice {
		all = append(all, a.Code)
	}
	return all
}

func TestAGoodStreamNeedsNoAdvice(t *testing.T) {
	h := begin(both()).play(20 * time.Second)
	if len(h.Advice) != 0 || h.FramesMissing != 0 || h.KeyInterval != 2*time.Second || h.Picture == "" || h.Sound == "" || h.Height != 1080 {
		t.Errorf("%+v", h)
	}
	if h.FramesPerSec != 25 || h.BitsPerSecond != 10_200*8*25 {
		t.Errorf("%v frames and %d bits a second", h.FramesPerSec, h.BitsPerSecond)
	}
}

func TestAdvice(t *testing.T) {
	for want, change := range map[string]func(*stream) Health{
		"key_interval":   func(s *stream) Health { s.keyEvery = 250; return s.play(25 * time.Second) },
		"no_keys":        func(s *stream) Health { s.keyEvery = 1 << 30; return s.play(15 * time.Second) },
		"frames_missing": func(s *stream) Health { s.drop = 10; return s.play(15 * time.Second) },
		"sound_stopped":  func(s *stream) Health { s.play(5 * time.Second); s.mute = true; return s.play(5 * time.Second) },
		"behind":         func(s *stream) Health { s.slow = 30; return s.play(15 * time.Second) },
		"much_bitrate":   func(s *stream) Health { s.size = 90_000; return s.play(15 * time.Second) },
		"little_bitrate": func(s *stream) Health { s.size = 500; return s.play(15 * time.Second) },
		"picture_stopped": func(s *stream) Health {
			s.play(5 * time.Second)
			s.now = s.now.Add(5 * time.Second)
			return s.p.Health(s.now)
		},
		"line_loses": func(s *stream) Health { s.play(5 * time.Second); s.p.at(s.now).lost += 100; return s.p.Health(s.now) },
		"no_sound": func(s *stream) Health {
			s.p.Tracks(both()[:1])
			s.mute = true
			return s.play(5 * time.Second)
		},
		"jumping_clock": func(s *stream) Health {
			for range 4 {
				s.p.Tracks(both())
				s.at = 0
				s.play(time.Second)
			}
			return s.p.Health(s.now)
		},
	} {
		if h := change(begin(both())); !slices.Contains(codes(h), want) {
			t.Errorf("%s is not said: %+v", want, h)
		}
	}
}

func TestAReturnIsNotAJump(t *testing.T) {
	s := begin(both())
	s.play(5 * time.Second)
	s.p.Left(s.now)
	if h := s.p.Health(s.now); h.Publishing || len(h.Advice) != 0 {
		t.Errorf("while it is away: %+v", h)
	}
	s.now = s.now.Add(time.Second)
	s.p.Connected(s.now, "srt")
	s.p.Tracks(both())
	s.at, s.n = 0, 0
	if h := s.play(5 * time.Second); h.Returns != 1 || h.Restarts != 0 || h.FramesMissing != 0 || len(h.Advice) != 0 || h.Protocol != "srt" || h.FramesPerSec > 26 {
		t.Errorf("%+v", h)
	}
}

func TestNothingYet(t *testing.T) {
	var p Pulse
	now := time.Unix(1_700_000_000, 0)
	if h := p.Health(now); h.Publishing || len(h.Advice) != 0 {
		t.Errorf("%+v", h)
	}
	p.Connected(now, "rtmp")
	if h := p.Health(now.Add(5 * time.Second)); !slices.Contains(codes(h), "no_media") {
		t.Errorf("%+v", h)
	}
	p.Sample(now, ingest.Sample{Track: 3}) // of a track that nobody told of
}

func TestSoundsAreTold(t *testing.T) {
	tracks := append(both(), both()[1])
	tracks[1].Language = "en"
	s := begin(tracks)
	s.p.LeftOut(2)
	h := s.play(5 * time.Second)
	if want := []Sound{{"mp4a.40.2", "en"}, {"mp4a.40.2", ""}}; !slices.Equal(h.Sounds, want) || h.Sound != "mp4a.40.2" || h.LeftOut != 2 || !slices.Contains(codes(h), "sounds_left_out") {
		t.Errorf("%+v", h)
	}
	s.p.Left(s.now)
	s.p.Connected(s.now, "srt")
	if h := s.p.Health(s.now); h.LeftOut != 0 {
		t.Errorf("of the next publisher: %+v", h)
	}
}
