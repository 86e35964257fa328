package sim

import (
	"reflect"
	"testing"

	"shoal/span"
)

// brief is a short recording with viewers anywhere in it.
const brief = "part 2s; peers 30; recorded 4m; stay 4m; memory 48e6; warm 40s; measure 60s; "

// TestRecorded has thirty viewers spread over a recording bring it to each other: nobody waits, and the origin brings little.
func TestRecorded(t *testing.T) {
	r := run(t, everyday(t, brief), policy(t, "shoal"), 1)
	if r.Copies > 4 || r.LatePerMillion > 0 || r.Offload < 0.8 || r.Joins == 0 {
		t.Errorf("%+v", r)
	}
}

// TestRecordedAlone gives every viewer all from the origin, and nobody waits.
func TestRecordedAlone(t *testing.T) {
	r := run(t, everyday(t, brief+"peers 4; unreachable 1"), policy(t, "shoal"), 1)
	if r.Offload != 0 || r.Copies < 3.5 || r.Copies > 5 || r.LatePerMillion > 0 {
		t.Errorf("%+v", r)
	}
}

// TestRecordedTrouble seeks, sleeps, lies and takes the tracker away, twice with one seed: no rule is broken, and not a byte
// differs.
func TestRecordedTrouble(t *testing.T) {
	s := everyday(t, brief+"peers 16; seek-every 15s; sleepers 0.3; sleep-for 5s; hidden 0.2; polluters 0.1; liars 0.1; stallers 0.1; "+
		"memory 30e6; loss 0.01; outage-at 50s; outage-for 5s; start-at begin")
	first := run(t, s, policy(t, "shoal"), 2)
	if again := run(t, s, policy(t, "shoal"), 2); !reflect.DeepEqual(first, again) {
		t.Errorf("%+v, then %+v", first, again)
	}
	if first.SeekP50 == 0 || first.Offload == 0 || first.Tainted > 0 {
		t.Errorf("%+v", first)
	}
}

// TestMemoryIsABound has viewers hold no more than they may, and never give up what they are about to play.
func TestMemoryIsABound(t *testing.T) {
	n := New(everyday(t, brief+"peers 6; memory 30e6; seek-every 20s"), policy(t, "shoal"), 1)
	for n.Advance(10_000) {
		for _, v := range n.present {
			if float64(v.store.bytes) > n.Memory+2e6 {
				t.Fatalf("%d bytes held at %d s", v.store.bytes, n.now/span.Second)
			}
		}
	}
	if b := n.Broken(); len(b) > 0 {
		t.Error(b)
	}
}

// TestViewersLeaveAtTheEnd plays a short recording to its end.
func TestViewersLeaveAtTheEnd(t *testing.T) {
	r := run(t, everyday(t, "part 2s; peers 3; recorded 20s; stay 0s; warm 0s; measure 60s; start-at begin"), policy(t, "shoal"), 1)
	if r.Joins < 6 {
		t.Errorf("%d joins: three viewers every twenty seconds would be nine", r.Joins)
	}
}
