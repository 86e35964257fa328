package link

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var there = &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4000}

var elsewhere = &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 4000}

// stun is a check, or its answer.
func stun(kind uint16, n int) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, kind)
	binary.BigEndian.PutUint32(b[4:], 0x2112A442)
	binary.BigEndian.PutUint64(b[8:], uint64(n))
	return b
}

func TestNoMoreGoesOutThanIsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const allowed = 125_000
		o := NewOutlet(allowed)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { o.Run(ctx); close(done) }()
		var mu sync.Mutex // what waits for nobody does not wait for Run either
		var order []int
		by := func(b []byte, _ net.Addr) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, len(b))
			return len(b), nil
		}
		began := time.Now()
		for range 1000 { // more is wanted than is allowed
			_, _ = o.write(make([]byte, 1172), there, by)
			_, _ = o.write(make([]byte, 72), elsewhere, by)
			time.Sleep(7 * time.Millisecond)
		}
		synctest.Wait()
		sent, most := 0, allowed*time.Since(began).Seconds()
		for _, n := range order {
			sent += n + headerSize
		}
		if got := float64(sent); got > 1.02*most || got < 0.98*most {
			t.Errorf("%d bytes went out where %.0f are allowed", sent, most)
		}
		small := 0
		for _, n := range order {
			if n == 72 {
				small++
			}
		}
		if small != 1000 {
			t.Errorf("%d of 1000 small ones are out: they wait for nobody", small)
		}
		if o.held > outletMax {
			t.Errorf("%d bytes wait, at most %d may", o.held, outletMax)
		}
		cancel()
		<-done
		if _, _ = o.write(make([]byte, 1172), there, by); order[len(order)-1] != 1172 {
			t.Error("what is said at the end waits for nobody")
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add(stun(1, 7))
	f.Add(append([]byte{0x40, 0, 0, 20}, stun(0x0101, 5)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if check(data) && len(data) < 20 {
			t.Error("a check without a name")
		}
	})
}

func TestNothingOvertakesOnItsLink(t *testing.T) {
	o := NewOutlet(1000) // which nobody runs: what waits stays
	var out []int
	by := func(b []byte, _ net.Addr) (int, error) { out = append(out, len(b)); return len(b), nil }
	for range 4 {
		_, _ = o.write(make([]byte, 1172), there, by)
	}
	out = nil
	_, _ = o.write(make([]byte, 72), there, by)
	_, _ = o.write(make([]byte, 73), elsewhere, by)
	_, _ = o.write(stun(1, 1), there, by)
	if !slices.Equal(out, []int{73, 20}) {
		t.Errorf("%v went out: a small datagram may overtake those of other links, and a check all", out)
	}
}
