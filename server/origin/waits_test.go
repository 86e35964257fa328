package origin_test

import (
	"testing"
	"testing/synctest"

	"shoal/server/origin"
)

// Waits says what Media would do, and waits itself for nothing.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBench(t, 1)
		first := origin.Reload{Blocking: true}
		if !h.origin.Waits(name, 0, origin.Reload{}) || !h.origin.Waits(name, 0, first) {
			t.Error("before the first part nobody waits")
		}
		h.publish(h.part(0))
		next := origin.Reload{Blocking: true, MSN: h.part(0).MSN, Part: 1}
		for reload, waits := range map[origin.Reload]bool{
			{}:    false,
			first: false,
			next:  true,
			{Blocking: true, MSN: next.MSN + origin.AheadMax + 2, Part: -1}: false, // too far
			{Blocking: true, MSN: next.MSN, Part: 1, Text: "en"}:            false, // no such language
		} {
			if got := h.origin.Waits(name, 0, reload); got != waits {
				t.Errorf("%+v waits: %v", reload, got)
			}
		}
		if h.origin.Waits("nobody", 0, first) || h.origin.Waits(name, 7, first) {
			t.Error("what there is not is waited for")
		}
		text := later(func() ([]byte, error) { return h.origin.Media(t.Context(), name, 0, next) })
		synctest.Wait()
		h.publish(h.part(0))
		if got := <-text; got.err != nil || h.origin.Waits(name, 0, next) {
			t.Errorf("when it is there: %v", got.err)
		}
	})
}
