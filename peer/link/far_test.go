package link

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// far is this machine's network, with a long way to everybody on it.
type far struct {
	*stdnet.Net
	over <-chan struct{} // the test is
}

const farWay = 60 * time.Millisecond

func (f far) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := f.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	s := &farSocket{UDPConn: conn, way: make(chan delayed, 1<<14)}
	go s.carry(f.over)
	return s, nil
}

type delayed struct {
	at   time.Time
	data []byte
	to   net.Addr
}

type farSocket struct {
	transport.UDPConn
	way chan delayed
}

func (s *farSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case s.way <- delayed{time.Now().Add(farWay), append([]byte(nil), b...), to}:
	default: // lost
	}
	return len(b), nil
}

// abreast is how many datagrams arrive within a millisecond at most: 19 MB/s. A window that arrived at once would be more than a
// socket holds, and on a busy machine nobody would have read it in time.
const abreast = 16

// carry keeps the order.
func (s *farSocket) carry(over <-chan struct{}) {
	for n := 1; ; n++ {
		select {
		case d := <-s.way:
			wait := time.Until(d.at)
			if n%abreast == 0 {
				wait = max(wait, time.Millisecond)
			}
			<-time.After(wait)
			_, _ = s.UDPConn.WriteTo(d.data, d.to) // lost, if the socket is closed by now
		case <-over:
			return
		}
	}
}

// On a long wide way more is under way than may wait. The link was taken for one whose other side does not read.
func TestWhatIsUnderWayDoesNotWait(t *testing.T) {
	std, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	a, b := coupled(t, Open(Config{Reach: Loopback, Net: far{std, t.Context().Done()}, Log: quiet}))
	go drain(t.Context(), b)
	data := make([]byte, 16<<10)
	most := uint64(0)
	for deadline := time.Now().Add(patience); most <= QueueMax; {
		if time.Now().After(deadline) {
			t.Fatalf("only %d bytes were ever under way", most)
		}
		if a.link.Buffered() > 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		if err := a.link.Send(data); err != nil {
			t.Fatalf("%v, with %d bytes under way", err, most)
		}
		most = max(most, a.link.channel.Load().rtc.BufferedAmount())
	}
}

func drain(ctx context.Context, e *end) {
	for {
		select {
		case <-e.messages:
		case <-ctx.Done():
			return
		}
	}
}
