package gate

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestConnectionsOfOneAddress(t *testing.T) {
	var l Visitors
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range waitingMax {
		if err := l.Enter(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Enter(a); !errors.Is(err, ErrWaiting) {
		t.Errorf("one too many: %v", err)
	}
	if err := l.Enter(b); err != nil {
		t.Errorf("another address: %v", err)
	}
	l.Admit(a)
	if err := l.Enter(a); err != nil {
		t.Errorf("after one was admitted: %v", err)
	}
	l.Leave(a, false)
	l.Leave(b, true)
	for range waitingMax {
		l.Leave(a, true)
	}
	if l.total != 0 || len(l.visitors) != 0 {
		t.Errorf("%d connections and %d addresses are left", l.total, len(l.visitors))
	}
}

func TestConnectionsInAll(t *testing.T) {
	var l Visitors
	for i := range connectionsMax {
		if err := l.Enter(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Enter(netip.MustParseAddr("192.0.2.1")); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
}

func TestWrongKeysOfOneAddress(t *testing.T) {
	var l Visitors
	now := time.Now()
	a := netip.MustParseAddr("2001:db8::1")
	neighbour, other := netip.MustParseAddr("2001:db8::ffff:2"), netip.MustParseAddr("2001:db8:0:1::1")
	for i := range failuresMax {
		if err := l.Blocked(a, now); err != nil {
			t.Fatalf("after %d wrong keys: %v", i, err)
		}
		l.Failed(a, now.Add(time.Duration(i)*time.Second))
	}
	if l.Blocked(a, now.Add(30*time.Second)) == nil || l.Blocked(neighbour, now.Add(30*time.Second)) == nil {
		t.Error("ten wrong keys block nothing")
	}
	if err := l.Blocked(other, now); err != nil {
		t.Errorf("another network: %v", err)
	}
	if err := l.Blocked(a, now.Add(failuresIn)); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	for i := range visitorsMax + 50 {
		l.Failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if n := len(l.visitors); n > visitorsMax {
		t.Errorf("%d addresses are remembered", n)
	}
}
