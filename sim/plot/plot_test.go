package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"shoal/sim"
)

// TestPictures draws sound XML, with the scenario's name in it, for one policy and for several, even if little happened.
func TestPictures(t *testing.T) {
	s := sim.Everyday()
	s.Name = "a <small> one"
	for _, line := range []string{"peers 5", "warm 3s", "measure 5s"} {
		if err := s.Set(line); err != nil {
			t.Fatal(err)
		}
	}
	var runs []Run
	for _, p := range sim.Policies()[:2] {
		n := sim.New(s, p, 1)
		runs = append(runs, Run{n.Run(), n.Detail()})
	}
	runs = append(runs, Run{Result: sim.Result{Policy: "nothing"}, Detail: sim.Detail{Offload: make([]float64, 5), Classes: make([]sim.ClassDetail, 3)}})
	for n := range 4 {
		for _, p := range All(runs[:n]) {
			if !strings.Contains(string(p.SVG), "a &lt;small&gt; one") {
				t.Errorf("%s does not say what was run", p.Name)
			}
			d := xml.NewDecoder(strings.NewReader(string(p.SVG)))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", p.Name, err)
				}
			}
			if strings.Contains(string(p.SVG), "NaN") {
				t.Errorf("%s has a number that is none", p.Name)
			}
		}
	}
}
