package origin_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"shoal/server/origin"
)

// Whoever waits for a track that rests is told so, at once; with its next part it is there again.
func TestRestingTrack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 2)
		h.run(8, 2)
		playlist := later(func() (string, error) { return h.media(1, origin.Reload{Blocking: true, MSN: 7<<20 + 2, Part: 0}) })
		part := later(func() (string, error) { return h.get(h.name(1, 8)) })
		synctest.Wait()
		h.b.Rest(1)
		if got := <-playlist; !errors.Is(got.err, origin.ErrNotFound) {
			t.Errorf("the playlist of a track that rests: %v, %v", got.value, got.err)
		}
		if got := <-part; !errors.Is(got.err, origin.ErrNotFound) {
			t.Errorf("its next part: %v", got.err)
		}
		if _, err := h.media(1, origin.Reload{}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("its playlist as it was: %v", err)
		}
		if _, err := h.get(h.name(1, 7)); err != nil {
			t.Errorf("a part that is there: %v", err)
		}
		if text, err := h.media(0, origin.Reload{}); err != nil || strings.Contains(text, "RENDITION-REPORT") {
			t.Errorf("another track still tells of it: %v, %s", err, text)
		}
		h.publish(h.part(1))
		if _, err := h.media(1, origin.Reload{}); err != nil {
			t.Errorf("after its next part: %v", err)
		}
		h.b.Rest(7) // there is none
	})
}
