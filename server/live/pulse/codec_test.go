package pulse

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

func TestCodecsThatSomeBrowsersDoNotPlay(t *testing.T) {
	for name, want := range map[string]string{
		"avc1.42c028": "", "avc1.4d401f": "", "avc1.640028": "", "": "",
		"hvc1.1.6.L120.90": "H.265", "av01.0.08M.08": "AV1", "vp09.00.31.08": "VP9",
		"avc1.6e001f": "10 bits", "avc1.7A001f": "4:2:2", "avc1.f4001f": "4:4:4",
	} {
		if c := unplayed(name); c == nil && want != "" || c != nil && (want == "" || !strings.Contains(c.name, want)) {
			t.Errorf("%q: %+v, want %q", name, c, want)
		}
	}
}

// A picture that some cannot play wants advice unless a rung that they can play stands beside it.
func TestWhoCannotPlayThePictureHasARung(t *testing.T) {
	tracks := both()
	tracks[0].Codec = &codecs.VP9{Width: 1280, Height: 720, BitDepth: 8}
	s := begin(tracks)
	for _, c := range []struct {
		rung    string
		advised bool
	}{{"", true}, {"avc1", false}, {"hvc1.1.6.L120.90", true}, {"avc1.42c01f", false}, {"", true}} {
		s.p.Beside(1, c.rung)
		if h := s.play(2 * time.Second); slices.Contains(codes(h), "codec") != c.advised {
			t.Errorf("beside %q: %+v", c.rung, h.Advice)
		}
	}
	s.p.Beside(1, "avc1")
	s.p.Tracks(tracks) // a run that has no rungs yet
	if h := s.play(2 * time.Second); !slices.Contains(codes(h), "codec") || !strings.Contains(h.Advice[0].Says, "VP9") {
		t.Errorf("%+v", h.Advice)
	}
	s.p.Beside(-1, "avc1")
	s.p.Beside(len(s.p.everywhere), "avc1") // no such rungs
	s.p.Tracks(both())
	if h := s.play(2 * time.Second); slices.Contains(codes(h), "codec") {
		t.Errorf("of H.264: %+v", h.Advice)
	}
}
