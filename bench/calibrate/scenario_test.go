package main

import (
	"testing"

	"shoal/sim"
)

func TestScenarioIsSound(t *testing.T) {
	s, err := sim.Parse("calibration", scenario)
	if err == nil {
		err = s.Check()
	}
	if err != nil || s.Peers+s.Crowd < 30 {
		t.Errorf("%d peers: %v", s.Peers+s.Crowd, err)
	}
}
