package origin_test

import (
	"fmt"
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
