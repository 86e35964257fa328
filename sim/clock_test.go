package sim

import (
	"testing"

	"shoal/span"
)

// TestTimeNeverRunsBackwards adds and takes many events: they come in the order of time, and of adding among equals.
func TestTimeNeverRunsBackwards(t *testing.T) {
	var c clock
	var last event
	chance := chance{1}
	for round := range 2_000_000 {
		if round < 20_000 || round < 1_900_000 && round%2 == 0 {
			c.after(span.Span(chance.exponential(chance.span(1, span.Second))), event{})
			continue
		}
		if _, ok := c.upcoming(); !ok {
			return
		}
		if e := c.next(); e.before(&last) || c.now != e.at {
			t.Fatalf("at %d number %d, after %d number %d; the clock says %d", e.at, e.order, last.at, last.order, c.now)
		} else {
			last = e
		}
	}
}
