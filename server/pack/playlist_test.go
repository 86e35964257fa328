package pack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2/pkg/playlist"

	"shoal/segment"
	"shoal/server/ingest"
)

// stream is a bench that has played for some time.
func stream(t *testing.T, lasts time.Duration) *bench {
	t.Helper()
	b := newBench(t, videoTrack(), audioTrack(48000))
	b.write(merge(video(0, 0, lasts, 30, 60, 2, true), audio(1, 0, lasts, 48000, true)))
	return b
}

func (b *bench) playlist(track segment.Track, o Options) (*playlist.Media, string) {
	b.t.Helper()
	text := MediaPlaylist(b.windows, track, o)
	p, err := playlist.Unmarshal(text)
	if err != nil {
		b.t.Fatalf("%v in\n%s", err, text)
	}
	return p.(*playlist.Media), string(text)
}

func TestMediaPlaylist(t *testing.T) {
	b := stream(t, 21*time.Second)
	m, text := b.playlist(0, Options{})
	if m.TargetDuration != 2 || m.MediaSequence != testMSN || m.Version != 9 || m.Endlist {
		t.Errorf("head is wrong:\n%s", text)
	}
	control := m.ServerControl
	if !control.CanBlockReload || *control.PartHoldBack < 3*m.PartInf.PartTarget || *control.CanSkipUntil != 12*time.Second {
		t.Errorf("EXT-X-SERVER-CONTROL is wrong:\n%s", text)
	}
	if len(m.Segments) != 10 {
		t.Errorf("%d segments", len(m.Segments))
	}
	listed := time.Duration(0)
	for i, s := range m.Segments {
		if want := fmt.Sprintf("7/0/s%d.m4s", testMSN+i); s.URI != want {
			t.Errorf("URI %s, want %s", s.URI, want)
		}
		if s.Duration.Round(time.Second) > 2*time.Second || s.DateTime == nil {
			t.Errorf("segment %d: %+v", i, s)
		}
		for _, p := range s.Parts {
			listed += p.Duration
			if p.Duration > m.PartInf.PartTarget {
				t.Errorf("part %s lasts %v", p.URI, p.Duration)
			}
		}
		if len(s.Parts) > 0 && !s.Parts[0].Independent {
			t.Errorf("segment %d: its first part is not independent", i)
		}
	}
	if listed < 4*time.Second || listed > 8*time.Second {
		t.Errorf("parts are listed for %v", listed)
	}
	if hint := fmt.Sprintf("7/0/p%d.m4s", len(b.parts[0])); m.PreloadHint.URI != hint {
		t.Errorf("preload hint %s, want %s", m.PreloadHint.URI, hint)
	}
	if len(m.RenditionReport) != 1 || m.RenditionReport[0].URI != "1.m3u8" || m.RenditionReport[0].LastMSN != testMSN+10 {
		t.Errorf("rendition report is wrong:\n%s", text)
	}
}

func TestDeltaUpdate(t *testing.T) {
	b := stream(t, 61*time.Second)
	full, _ := b.playlist(0, Options{})
	delta, text := b.playlist(0, Options{Skip: true})
	if delta.Skip == nil || delta.Skip.SkippedSegments+len(delta.Segments) != len(full.Segments) {
		t.Fatalf("segments are lost:\n%s", text)
	}
	if delta.MediaSequence != full.MediaSequence {
		t.Error("a delta update keeps the media sequence")
	}
	kept := time.Duration(0)
	for _, s := range delta.Segments {
		kept += s.Duration
	}
	if kept < 10*time.Second || kept > 14*time.Second {
		t.Errorf("%v are kept of a skip boundary at 12 s", kept)
	}
	short := stream(t, 9*time.Second)
	if m, _ := short.playlist(0, Options{Skip: true}); m.Skip != nil {
		t.Error("a short playlist skips")
	}
}

func TestWindowSlides(t *testing.T) {
	b := stream(t, 41*time.Second)
	w := &b.windows[0]
	first := w.Entries[0].MSN
	gone := w.Slide(20 * time.Second)
	if len(gone) == 0 || gone[0].MSN != first || w.Entries[0].Index != 0 || gone[len(gone)-1].MSN+1 != w.Entries[0].MSN {
		t.Errorf("%d entries went, the window begins with %d.%d", len(gone), w.Entries[0].MSN, w.Entries[0].Index)
	}
	m, _ := b.playlist(0, Options{})
	kept := time.Duration(0)
	for _, s := range m.Segments {
		kept += s.Duration
	}
	if uint64(m.MediaSequence) != w.Entries[0].MSN || kept < 18*time.Second || kept > 22*time.Second {
		t.Errorf("sequence %d with %v", m.MediaSequence, kept)
	}
}

func TestPlaylistAcrossADiscontinuity(t *testing.T) {
	b := stream(t, 10*time.Second)
	other := audioTrack(44100)
	if err := b.p.Discontinuity([]ingest.Track{videoTrack(), other}, testWall().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b.write(merge(video(0, 0, 10*time.Second, 30, 60, 2, true), audio(1, 0, 10*time.Second, 44100, true)))
	for track, maps := range []int{1, 2} {
		m, text := b.playlist(segment.Track(track), Options{})
		breaks := 0
		for _, s := range m.Segments {
			if s.Discontinuity {
				breaks++
			}
		}
		if breaks != 1 || *m.DiscontinuitySequence != 0 {
			t.Errorf("track %d has %d discontinuities", track, breaks)
		}
		if n := strings.Count(text, "#EXT-X-MAP"); n != maps {
			t.Errorf("track %d has %d maps, want %d:\n%s", track, n, maps, text)
		}
		b.windows[track].Slide(4 * time.Second)
		if m, _ := b.playlist(segment.Track(track), Options{}); *m.DiscontinuitySequence != 1 {
			t.Errorf("track %d: the discontinuity slid out uncounted", track)
		}
	}
}

func TestSilenceIsNamedAGap(t *testing.T) {
	b := newBench(t, videoTrack(), audioTrack(48000))
	second := time.Second
	sound := append(audio(1, 0, 10*second, 48000, true), audio(1, 20*second, 5*second, 48000, true)...)
	b.write(merge(video(0, 0, 25*second, 30, 60, 0, true), sound))
	m, text := b.playlist(1, Options{})
	gaps, total := 0, time.Duration(0)
	for i, s := range m.Segments {
		total += s.Duration
		if s.Gap {
			gaps++
		}
		if want := fmt.Sprintf("7/1/s%d.m4s", testMSN+i); s.URI != want {
			t.Errorf("segment %d is %s", i, s.URI)
		}
	}
	if gaps < 4 || total < 23*second || total > 25*second {
		t.Errorf("%d gaps, %v in all:\n%s", gaps, total, text)
	}
}

func TestEndedPlaylist(t *testing.T) {
	b := stream(t, 5*time.Second)
	b.flush()
	for i := range b.windows {
		b.windows[i].Ended = true
	}
	m, text := b.playlist(0, Options{})
	if !m.Endlist || m.PreloadHint != nil || len(m.Segments) != 3 || len(m.Parts) != 0 {
		t.Errorf("the end is wrong:\n%s", text)
	}
}

func TestReached(t *testing.T) {
	b := stream(t, 5*time.Second)
	w := &b.windows[0]
	last := w.Entries[len(w.Entries)-1]
	for _, c := range []struct {
		msn  uint64
		part int
		want bool
	}{
		{last.MSN - 1, -1, true}, {last.MSN - 1, 99, true}, {last.MSN, last.Index, true},
		{last.MSN, last.Index + 1, false}, {last.MSN, -1, false}, {last.MSN + 1, 0, false},
	} {
		if got := w.Reached(c.msn, c.part); got != c.want {
			t.Errorf("Reached(%d, %d) is %v", c.msn, c.part, got)
		}
	}
	w.Ended = true
	if !w.Reached(last.MSN+9, 0) {
		t.Error("an ended playlist lets nobody wait")
	}
}

func TestMasterPlaylist(t *testing.T) {
	b := stream(t, 21*time.Second)
	tracks := []ingest.Track{videoTrack(), audioTrack(48000)}
	text := MasterPlaylist(tracks, b.windows, Captions{}, nil)
	read, err := playlist.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	m := read.(*playlist.Multivariant)
	v := m.Variants[0]
	if strings.Join(v.Codecs, ",") != "avc1.42c028,mp4a.40.2" || v.Resolution != "1920x1080" || v.URI != "0.m3u8" {
		t.Errorf("wrong variant:\n%s", text)
	}
	if r := m.Renditions[0]; r.GroupID != v.Audio || *r.URI != "1.m3u8" || r.Type != playlist.MultivariantRenditionTypeAudio || !m.IndependentSegments {
		t.Errorf("wrong rendition:\n%s", text)
	}
	// 59 frames of 300 bytes and one of 3000 in 2 s, and 93.75 of 200, with their boxes
	if *v.AverageBandwidth < 160_000 || *v.AverageBandwidth > 190_000 || v.Bandwidth < *v.AverageBandwidth {
		t.Errorf("bandwidth %d, on average %d", v.Bandwidth, *v.AverageBandwidth)
	}
	b.windows[1].Entries = nil
	if text := string(MasterPlaylist(tracks, b.windows, Captions{}, nil)); strings.Contains(text, "AUDIO") || strings.Contains(text, "mp4a") {
		t.Errorf("a track without a part is offered:\n%s", text)
	}
	b.windows[0].Entries = nil
	if MasterPlaylist(tracks, b.windows, Captions{}, nil) != nil || MediaPlaylist(b.windows, 0, Options{}) != nil || MediaPlaylist(b.windows, 9, Options{}) != nil {
		t.Error("nothing is offered as something")
	}
	only := newBench(t, audioTrack(48000))
	only.write(audio(0, 0, 9*time.Second, 48000, true))
	text = MasterPlaylist(tracks[1:], only.windows, Captions{}, nil)
	if read, err = playlist.Unmarshal(text); err != nil || len(read.(*playlist.Multivariant).Variants) != 1 {
		t.Errorf("%v in\n%s", err, text)
	}
}

// Each sound is named by its language, no two alike, and a recording finds its language in the init segment.
func TestSoundsHaveLanguages(t *testing.T) {
	tracks := []ingest.Track{videoTrack(), audioTrack(48000), audioTrack(48000), audioTrack(48000), audioTrack(48000)}
	for n, language := range []string{"en", "de-AT", "", "en"} {
		tracks[1+n].Language = language
	}
	b := newBench(t, tracks...)
	lasts := 5 * time.Second
	all := video(0, 0, lasts, 30, 60, 0, true)
	for n := range 4 {
		all = merge(all, audio(1+n, 0, lasts, 48000, true))
	}
	b.write(all)
	text := string(MasterPlaylist(tracks, b.windows, Captions{}, nil))
	if _, err := playlist.Unmarshal([]byte(text)); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, want := range []string{
		`LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="1.m3u8"`, `LANGUAGE="de-AT",NAME="Deutsch (AT)",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="2.m3u8"`,
		`GROUP-ID="sound",NAME="Sound 3",DEFAULT=NO,`, `LANGUAGE="en",NAME="English 4",DEFAULT=NO,`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	for n, want := range []string{"", "en", "de", "", "en"} { // MP4 has room for the language, not for the country
		read, err := ReadTrack(b.parts[n][0].Init)
		if err != nil || read.Language != want {
			t.Errorf("track %d: language %q, %v; want %q", n, read.Language, err, want)
		}
	}
	joined, _, err := JoinInits([][]byte{b.parts[0][0].Init, b.parts[2][0].Init})
	if err != nil || languageOf(joined, 0) != "" || languageOf(joined, 1) != "de" {
		t.Errorf("together: %q and %q, %v", languageOf(joined, 0), languageOf(joined, 1), err)
	}
	alone := string(MasterPlaylist(tracks[1:], b.windows[1:], Captions{}, nil))
	if strings.Count(alone, "#EXT-X-STREAM-INF") != 1 {
		t.Errorf("without a picture languages are no qualities of each other:\n%s", alone)
	}
}
