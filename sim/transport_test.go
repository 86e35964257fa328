package sim

import (
	"reflect"
	"testing"

	"shoal/span"
)

// TestTransports runs small swarms over SCTP: no rule may break, and the same seed gives the same result.
func TestTransports(t *testing.T) {
	for _, name := range []string{"browser", "pion"} {
		s := everyday(t, "peers 12; stay 20s; warm 10s; measure 15s; transport "+name)
		first := run(t, s, Policies()[0], 1)
		if again := run(t, s, Policies()[0], 1); !reflect.DeepEqual(first, again) {
			t.Errorf("%s: %+v, then %+v", name, first, again)
		}
		if first.Offload == 0 {
			t.Errorf("%s: nothing came from peers", name)
		}
	}
	if err := (everyday(t, "")).Check(); err != nil {
		t.Error(err)
	}
	s := Everyday()
	if s.Transport = "pigeon"; s.Check() == nil {
		t.Error("a transport that does not exist was taken")
	}
}

func TestWindowGrowsOnlyWhenItIsInTheWay(t *testing.T) {
	a := transport{window: 4380}.associate()
	a.flying, a.flights = 4000, []flight{{0, 4000}}
	if a.room(3000) || !a.room(500) {
		t.Error("the window is not where it should be")
	}
	a.landed(100*span.Millisecond, 4000)
	if a.window != 4380 || a.flying != 0 || len(a.flights) != 0 || !a.room(1<<20) {
		t.Errorf("after an acknowledgement with nothing waiting: %+v", a)
	}
	a.flying, a.flights, a.waiting = 4000, []flight{{0, 4000}}, make([]event, 1)
	a.landed(100*span.Millisecond, 1000)
	if a.window != 5380 || a.flying != 3000 || a.flights[0].size != 3000 {
		t.Errorf("after an acknowledgement with something waiting: %+v", a)
	}
	a.despair()
	if a.window != segmentSize || a.threshold != 4*segmentSize || a.patience() != 2*span.Second {
		t.Errorf("after a timeout: %+v", a)
	}
}
