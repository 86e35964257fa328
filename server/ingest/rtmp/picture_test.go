package rtmp

import (
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"

	"shoal/server/ingest"
)

// Pictures of Enhanced RTMP's multitrack beside the first are rungs, behind the sounds; those that there is no room for are left out.
func TestSeveralPictures(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	var pictures []*gortmplib.Track
	for range 7 {
		pictures = append(pictures, h264Track())
	}
	sound := aacTrack(48000)
	c, w := publisher(t, addr, append([]*gortmplib.Track{sound}, pictures...)...)
	const frames = 30
	for n := range frames {
		at := time.Duration(n) * 40 * ms
		for i, p := range pictures {
			if err := w.WriteH264(p, at, at, [][]byte{{0x65, byte(i), 2, 3}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteMPEG4Audio(sound, at, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	<-d.ended
	s := d.sinks[0]
	if len(s.runs) != 1 || len(s.runs[0]) != 2+ingest.RungsMax || !strings.Contains(d.rungs[ingest.RungsMax+1], "send fewer") {
		t.Fatalf("%d runs, %v, left out %v\n%s", len(s.runs), s.runs, d.rungs, book.String())
	}
	for n, track := range s.runs[0] {
		if want := max(0, n-1); track.Rung != want {
			t.Errorf("track %d is rung %d, not %d", n, track.Rung, want)
		}
	}
	for _, x := range s.samples {
		if rung := s.runs[0][x.Track].Rung; x.Track != 1 && int(x.Data[5]) != rung || x.DTS%(40*ms) != 0 {
			t.Fatalf("a frame of picture %d at %v is of rung %d", x.Data[5], x.DTS, rung)
		}
	}
	if len(s.samples) != frames*(2+ingest.RungsMax) {
		t.Errorf("%d samples", len(s.samples))
	}
}

// Whatever is wrong with a picture beside the first costs this picture alone.
func TestABadRungHarmsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*gortmplib.Writer, *gortmplib.Track, time.Duration) error
		why   string
	}{
		"no NAL unit": {
			func(w *gortmplib.Writer, rung *gortmplib.Track, at time.Duration) error {
				return w.WriteH264(rung, at, at, [][]byte{{0x68}})
			}, "a parameter set is cut short",
		},
		"other parameters": {
			func(w *gortmplib.Writer, rung *gortmplib.Track, at time.Duration) error {
				return w.WriteH264(rung, at, at, [][]byte{testSPS, {0x68, 0xce, 0x3c, 0x90}, idr})
			}, "its parameters changed",
		},
		"another clock": {
			func(w *gortmplib.Writer, rung *gortmplib.Track, at time.Duration) error {
				return w.WriteH264(rung, at+time.Hour, at+time.Hour, [][]byte{idr})
			}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor()
			addr, book := run(t, d)
			first, rung := h264Track(), &gortmplib.Track{Codec: &codecs.H264{SPS: testSPS, PPS: testPPS}}
			client, w := publisher(t, addr, first, rung)
			for n := range 50 {
				at := time.Duration(n) * 40 * ms
				if err := w.WriteH264(first, at, at, [][]byte{idr}); err != nil {
					t.Fatal(err)
				}
				write := c.spoil
				if n < 25 {
					write = func(w *gortmplib.Writer, rung *gortmplib.Track, at time.Duration) error {
						return w.WriteH264(rung, at, at, [][]byte{idr})
					}
				}
				if err := write(w, rung, at); err != nil {
					t.Fatal(err)
				}
			}
			client.Close()
			<-d.ended
			s := d.sinks[0]
			count := [2]int{}
			for _, x := range s.samples {
				count[x.Track]++
			}
			if len(s.runs) != 1 || count != [2]int{50, 25} || !strings.Contains(d.rungs[1], c.why) {
				t.Errorf("%d runs, %d samples, left out %v\n%s", len(s.runs), count, d.rungs, book.String())
			}
		})
	}
}
