package origin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/server/origin"
)

// What a playlist says of how long segments are stays as it was when the multivariant playlist was given away, however far apart a
// publisher's key frames are: what they are worth is known by then, or what encoders do that are left to themselves is supposed.
func TestTargetDurationStays(t *testing.T) {
	for parts, want := range map[int]int{2: 2, 4: 2, 6: 3, 8: 4, 9: 5, 16: 10, 20: 10} {
		t.Run(fmt.Sprintf("segments of %d parts", parts), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newBench(t, 2)
				master := later(func() ([]byte, error) { return h.origin.Master(t.Context(), name) })
				for n := range 3 * parts {
					for track := range segment.Track(2) {
						p := h.part(track)
						p.MSN, p.Index = epochOne<<20+uint64(n/parts), n%parts
						p.Independent, p.Last = p.Index == 0, p.Index == parts-1
						h.publish(p)
					}
					time.Sleep(partLasts)
					synctest.Wait()
					if pending(master) {
						if n >= 10 {
							t.Fatal("the multivariant playlist waits for ever")
						}
						continue
					}
					for track := range segment.Track(2) {
						text, err := h.media(track, origin.Reload{})
						if says := fmt.Sprintf("#EXT-X-TARGETDURATION:%d\n", want); err != nil || !strings.Contains(text, says) {
							t.Fatalf("track %d, after %d parts: %v\n%s", track, n+1, err, text)
						}
					}
				}
			})
		})
	}
}

// An encoder that says how far apart its key frames come is believed before they do: segments that become so long change nothing.
func TestTargetDurationIsWhatTheEncoderSays(t *testing.T) {
	for said, want := range map[time.Duration]int{0: 2, 2 * time.Second: 2, 8333 * time.Millisecond: 8} {
		h := newBench(t, 1)
		h.b.Expect(said)
		if got := declared(h, 4, 4, 4); !slices.Equal(got, []int{want, want, want}) {
			t.Errorf("%v: %v", said, got)
		}
		if got := declared(h, int(said/partLasts)); said > 2*time.Second && !slices.Equal(got, []int{want}) {
			t.Errorf("%v, and then it is so: %v", said, got)
		}
	}
	h := newBench(t, 1)
	h.b.Expect(8 * time.Second)
	if got := declared(h, 14); !slices.Equal(got, []int{8}) { // nothing is to be supposed where something is known
		t.Errorf("eight seconds from the start: %v", got)
	}
	h = newBench(t, 1)
	was := declared(h, 4, 4)
	h.b.Expect(6 * time.Second) // the publisher came back with other settings
	if got := append(was, declared(h, 4, 12)...); !slices.Equal(got, []int{2, 2, 6, 6}) {
		t.Errorf("told late: %v", got)
	}
}

// Where key frames come further apart than anybody knew, what is declared grows in few steps, not with every second.
func TestTargetDurationGrowsSeldom(t *testing.T) {
	h := newBench(t, 1)
	if told := h.origin.Declared(h.channel, h.b.Epoch()); told != 0 {
		t.Errorf("%v is declared before a part has come", told)
	}
	if got := declared(h, 4, 4, 5, 7, 4, 16, 20, 21, 32, 4); !slices.Equal(got, []int{2, 2, 4, 4, 4, 10, 10, 16, 16, 16}) {
		t.Errorf("%v", got)
	}
	if told := h.origin.Declared(h.channel, h.b.Epoch()); told != 16*time.Second {
		t.Errorf("who asks is told %v", told)
	}
	if told := h.origin.Declared(h.channel, h.b.Epoch()+1); told != 0 {
		t.Errorf("%v is declared of an epoch that there is not", told)
	}
}

// declared publishes segments of so many parts and returns what the playlist declares behind each. While one grows it declares that at most twice
// anew, and always enough.
func declared(h *bench, segments ...int) (all []int) {
	h.t.Helper()
	for _, parts := range segments {
		steps := map[int]bool{}
		for n := range parts {
			p := h.part(0)
			p.MSN, p.Index, p.Independent, p.Last = epochOne<<20+uint64(finished(h)), n, n == 0, n == parts-1
			h.publish(p)
			text, err := h.media(0, origin.Reload{})
			if err != nil {
				h.t.Fatal(err)
			}
			_, says, _ := strings.Cut(text, "#EXT-X-TARGETDURATION:")
			seconds := 0
			if _, err := fmt.Sscanf(says, "%d", &seconds); err != nil {
				h.t.Fatal(err)
			}
			if lasts := time.Duration(n+1) * partLasts; lasts.Round(time.Second) > time.Duration(seconds)*time.Second {
				h.t.Errorf("a segment of %v, and %d s are declared", lasts, seconds)
			}
			if told := h.origin.Declared(h.channel, h.b.Epoch()); told != 0 && told != time.Duration(seconds)*time.Second { // 0: nothing is settled yet
				h.t.Errorf("the playlist says %d s, and who asks is told %v", seconds, told)
			}
			steps[seconds] = true
			if n == parts-1 {
				all = append(all, seconds)
			}
		}
		if len(steps) > 3 {
			h.t.Errorf("while a segment of %d parts grew it declared %v", parts, steps)
		}
	}
	return all
}

// finished counts the segments that are whole.
func finished(h *bench) (n int) {
	for _, p := range h.sent[0] {
		if p.Last {
			n++
		}
	}
	return n
}
