package local_test

import (
	"testing"

	"go.uber.org/goleak"

	"shoal/server/bus/bustest"
	"shoal/server/bus/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	bustest.Contract(t, func(*testing.T) bustest.Bus { return new(local.Bus) })
}

func TestHearersAreBounded(t *testing.T) {
	b := new(local.Bus)
	for range local.HearersMax {
		_, stop := b.Subscribe(1)
		defer stop()
	}
	if facts, _ := b.Subscribe(1); facts != nil {
		t.Error("one hearer too many was taken")
	}
}
