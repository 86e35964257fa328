package pack

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// What bench/conform found, each with its section of RFC 8216bis.

func TestInitSegmentsSayISO6(t *testing.T) { // 3.1.2
	b := stream(t, 3*time.Second)
	for track, parts := range b.parts {
		head := parts[0].Init[:min(64, len(parts[0].Init))]
		if !bytes.Contains(head, []byte("iso6")) || bytes.Contains(head, []byte("isom")) {
			t.Errorf("track %d: %q", track, head)
		}
	}
}

func TestServerControlIsTheSameInAllPlaylists(t *testing.T) { // 6.2.4
	b := stream(t, 21*time.Second)
	if b.windows[0].PartTarget == b.windows[1].PartTarget {
		t.Fatal("the tracks have the same part target: this shows nothing")
	}
	control := func(text string) string {
		_, rest, _ := strings.Cut(text, "#EXT-X-SERVER-CONTROL:")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	_, picture := b.playlist(0, Options{})
	_, sound := b.playlist(1, Options{})
	if control(picture) != control(sound) || control(picture) == "" {
		t.Errorf("%s\n%s", control(picture), control(sound))
	}
}

func TestAnEndedPlaylistSkipsNothing(t *testing.T) { // 6.2.5.1
	b := stream(t, 40*time.Second)
	if m, text := b.playlist(0, Options{Skip: true}); m.Skip == nil {
		t.Fatalf("nothing is skipped while it goes on:\n%s", text)
	}
	b.windows[0].Ended = true
	if m, text := b.playlist(0, Options{Skip: true}); m.Skip != nil || !m.Endlist {
		t.Errorf("it skips:\n%s", text)
	}
}

func TestPeakBitrate(t *testing.T) { // 4.1
	const target = 2 * time.Second
	window := func(of ...Entry) Window {
		w := Window{Ended: true}
		for n, e := range of {
			e.MSN, e.Seq = uint64(n), uint64(n)
			w.Entries = append(w.Entries, e)
		}
		return w
	}
	even := Entry{Duration: 2 * time.Second, Size: 1000}
	for name, c := range map[string]struct {
		window        Window
		peak, average int
	}{
		"even":                             {window(even, even, even), 4000, 4000},
		"one heavy":                        {window(even, Entry{Duration: 2 * time.Second, Size: 3000}, even), 12000, 6666},
		"a short one alone is no peak":     {window(even, Entry{Duration: 200 * time.Millisecond, Size: 500}), 5454, 5454},
		"a short one counts with the next": {window(even, Entry{Duration: 500 * time.Millisecond, Size: 1000}, even), 6400, 5333},
		"nothing but a short one":          {window(Entry{Duration: 500 * time.Millisecond, Size: 1000}), 16000, 16000},
		"longer than any set may be":       {window(Entry{Duration: 9 * time.Second, Size: 9000}), 8000, 8000},
		"empty":                            {Window{}, 0, 0},
	} {
		if peak, average := bitrate(c.window, target); peak != c.peak || average != c.average {
			t.Errorf("%s: %d and %d, want %d and %d", name, peak, average, c.peak, c.average)
		}
	}
}
