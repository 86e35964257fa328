package record

import (
	"errors"
	"fmt"
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
