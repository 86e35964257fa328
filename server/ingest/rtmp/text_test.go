package rtmp

import (
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"shoal/server/ingest"
	"shoal/server/ingest/gate"
	"shoal/server/pack/caption"
)

// heard is what a publication says, and the pictures it makes.
type heard struct {
	said    [][2]string
	samples [][]byte
}

func (h *heard) Tracks([]ingest.Track) error  { return nil }
func (h *heard) Sample(s ingest.Sample) error { h.samples = append(h.samples, s.Data); return nil }
func (h *heard) text(language, text string)   { h.said = append(h.said, [2]string{language, text}) }
func (h *heard) publication(languages ...string) *publication {
	return newPublication(gate.Admission{Sink: h, Text: h.text}, languages, slog.New(slog.DiscardHandler))
}

func object(pairs ...any) (o amf0.Object) {
	for i := 0; i < len(pairs); i += 2 {
		o = append(o, amf0.ObjectEntry{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return o
}

// Texts beside the picture are said in the language they tell, or the key does; what is none is left out.
func TestTextData(t *testing.T) {
	for name, c := range map[string]struct {
		languages []string
		data      amf0.Data
		want      [][2]string
	}{
		"of ffmpeg":       {nil, amf0.Data{"onTextData", amf0.ECMAArray(object("type", "Text", "text", "Hello\n"))}, [][2]string{{"en", "Hello"}}},
		"with a language": {nil, amf0.Data{"onTextData", object("text", "Hallo", "language", "deu", "trackid", 99.0)}, [][2]string{{"de", "Hallo"}}},
		"wrapped":         {[]string{"fr"}, amf0.Data{"@setDataFrame", "onTextData", object("text", "Salut")}, [][2]string{{"fr", "Salut"}}},
		"taken away":      {nil, amf0.Data{"onTextData", object("text", "")}, [][2]string{{"en", ""}}},
		"no text":         {nil, amf0.Data{"onTextData", object("text", 3.0)}, nil},
		"something else":  {nil, amf0.Data{"onCuePoint", object("text", "x")}, nil},
		"no name":         {nil, amf0.Data{object("text", "x")}, nil},
	} {
		var h heard
		h.publication(c.languages...).data(c.data)
		if !slices.Equal(h.said, c.want) {
			t.Errorf("%s: %v", name, h.said)
		}
	}
}

// captionData is what onCaptionInfo carries for groups.
func captionData(groups ...[3]byte) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(3+3*len(groups)))
	b = append(b, 0xC0|byte(len(groups)), 0xFF)
	for _, g := range groups {
		b = append(b, g[:]...)
	}
	return base64.StdEncoding.EncodeToString(append(b, 0xFF))
}

// Captions beside the picture are carried by the next one, as if the encoder had put them there.
func TestCaptionInfo(t *testing.T) {
	var h heard
	p := h.publication()
	if err := p.mender.NALs(0, false, 4, [][]byte{testSPS, testPPS}); err != nil {
		t.Fatal(err)
	}
	frame := func(at time.Duration) {
		t.Helper()
		if err := p.picture(0, at, 0, append(binary.BigEndian.AppendUint32(nil, uint32(len(idr))), idr...)); err != nil {
			t.Fatal(err)
		}
	}
	frame(0)
	p.data(amf0.Data{"onCaptionInfo", object("type", "708", "data", captionData([3]byte{0xFC, 0x94, 0x20}, [3]byte{0xFC, 0, 0}, [3]byte{0xFC, 0, 0}))})
	for _, bad := range []string{"", "%%%", base64.StdEncoding.EncodeToString([]byte{0, 0, 0, 9, 0x43, 0xFF, 0xFC}), captionData(make([][3]byte, 70)...)} {
		p.data(amf0.Data{"onCaptionInfo", object("type", "708", "data", bad)})
	}
	p.data(amf0.Data{"onCaptionInfo", object("type", "WebVTT", "data", "x")})
	for at := 40 * ms; at < 3*time.Second; at += 40 * ms { // until it is clear that there is no sound
		frame(at)
	}
	var carrying []int
	for n, s := range h.samples {
		if ids := caption.Read(s, false).IDs(); len(ids) > 0 {
			carrying = append(carrying, n)
			if !slices.Equal(ids, []string{"CC1"}) {
				t.Error(ids)
			}
		}
	}
	if !slices.Equal(carrying, []int{1}) {
		t.Errorf("pictures %v of %d carry captions", carrying, len(h.samples))
	}
}

func FuzzData(f *testing.F) {
	for _, d := range []amf0.Data{
		{"onTextData", object("text", "Hello", "language", "en")}, {"@setDataFrame", "onMetaData", object("videocodecid", 7.0)},
		{"onCaptionInfo", amf0.ECMAArray(object("type", "708", "data", captionData([3]byte{0xFC, 0x94, 0x20})))},
	} {
		b, err := d.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := amf0.Unmarshal(b)
		if err != nil {
			return
		}
		var h heard
		p := h.publication()
		_ = p.mender.NALs(0, false, 4, [][]byte{testSPS, testPPS})
		p.data(d)
		for _, s := range h.said {
			if ingest.Language(s[0]) != s[0] || s[0] == "" {
				t.Fatalf("%q is no language", s[0])
			}
		}
	})
}
