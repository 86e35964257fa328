package rtmp

import (
	"testing"
	"time"
)

const ms = time.Millisecond

func TestCompositionTimesAreSigned(t *testing.T) {
	if d := signed24(time.Duration(1<<24-40) * ms); d != -40*ms {
		t.Errorf("a composition time of -40 ms is read as %v", d)
	}
	if d := signed24(40 * ms); d != 40*ms {
		t.Errorf("a composition time of 40 ms is read as %v", d)
	}
}
