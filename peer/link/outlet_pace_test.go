package link

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPaceIsKeptAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const allowed, pace = 1_000_000, 100_000
		o := NewOutlet(allowed)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { o.Run(ctx); close(done) }()
		var mu sync.Mutex
		sent := 0
		by := func(b []byte, _ net.Addr) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			sent += len(b) + headerSize
			return len(b), nil
		}
		during := func() float64 {
			mu.Lock()
			sent = 0
			mu.Unlock()
			for range 200 { // twice what the pace takes, and less than is allowed
				_, _ = o.write(make([]byte, 972), there, by)
				time.Sleep(5 * time.Millisecond)
			}
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return float64(sent)
		}
		o.Pace(pace)
		if got := during(); got > 1.02*paceAbove*pace || got < 0.98*paceAbove*pace {
			t.Errorf("%.0f bytes went out in a second at a pace of %d", got, pace)
		}
		o.Pace(0)
		time.Sleep(time.Second) // what waited
		if got := during(); got < 199_000 {
			t.Errorf("%.0f bytes went out in a second where nothing held them", got)
		}
		cancel()
		<-done
	})
}
