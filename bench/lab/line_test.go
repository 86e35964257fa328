package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 20 * time.Second

// lines returns two that run until the test ends.
func lines(t *testing.T) (a, b *Line) {
	t.Helper()
	all := Internet{}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for i, l := range []**Line{&a, &b} {
		var err error
		if *l, err = NewLine(all, netip.AddrFrom4([4]byte{127, 1, byte(i), 1}), 1e6, 1e6, time.Millisecond, time.Millisecond); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { (*l).Run(ctx) })
	}
	return a, b
}

func TestDatagramsKeepTheirOrder(t *testing.T) {
	a, b := lines(t)
	from, err := a.ListenUDP("udp4", &net.UDPAddr{IP: a.addr.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := b.ListenUDP("udp4", &net.UDPAddr{IP: b.addr.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	const many = 200
	for i := range many {
		if _, err := from.WriteTo(fmt.Appendf(nil, "%d", i), to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	buffer := make([]byte, 100)
	_ = to.SetReadDeadline(time.Now().Add(patient))
	for i := range many {
		n, at, err := to.ReadFrom(buffer)
		if err != nil || string(buffer[:n]) != fmt.Sprint(i) || at.String() != from.LocalAddr().String() {
			t.Fatalf("%q from %v: %v, want %d", buffer[:n], at, err, i)
		}
	}
	if c := a.Counts(); c.Datagrams != many || c.Dropped != 0 || c.Up <= many*headerSize {
		t.Errorf("%+v", c)
	}
}

func TestStreamsCarryAndEnd(t *testing.T) {
	a, _ := lines(t)
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		conn, err := server.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		data := make([]byte, 5)
		if n, err := conn.Read(data); err != nil || string(data[:n]) != "hello" {
			t.Errorf("%q: %v", data[:n], err)
		}
		_, _ = conn.Write(make([]byte, 100_000))
	})
	conn, err := a.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Error(err)
	}
	sum, data := 0, make([]byte, 1000)
	for err == nil {
		var n int
		n, err = conn.Read(data)
		sum += n
	}
	if sum != 100_000 {
		t.Errorf("%d bytes came: %v", sum, err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(data); err == nil {
		t.Error("a closed stream can be read")
	}
}
