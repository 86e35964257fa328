package rtmp

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	mp4codecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/server/ingest"
	"shoal/server/ingest/mend"
)

// dial makes a publisher that is not yet connected.
func dial(t *testing.T, addr, key string) *gortmplib.Client {
	t.Helper()
	u, err := url.Parse("rtmp://" + addr + "/live/" + key)
	if err != nil {
		t.Fatal(err)
	}
	return &gortmplib.Client{URL: u, Publish: true}
}

// publisher is a connected one.
func publisher(t *testing.T, addr string, tracks ...*gortmplib.Track) (*gortmplib.Client, *gortmplib.Writer) {
	t.Helper()
	c := dial(t, addr, rightKey)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := &gortmplib.Writer{Conn: c, Tracks: tracks}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	return c, w
}

// Parameter sets of x264 at 320x180, and frames.
var (
	testSPS = []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20}
	testPPS = []byte{0x68, 0xce, 0x3c, 0x80}
	idr     = []byte{0x65, 1, 2, 3}
	slice   = []byte{0x41, 4, 5}
)

// An AV1 sequence header and a VP9 key frame's header (of 1920x804), from the test data of mediacommon.
var (
	av1Header = []byte{8, 0, 0, 0, 66, 167, 191, 228, 96, 13, 0, 64}
	vp9Key    = []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x77, 0xf0, 0x32, 0x34, 0x30, 0x38, 0x24, 0x1c, 0x19, 0x40, 0x18, 0x03, 0x40, 0x5f, 0xb4}
	hevcVPS   = []byte{0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0xb0, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7b, 0x18, 0xb0, 0x24}
	hevcSPS   = []byte{
		0x42, 0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0xb0, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7b, 0xa0, 0x07, 0x82, 0x00, 0x88, 0x7d,
		0xb6, 0x71, 0x8b, 0x92, 0x44, 0x80, 0x53, 0x88, 0x88, 0x92, 0xcf, 0x24, 0xa6, 0x92, 0x72, 0xc9, 0x12, 0x49, 0x22, 0xdc, 0x91, 0xaa, 0x48, 0xfc,
		0xa2, 0x23, 0xff, 0x00, 0x01, 0x00, 0x01, 0x6a, 0x02, 0x02, 0x02, 0x01,
	}
	hevcPPS = []byte{0x44, 0x01, 0xc0, 0x25, 0x2f, 0x05, 0x32, 0x40}
	hevcIDR = []byte{0x26, 0x01, 0xaf}
)

func TestEnhancedCodecs(t *testing.T) {
	opusTrack := &gortmplib.Track{Codec: &codecs.Opus{IDHeader: &opus.IDHeader{Version: 1, ChannelCount: 2, PreSkip: 312, InputSampleRate: 48000}}}
	for name, c := range map[string]struct {
		codec codecs.Codec
		frame func(*gortmplib.Writer, *gortmplib.Track, time.Duration) error
		want  func(mp4codecs.Codec) bool
	}{
		"H.265": {
			&codecs.H265{VPS: hevcVPS, SPS: hevcSPS, PPS: hevcPPS},
			func(w *gortmplib.Writer, t *gortmplib.Track, at time.Duration) error {
				return w.WriteH265(t, at, at, [][]byte{hevcIDR})
			},
			func(c mp4codecs.Codec) bool { h, ok := c.(*mp4codecs.H265); return ok && len(h.SPS) == len(hevcSPS) },
		},
		"AV1": {
			&codecs.AV1{},
			func(w *gortmplib.Writer, t *gortmplib.Track, at time.Duration) error {
				return w.WriteAV1(t, at, [][]byte{av1Header, {0x30, 1, 2, 3}})
			},
			func(c mp4codecs.Codec) bool { a, ok := c.(*mp4codecs.AV1); return ok && len(a.SequenceHeader) > 0 },
		},
		"VP9": {
			&codecs.VP9{},
			func(w *gortmplib.Writer, t *gortmplib.Track, at time.Duration) error {
				return w.WriteVP9(t, at, vp9Key)
			},
			func(c mp4codecs.Codec) bool {
				v, ok := c.(*mp4codecs.VP9)
				return ok && v.Width == 1920 && v.Height == 804
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor()
			addr, book := run(t, d)
			picture := &gortmplib.Track{Codec: c.codec}
			client, w := publisher(t, addr, picture, opusTrack)
			for at := time.Duration(0); at < time.Second; at += 20 * time.Millisecond {
				if err := c.frame(w, picture, at); err != nil {
					t.Fatal(err)
				}
				if err := w.WriteOpus(opusTrack, at, []byte{0xfc, 1, 2, 3}); err != nil {
					t.Fatal(err)
				}
			}
			client.Close()
			if err := <-d.ended; err == nil {
				t.Error("a lost connection is a regular end")
			}
			s := d.sinks[0]
			if len(s.runs) != 1 || len(s.runs[0]) != 2 || !c.want(s.runs[0][0].Codec) || s.runs[0][1].TimeScale != 48000 {
				t.Fatalf("runs %+v\n%s", s.runs, book.String())
			}
			if len(s.samples) != 100 || !s.samples[0].Key || len(s.samples[0].Data) == 0 {
				t.Errorf("%d samples, the first is %+v", len(s.samples), s.samples[0])
			}
		})
	}
}

func h264Track() *gortmplib.Track {
	return &gortmplib.Track{Codec: &codecs.H264{SPS: testSPS, PPS: testPPS}}
}

func aacTrack(rate int) *gortmplib.Track {
	return &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelConfig: 2, ChannelCount: 2,
	}}}
}

func TestParametersChangeWithinAPublication(t *testing.T) {
	d := newDoor()
	addr, _ := run(t, d)
	video, audio := h264Track(), aacTrack(48000)
	client, w := publisher(t, addr, video, audio)
	other := []byte{0x68, 0xce, 0x3c, 0x90}
	write := func(at time.Duration, au ...[]byte) {
		t.Helper()
		if err := w.WriteH264(video, at, at, au); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteMPEG4Audio(audio, at, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	write(0, idr)
	write(33*ms, slice)
	write(66*ms, testSPS, other, idr)
	write(99*ms, slice)
	client.Close()
	<-d.ended
	s := d.sinks[0]
	if len(s.runs) != 2 || s.runs[1][0].Codec.(*mp4codecs.H264).PPS[3] != 0x90 || len(s.samples) != 8 {
		t.Fatalf("%d runs, %d samples", len(s.runs), len(s.samples))
	}
	if first := s.samples[s.starts[1]]; !first.Key || first.DTS != 0 {
		t.Errorf("the second run begins with %+v", first)
	}
}

func TestUnknownCodecs(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	mp3 := &gortmplib.Track{Codec: &codecs.MPEG1Audio{}}
	client, _ := publisher(t, addr, mp3)
	for range 3 {
		if err := client.Write(&message.Audio{ChunkStreamID: 4, MessageStreamID: messageStream, Codec: message.CodecMPEG1Audio, AU: []byte{1, 2, 3}}); err != nil {
			break
		}
	}
	if err := <-d.ended; err == nil || err.Error() != mend.ErrCodec.Error() {
		t.Errorf("it ended with %v\n%s", err, book)
	}
}

func TestOnlyPictureOrOnlySound(t *testing.T) {
	for name, tracks := range map[string][]*gortmplib.Track{"picture": {h264Track()}, "sound": {aacTrack(44100)}} {
		t.Run(name, func(t *testing.T) {
			d := newDoor()
			addr, book := run(t, d)
			client, w := publisher(t, addr, tracks...)
			for at := time.Duration(0); at < time.Second; at += 50 * ms {
				var err error
				if name == "picture" {
					err = w.WriteH264(tracks[0], at, at, [][]byte{idr})
				} else {
					err = w.WriteMPEG4Audio(tracks[0], at, []byte{1, 2, 3})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			client.Close()
			<-d.ended
			if s := d.sinks[0]; len(s.runs) != 1 || len(s.runs[0]) != 1 || len(s.samples) != 20 {
				t.Errorf("runs %v, %d samples\n%s", s.runs, len(s.samples), book.String())
			}
		})
	}
}

func TestAFaultyStreamEndsOnlyItself(t *testing.T) {
	d := newDoor()
	addr, _ := run(t, d)
	good, w := publisher(t, addr, h264Track())
	_ = w
	bad, _ := publisher(t, addr, h264Track())
	if err := bad.Write(&message.Video{
		ChunkStreamID: 6, MessageStreamID: messageStream, Codec: message.CodecH264, Type: message.VideoTypeAU, AU: []byte{0, 0, 0, 99, 1},
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-d.ended; err == nil || !strings.Contains(err.Error(), "a NAL unit of 99 bytes") {
		t.Errorf("the door heard %v", err)
	}
	select {
	case err := <-d.ended:
		t.Errorf("the good publisher ended: %v", err)
	default:
	}
	good.Close()
	<-d.ended
}

// A fault of ours in one publication ends that one alone, and is counted.
func TestAFaultEndsOneStreamAlone(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	good, w := publisher(t, addr, h264Track())
	d.mu.Lock()
	d.spoil = func(s *sink) { s.tracks = func([]ingest.Track) error { panic("nobody thought of this") } }
	d.mu.Unlock()
	bad, b := publisher(t, addr, h264Track())
	for at := time.Duration(0); at < 2*time.Second; at += 50 * ms {
		if err := b.WriteH264(b.Tracks[0], at, at, [][]byte{idr}); err != nil {
			break // it hung up
		}
	}
	if err := <-d.ended; err == nil || !strings.Contains(err.Error(), "a fault of ours") {
		t.Errorf("the door heard %v", err)
	}
	bad.Close()
	for at := time.Duration(0); at < 2*time.Second; at += 50 * ms {
		if err := w.WriteH264(w.Tracks[0], at, at, [][]byte{idr}); err != nil {
			t.Fatal(err)
		}
	}
	good.Close()
	<-d.ended
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.sinks[0].samples); n != 40 || d.faults != 1 {
		t.Errorf("the other has %d samples, %d faults are counted\n%s", n, d.faults, book.String())
	}
}
