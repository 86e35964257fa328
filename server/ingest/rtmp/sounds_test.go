package rtmp

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"

	"shoal/server/ingest"
)

// Sounds of Enhanced RTMP's multitrack are tracks of their own, in the order of their numbers; languages stand behind the key.
func TestSeveralSounds(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	c := dial(t, addr, rightKey+"?languages=en,ger")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	video := h264Track()
	sounds := []*gortmplib.Track{aacTrack(48000), aacTrack(48000), aacTrack(44100), aacTrack(48000), aacTrack(48000), aacTrack(48000)}
	w := &gortmplib.Writer{Conn: c, Tracks: append([]*gortmplib.Track{video}, sounds...)}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	const frames = 30
	for n := range frames {
		at := time.Duration(n) * 40 * ms
		if err := w.WriteH264(video, at, at, [][]byte{idr}); err != nil {
			t.Fatal(err)
		}
		for i, s := range sounds {
			if err := w.WriteMPEG4Audio(s, at, []byte{byte(i), 2, 3}); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Close()
	<-d.ended
	s := d.sinks[0]
	if len(s.runs) != 1 || len(s.runs[0]) != 1+ingest.SoundsMax || d.leftOut != 2 {
		t.Fatalf("%d runs, %v, %d sounds are left out\n%s", len(s.runs), s.runs, d.leftOut, book.String())
	}
	var languages []string
	for _, track := range s.runs[0] {
		languages = append(languages, track.Language)
	}
	if want := []string{"", "en", "de", "", ""}; !slices.Equal(languages, want) {
		t.Errorf("languages %q, want %q", languages, want)
	}
	count := make([]int, len(languages))
	for _, x := range s.samples {
		count[x.Track]++
		if x.Track > 0 && int(x.Data[0]) != x.Track-1 {
			t.Fatalf("a frame of sound %d is in track %d", x.Data[0], x.Track)
		}
	}
	if want := []int{frames, frames, frames, frames, frames}; !slices.Equal(count, want) {
		t.Errorf("frames %v, want %v", count, want)
	}
	if rate := s.runs[0][3].TimeScale; rate != 44100 {
		t.Errorf("the third sound has %d ticks a second", rate)
	}
}
