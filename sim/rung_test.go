package sim

import (
	"testing"

	"shoal/segment"
	"shoal/span"
)

// shortLadder is the scenario ladder3 with fewer viewers, and in less time.
func shortLadder(t *testing.T, settings string) Scenario {
	t.Helper()
	s, err := Named("ladder3")
	if err != nil {
		t.Fatal(err)
	}
	change(t, &s, "peers 90; warm 20s; measure 20s; fickle 0.6; "+settings)
	return s
}

// TestLadder has three renditions offload what one does, less 5 points, and later parts than plain HTTP are none.
func TestLadder(t *testing.T) {
	several, one := run(t, shortLadder(t, ""), policy(t, "shoal"), 1), run(t, shortLadder(t, ""), OneRung(), 1)
	plain := run(t, shortLadder(t, "unreachable 1"), policy(t, "shoal"), 1)
	if several.Offload < one.Offload-0.05 || several.LatePerMillion > plain.LatePerMillion {
		t.Errorf("offload %.3f of three, %.3f of one; %.0f late, %.0f without sharing", several.Offload, one.Offload, several.LatePerMillion, plain.LatePerMillion)
	}
	if several.Turns == 0 || len(several.Rungs) != 3 || one.Rungs != nil || one.Turns > 0 {
		t.Errorf("%d turns, %d rungs; %d, %d of one", several.Turns, len(several.Rungs), one.Turns, len(one.Rungs))
	}
	for _, r := range several.Rungs {
		if r.Share < 0.2 || r.Offload < 0.8 {
			t.Errorf("%+v", r)
		}
	}
}

// TestTurn takes a viewer's downlink away in the middle of a segment, and gives it back: it begins the segment anew on the
// lowest rung at once, and climbs where a segment begins.
func TestTurn(t *testing.T) {
	s := shortLadder(t, "peers 6; stay 0s; fickle 0; downlinks 1x6; unreachable 0")
	n := New(s, policy(t, "shoal"), 1)
	until := func(at span.Span) {
		for n.now < at && len(n.broken) == 0 {
			e := n.next()
			n.happen(&e)
		}
	}
	until(20 * span.Second)
	v := n.present[0]
	per := int32(n.perSegment())
	for v.player.next%per != 2 {
		until(n.now + span.Millisecond)
	}
	v.net.Downs = []Class{{1, 0.5}}
	v.shift()
	if v.player.rung != 0 || v.player.back != 2 || v.hearsOf != 1<<2 {
		t.Fatalf("rung %d, %d parts back, hears of %b", v.player.rung, v.player.back, v.hearsOf)
	}
	until(n.now + 2*span.Second)
	if v.player.back != 0 || v.hearsOf != 1<<0 || v.player.lagNow() > 0 {
		t.Fatalf("%d parts back, hears of %b, lags %d ms", v.player.back, v.hearsOf, v.player.lagNow()/span.Millisecond)
	}
	v.net.Downs = []Class{{1, 6}}
	v.shift()
	if v.player.rung != 0 {
		t.Fatal("climbed at once")
	}
	for v.player.rung == 0 && n.now < 40*span.Second {
		until(n.now + span.Millisecond)
	}
	if v.player.rung != 2 || v.player.next%per != 0 || v.player.tracks() != segment.Tracks(1<<2) {
		t.Fatalf("rung %d at part %d", v.player.rung, v.player.next)
	}
	until(50 * span.Second)
	if len(n.Broken()) > 0 || v.player.lagNow() > 0 {
		t.Errorf("%v, lags %d ms", n.Broken(), v.player.lagNow()/span.Millisecond)
	}
}

func TestRungFor(t *testing.T) {
	s := Everyday()
	s.Ladder = []float64{0.33, 0.67, 1}
	for down, want := range map[float64]int{0.1: 0, 0.5: 0, 0.83: 0, 0.9: 1, 1.24: 1, 1.3: 2, 6: 2} {
		if got := s.rungFor(down); got != want {
			t.Errorf("a downlink of %gx takes rung %d, want %d", down, got, want)
		}
	}
	if lowest, _ := everyday(t, "ladder 0.33 0.67 1; downlinks 0.5x0.8 0.5x6").demand(); neat(lowest) != 0.665 {
		t.Errorf("%v is demanded", lowest)
	}
	for _, settings := range []string{"ladder", "ladder 1 0.5", "ladder 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9", "ladder 9"} {
		s := Everyday()
		if s.Set(settings) == nil && s.Check() == nil {
			t.Errorf("%q passes", settings)
		}
	}
}
