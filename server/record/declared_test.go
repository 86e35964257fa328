package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoal/segment"
)

// Who rewinds is told of segments what live viewers are, from the first playlist to the last, whatever was recorded and let go of; nobody is told
// anything before that is settled.
func TestRewindingDeclaresWhatLiveDoes(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Rewind = time.Minute })
	says := func(epoch uint64, seconds int) {
		t.Helper()
		for track := range 2 {
			text, err := b.find(epoch).Media(segment.Track(track))
			if want := fmt.Sprintf("\n#EXT-X-TARGETDURATION:%d\n", seconds); err != nil || !strings.Contains(string(text), want) {
				t.Errorf("track %d, want %d s: %v\n%s", track, seconds, err, text)
			}
		}
	}
	b.declared = 0
	b.begin(1)
	b.publish(6, 2000, nil) // a segment is whole
	if _, err := b.find(1).Media(0); !errors.Is(err, ErrNotFound) {
		t.Errorf("a playlist is given away before it is known what live ones say: %v", err)
	}
	if _, err := b.find(1).Master(); !errors.Is(err, ErrNotFound) {
		t.Errorf("and the multivariant one: %v", err)
	}
	b.declared = 4 * time.Second
	b.publish(1, 2000, nil)
	says(1, 4)
	b.declared = 10 * time.Second // key frames came further apart
	b.publish(1, 2000, nil)
	says(1, 10)
	b.publish(400, 2000, nil) // what was declared for has slid out
	b.recorder.prune()
	b.declared = 0 // the origin keeps the epoch no more
	b.publish(8, 2000, nil)
	says(1, 10)
	b.end()
	says(1, 10)
	b.open(nil)
	says(1, 10)

	b.declared = 2 * time.Second
	b.begin(2)
	b.publish(8, 2000, nil)
	says(2, 2)
}

// A recording that a crash broke off declares what was given away before it, also with segments that are shorter; what cannot be read there counts
// for nothing.
func TestABrokenOffRecordingDeclaresWhatWasSaid(t *testing.T) {
	b := newBench(t, nil)
	says := func(epoch uint64, seconds int) {
		t.Helper()
		text, err := b.find(epoch).Media(0)
		if want := fmt.Sprintf("\n#EXT-X-TARGETDURATION:%d\n", seconds); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("want %d s: %v\n%s", seconds, err, text)
		}
	}
	for epoch, want := range map[uint64]int{1: 10, 2: 2} {
		b.declared = 4 * time.Second
		b.begin(epoch)
		b.publish(8, 2000, nil)
		b.declared = 10 * time.Second
		b.publish(8, 2000, nil)
		says(epoch, 10)
		if epoch == 2 {
			if err := os.WriteFile(filepath.Join(b.find(2).dir, declaredFile), []byte("70000"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b.open(nil) // the process was killed
		says(epoch, want)
		b.open(nil) // what is said is in sealed.json by now
		says(epoch, want)
	}
	for _, text := range []string{"", "-1", "4000x", strings.Repeat("1", 99)} {
		if err := os.WriteFile(filepath.Join(b.find(2).dir, declaredFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := declaredIn(b.find(2).dir); got != 0 {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
