package sim

import (
	"encoding/json"
	"math"
	"testing"
)

// TestCauses has every byte of the origin counted for one cause, and those that there must be be there.
func TestCauses(t *testing.T) {
	n := New(everyday(t, "peers 20; stay 20s; abrupt 1; warm 10s; measure 15s"), policy(t, "shoal"), 1)
	n.Curious()
	r := n.Run()
	sum, last := 0.0, 0.0
	by := map[string]CauseDetail{}
	for _, c := range n.Detail().Causes {
		by[c.Name] = c
		sum += c.Newcomers + c.Others
		last += c.Last
	}
	if math.Abs(sum-r.Copies) > 1e-4*r.Copies || math.Abs(last-r.LastCopies) > 1e-4*r.LastCopies {
		t.Errorf("causes come to %g copies, %g of the last; %g and %g were sent", sum, last, r.Copies, r.LastCopies)
	}
	first, seed := by[causeNames[firstPart]], by[causeNames[seeding]]
	if first.Newcomers == 0 || first.Others != 0 || seed.Newcomers+seed.Others < 0.9 {
		t.Errorf("first parts %+v, seeds %+v", first, seed)
	}
}

// TestCuriosityChangesNothing runs the same seed with and without a look inside. What came twice is told in full.
func TestCuriosityChangesNothing(t *testing.T) {
	var lines [2]string
	for i := range lines {
		n := New(everyday(t, "peers 20; uplinks 1x0.8; warm 5s; measure 10s"), policy(t, "shoal"), 1)
		if i == 1 {
			n.Curious()
		}
		r := n.Run()
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(line)
		if i == 1 && r.DupShare > 0 && len(n.Detail().Twice) == 0 {
			t.Error("nothing is told of what came twice")
		}
	}
	if lines[0] != lines[1] {
		t.Errorf("a look inside changed the run:\n%s\n%s", lines[0], lines[1])
	}
}
