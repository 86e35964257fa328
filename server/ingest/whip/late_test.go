package whip

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"shoal/server/ingest"
)

// notes is a Sink that notes which tracks a run begins with, and after how long.
type notes struct {
	now  time.Duration
	runs []string
}

func (n *notes) Tracks(tracks []ingest.Track) error {
	text := n.now.Truncate(time.Second).String()
	for _, t := range tracks {
		text += fmt.Sprint(" ", t.Kind)
	}
	n.runs = append(n.runs, text)
	return nil
}

func (n *notes) Sample(ingest.Sample) error { return nil }

// What was offered is waited for, a picture longer than a sound: it is not left out because an encoder starts late, and a publication without it
// begins all the same.
func TestOfferedTracksAreWaitedFor(t *testing.T) {
	sets := setsIn("sprop-parameter-sets=Z0LAFdoFBn58BagwMDUoAAADAAgAAAMBlHixdQ==,aM48gA==")
	const never = time.Hour
	for name, c := range map[string]struct {
		picture, sound time.Duration // when they come
		want           []string
	}{
		"both":                  {0, 0, []string{"0s video audio"}},
		"a slow encoder":        {5 * time.Second, 0, []string{"5s video audio"}},
		"a very slow one":       {11 * time.Second, 0, []string{"8s audio", "11s video audio"}},
		"no picture":            {never, 0, []string{"8s audio"}},
		"no sound":              {0, never, []string{"3s video"}},
		"a sound that is late":  {0, 2 * time.Second, []string{"2s video audio"}},
		"a sound that is later": {0, 5 * time.Second, []string{"3s video", "5s video audio"}},
	} {
		sink := &notes{}
		p := newPublication(sink, wish{wanted: [2]bool{true, true}, sets: sets}, slog.New(slog.DiscardHandler))
		for n := range uint16(600) { // frames of 25 ms
			now := time.Duration(n) * 25 * time.Millisecond
			sink.now = now
			if now >= c.sound {
				packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: n, Timestamp: uint32(n) * 1200}, Payload: []byte{0xfc, 0xff, 0xfe}}
				if err := p.take(sound, packet, 0, now); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if now < c.picture {
				continue
			}
			for _, packet := range packets(n, uint32(n)*2250, unitOf(0x65, 20)) {
				if err := p.take(picture, packet, 0, now); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		if !slices.Equal(sink.runs, c.want) {
			t.Errorf("%s: %q, want %q", name, sink.runs, c.want)
		}
	}
}
