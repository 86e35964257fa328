package upload

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/server/ingest"
)

func FuzzSniff(f *testing.F) {
	f.Add([]byte("#EXTM3U\n"))
	f.Add(append(box("ftyp", []byte("isom")), box("moov", box("trak"))...))
	f.Add([]byte("\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		form, err := sniff(bytes.NewReader(b), int64(len(b)))
		var why refusal
		if (form == "") == (err == nil) && form != formMP4 || err != nil && !errors.As(err, &why) {
			t.Fatalf("%q %v", form, err)
		}
	})
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte(someFacts))
	f.Add([]byte(`{"streams":[{"index":1,"codec_type":"audio","codec_name":"aac","channels":2,"sample_rate":"48000"},` +
		`{"index":0,"codec_type":"video","codec_name":"h264","profile":"High","width":1920,"height":1080,"pix_fmt":"yuv420p","avg_frame_rate":"30000/1001",` +
		`"r_frame_rate":"30/1","sample_aspect_ratio":"4:3","nal_length_size":"4","side_data_list":[{"rotation":-90}],"tags":{"rotate":"90"}}],"format":{"duration":"61.5"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := parseFacts(b)
		if err != nil {
			return
		}
		v := facts.video
		if v == nil || v.width <= 0 || v.height <= 0 || v.width*v.height > PixelsMax || facts.lasts < 0 || facts.lasts > LastsMax {
			t.Fatalf("%+v", facts)
		}
		if w, h := target(v); w < 2 || h < 2 || w%2 != 0 || h%2 != 0 || max(w, h) > longSide+2 && min(w, h) > shortSide+2 {
			t.Fatalf("%+v is made %dx%d", v, w, h)
		}
		packaging(formMP4, facts, planOf(facts, formMP4))
	})
}

// taken takes what is read, and holds it to what a Packer may be given.
type taken struct {
	t       *testing.T
	count   int
	samples int
	heard   func(ingest.Sample) // may be nil
}

func (c *taken) tracks(tracks []ingest.Track) error {
	c.count = len(tracks)
	return nil
}

func (c *taken) sample(s ingest.Sample) error {
	if c.samples++; s.Track < 0 || s.Track >= c.count || len(s.Data) == 0 || s.DTS < 0 || s.DTS > LastsMax+lastsSlack+time.Second {
		c.t.Fatalf("%+v of %d tracks", s, c.count)
	}
	if c.heard != nil {
		c.heard(s)
	}
	return nil
}

func FuzzFragments(f *testing.F) {
	for _, seed := range fragments(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := readFragments(bytes.NewReader(b), &taken{t: t}); err != nil && !errors.Is(err, errFragment) {
			var why refusal
			if !errors.As(err, &why) {
				t.Fatal(err)
			}
		}
	})
}

// fragments are what ffmpeg writes: a description, and then a fragment of three pictures and three sounds.
func fragments(t testing.TB) [][]byte {
	t.Helper()
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{
		{ID: 1, TimeScale: 90000, Codec: &codecs.H264{
			SPS: []byte{
				0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c,
				0x60, 0xc9, 0x20,
			},
			PPS: []byte{0x08},
		}},
		{ID: 2, TimeScale: 48000, Codec: &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2}}},
	}}
	samples := func(first, usual uint32) []*fmp4.Sample {
		list := []*fmp4.Sample{}
		for n, lasts := range []uint32{first, usual, usual} {
			list = append(list, &fmp4.Sample{Duration: lasts, PTSOffset: int32(usual), IsNonSyncSample: n > 0, Payload: []byte{byte(n), 1, 2}})
		}
		return list
	}
	part := fmp4.Part{Tracks: []*fmp4.PartTrack{{ID: 1, Samples: samples(6600, 3600)}, {ID: 2, Samples: samples(3200, 1024)}}}
	var head, body seekablebuffer.Buffer
	if err := errors.Join(init.Marshal(&head), part.Marshal(&body)); err != nil {
		t.Fatal(err)
	}
	return [][]byte{head.Bytes(), append(bytes.Clone(head.Bytes()), body.Bytes()...)}
}

// The first samples stand where the second ones follow them, and all of them come with their times.
func TestFragmentsAreRead(t *testing.T) {
	var got []string
	c := &taken{t: t, heard: func(s ingest.Sample) {
		got = append(got, fmt.Sprint(s.Track, s.DTS.Round(time.Millisecond), s.PTS.Round(time.Millisecond), s.Key))
	}}
	if err := readFragments(bytes.NewReader(fragments(t)[1]), c); err != nil {
		t.Fatal(err)
	}
	want := "0 33ms 73ms true,0 73ms 113ms false,0 113ms 153ms false,1 45ms 67ms true,1 67ms 88ms true,1 88ms 109ms true"
	if text := strings.Join(got, ","); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	for cut := range fragments(t)[1] {
		if cut < 8 {
			continue
		}
		_ = readFragments(bytes.NewReader(fragments(t)[1][:cut]), &taken{t: t}) // it must only come back
	}
}
