package pack

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"shoal/server/ingest"
	"shoal/server/pack/sei/seitest"
)

// scenes makes a picture whose key frames come where scenes change, at most gop frames apart, as encoders do that are left to themselves. said
// is what the encoder says of that in its first frame; 0: nothing.
func scenes(chance *rand.Rand, lasts time.Duration, rate float64, gop, said int) []ingest.Sample {
	all := video(0, 0, lasts, rate, 1<<30, 0, true)
	for n := 0; n < len(all); n += min(gop, gop/10+chance.IntN(2*gop)) {
		all[n].Key = true
	}
	if said > 0 {
		unit := seitest.X264(said)
		all[0].Data = append(append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...), 0, 0, 0, 1, 0x65)
	}
	return all
}

// However irregularly key frames come: segments last no longer than the encoder's word makes known with the first part.
func TestSegmentsKeepToTheEncodersWord(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 8216))
	for _, rate := range []float64{25, 29.97, 60} {
		for _, gop := range []int{25, 40, 48, 60, 75, 90, 125, 250, 300} {
			t.Run(fmt.Sprintf("%v/%d", rate, gop), func(t *testing.T) {
				b := newBench(t, videoTrack(), audioTrack(48000))
				both := merge(scenes(chance, 3*time.Minute, rate, gop, gop), audio(1, 0, 3*time.Minute, 48000, true))
				for len(b.parts[0]) == 0 {
					b.write(both[:1])
					both = both[1:]
				}
				known := b.p.Longest()
				b.write(both)
				if now := b.p.Longest(); now.Round(time.Second) != known.Round(time.Second) {
					t.Errorf("with the first part %v were known, now %v", known, now)
				}
				for track := range b.windows {
					for _, s := range b.segments(track) {
						if s.duration.Round(time.Second) > known.Round(time.Second) {
							t.Errorf("track %d: a segment of %v, and %v were known", track, s.duration, known)
						}
					}
				}
				b.aligned()
			})
		}
	}
}

// Without a word what was seen counts: segments grow longer than before only where a key frame comes later than any before.
func TestSegmentsGrowWithTheGroupsAlone(t *testing.T) {
	b := newBench(t, videoTrack())
	chance := rand.New(rand.NewPCG(7, 8216))
	for _, s := range scenes(chance, 5*time.Minute, 30, 150, 0) {
		b.write([]ingest.Sample{s})
		all := b.segments(0)
		if n := len(all); n > 0 && all[n-1].done && all[n-1].duration.Round(time.Second) > b.p.Longest().Round(time.Second) {
			t.Fatalf("a segment of %v, where groups of %v are known", all[n-1].duration, b.p.groups.most)
		}
	}
	if most := b.p.Longest(); most < 4500*time.Millisecond || most > 5*time.Second+soundSlack {
		t.Errorf("five seconds are the longest group, %v is known", most)
	}
}

// Steady streams are cut at the key frame that is nearest to the target, as far as that is told beforehand.
func TestLongestOfSteadyStreams(t *testing.T) {
	for gop, want := range map[int]time.Duration{15: 2 * time.Second, 30: 2 * time.Second, 39: 2600 * time.Millisecond, 60: 2 * time.Second, 90: 3 * time.Second, 250: 8333 * time.Millisecond, 900: SegmentMax} {
		b := newBench(t, videoTrack())
		b.write(video(0, 0, 2*time.Minute, 30, gop, 0, false))
		if got := b.p.Longest(); (got - want).Abs() > soundSlack+2*time.Millisecond {
			t.Errorf("groups of %d: %v, want %v", gop, got, want)
		}
		for _, s := range b.segments(0)[:1] {
			if (s.duration - want).Abs() > 100*time.Millisecond {
				t.Errorf("groups of %d: a segment of %v, want %v", gop, s.duration, want)
			}
		}
	}
}
