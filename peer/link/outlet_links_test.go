package link

import (
	"sync"
	"testing"
	"time"
)

// Real links go through an outlet: all of both sides is counted, and no more goes out than is allowed, however much is wanted.
func TestRealLinksGoThroughTheirOutlet(t *testing.T) {
	const allowed, messages, size = 400_000, 24, 8 << 10
	o := NewOutlet(allowed)
	var wg sync.WaitGroup
	wg.Go(func() { o.Run(t.Context()) })
	t.Cleanup(wg.Wait)
	began := time.Now()
	a, b := coupled(t, Open(Config{Reach: Loopback, Outlet: o, Log: quiet}))
	for range messages {
		if err := a.link.Send(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	for range messages {
		if got := await(t, b.messages); len(got) != size {
			t.Fatalf("%d bytes", len(got))
		}
	}
	took := time.Since(began)
	sent := o.Sent()
	if sent < messages*size*105/100 {
		t.Errorf("%d bytes are counted where %d were messages: headers are missing", sent, messages*size)
	}
	if most := allowed*took.Seconds() + outletMax/8; float64(sent) > most {
		t.Errorf("%d bytes went out within %v, at most %.0f may", sent, took, most)
	}
}
