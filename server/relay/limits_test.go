package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"shoal/id"
)

// wire is a socket that keeps what is sent and gives what a test puts in.
type wire struct {
	net.PacketConn
	in   [][]byte
	out  int
	over bool
}

func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	if len(w.in) == 0 {
		return 0, nil, net.ErrClosed
	}
	n := copy(b, w.in[0])
	w.in = w.in[1:]
	return n, viewer, nil
}

func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	w.out += len(b)
	return len(b), nil
}

func (w *wire) Close() error { w.over = true; return nil }

var viewer = &net.UDPAddr{IP: net.IPv4(8, 8, 4, 4), Port: 4000}

func newAllocation(c *clock, total int64) (*allocation, *wire) {
	r := &Relay{peers: &peers{}, now: c.now, ledger: newLedger(1), total: bits(total)}
	share, _ := r.ledger.reserve(5)
	w := &wire{}
	return &allocation{PacketConn: w, relay: r, peer: 5, share: share}, w
}

func TestAnAllocationKeepsItsRate(t *testing.T) {
	for _, limit := range []struct {
		total, want int64
	}{{TotalBitsPerSecond, BitsPerSecond}, {1_000_000, 1_000_000}} {
		c := newClock()
		a, w := newAllocation(c, limit.total)
		packet := make([]byte, 1200)
		const seconds = 60
		for range seconds * 1000 { // 9.6 Mbit/s are offered
			if n, err := a.WriteTo(packet, viewer); n != len(packet) || err != nil {
				t.Fatal(n, err)
			}
			c.pass(time.Millisecond)
		}
		want := limit.want * seconds / 8
		if got := int64(w.out); got < want*95/100 || got > want*105/100 {
			t.Errorf("carried %d bytes, want %d within 5 %%", got, want)
		}
	}
}

func TestAllocationsOfOnePeerShareItsRate(t *testing.T) {
	c := newClock()
	r := &Relay{peers: &peers{}, now: c.now, ledger: newLedger(AllocationsPerPeer), total: bits(TotalBitsPerSecond)}
	w := &wire{}
	for range AllocationsPerPeer {
		share, _ := r.ledger.reserve(5)
		a := &allocation{PacketConn: w, relay: r, peer: 5, share: share}
		for range 1000 {
			if _, err := a.WriteTo(make([]byte, 1200), viewer); err != nil {
				t.Fatal(err)
			}
		}
	}
	if most := BitsPerSecond / 8 / 2; w.out > most || w.out < most*9/10 {
		t.Errorf("%d bytes went out at once, want about %d", w.out, most)
	}
}

func TestPacketsOverTheRateAreDroppedOnTheWayIn(t *testing.T) {
	c := newClock()
	a, w := newAllocation(c, TotalBitsPerSecond)
	for range 1000 {
		w.in = append(w.in, make([]byte, 1200))
	}
	n := 0
	for {
		if _, _, err := a.ReadFrom(make([]byte, 1600)); err != nil {
			break
		}
		n += 1200
	}
	if most := BitsPerSecond / 8 / 2; n > most || n < most*9/10 {
		t.Errorf("%d bytes came in at once, want about %d", n, most)
	}
}

func TestAnAllocationEndsWhenItHasCarriedItsShare(t *testing.T) {
	c := newClock()
	a, w := newAllocation(c, TotalBitsPerSecond)
	a.share.passed.Store(BytesMax - 1000)
	if _, err := a.WriteTo(make([]byte, 1000), viewer); err != nil {
		t.Fatal(err)
	}
	if _, err := a.WriteTo(make([]byte, 1), viewer); !errors.Is(err, errExhausted) || !w.over {
		t.Errorf("one byte more: %v, closed %v", err, w.over)
	}
	if a.relay.ledger.count() != 0 {
		t.Error("its place was not given back")
	}
	w.in = [][]byte{{1}}
	if _, _, err := a.ReadFrom(make([]byte, 10)); !errors.Is(err, errExhausted) {
		t.Errorf("on the way in: %v", err)
	}
}

func TestNothingGoesWhereItIsNoLongerAllowed(t *testing.T) {
	c := newClock()
	a, w := newAllocation(c, TotalBitsPerSecond)
	for _, ip := range []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP("::1"), net.IPv4(10, 0, 0, 1)} {
		if _, err := a.WriteTo([]byte{1}, &net.UDPAddr{IP: ip, Port: 4000}); !errors.Is(err, errRefused) || w.out != 0 {
			t.Errorf("%v: %v, %d bytes sent", ip, err, w.out)
		}
	}
}

func message(kind uint16, attributes ...uint16) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, kind)
	for _, a := range attributes {
		b = binary.BigEndian.AppendUint16(b, a)
		b = binary.BigEndian.AppendUint16(b, 3)
		b = append(b, 0, 0, 0, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20))
	return b
}

func TestIsProven(t *testing.T) {
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"binding success":        {message(0x0101, 0x0020, 0x8028), false},
		"401":                    {message(0x0113, 9, 0x15, 0x14), false},
		"allocate success":       {message(0x0103, 0x16, 0x0d, 0x08), true},
		"data indication":        {message(0x0017, 0x12, 0x13), true},
		"channel data":           {[]byte{0x40, 0, 0, 4, 1, 2, 3, 4}, true},
		"empty":                  {nil, false},
		"short":                  {[]byte{0, 1, 2}, false},
		"attribute past end":     {append(message(0x0101), 0, 9, 0xff, 0xff), false},
		"integrity in the value": {message(0x0101, 0x0020), false},
	} {
		if got := isProven(c.packet); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzIsProven(f *testing.F) {
	f.Add(message(0x0101, 0x0020, 0x0008))
	f.Add([]byte{0x40})
	f.Fuzz(func(_ *testing.T, b []byte) { isProven(b) })
}

// T25: who asks under a false sender gets little sent there.
func TestRepliesToAStrangerAreFew(t *testing.T) {
	c := newClock()
	w := &wire{}
	d := &door{PacketConn: w, now: c.now, networks: map[netip.Prefix]*rate{}}
	reply := message(0x0101, 0x0020)
	const seconds = 60
	for range seconds * 1000 {
		for host := range 3 { // of one network
			_, _ = d.WriteTo(reply, &net.UDPAddr{IP: net.IPv4(8, 8, 4, byte(host)), Port: 53})
		}
		c.pass(time.Millisecond)
	}
	if n, most := w.out/len(reply), repliesPerSecond*seconds+repliesAtOnce; n > most || n < most*9/10 {
		t.Errorf("%d replies, at most %d are allowed", n, most)
	}
	w.out = 0
	_, _ = d.WriteTo(reply, &net.UDPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 4000})
	_, _ = d.WriteTo(message(0x0103, 8), &net.UDPAddr{IP: net.IPv4(8, 8, 4, 1), Port: 53})
	for range 200 {
		_, _ = d.WriteTo(reply, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4000})
	}
	if want := 201*len(reply) + len(message(0x0103, 8)); w.out != want {
		t.Errorf("%d bytes to others and to the proven, want %d", w.out, want)
	}
}

func TestNetworksAreForgotten(t *testing.T) {
	c := newClock()
	d := &door{now: c.now, networks: map[netip.Prefix]*rate{}}
	for i := range networksMax {
		if !d.allow(netip.AddrFrom4([4]byte{8, byte(i >> 8), byte(i), 1})) {
			t.Fatalf("network %d was refused", i)
		}
	}
	if d.allow(netip.MustParseAddr("9.9.9.9")) {
		t.Error("more networks than are allowed are counted")
	}
	c.pass(time.Minute)
	if !d.allow(netip.MustParseAddr("9.9.9.9")) || len(d.networks) != 1 {
		t.Errorf("%d networks after a quiet minute", len(d.networks))
	}
}

// quota is asked before the socket is made, and two connections may be asked at once.
func TestPlacesAreGivenOnce(t *testing.T) {
	l := newLedger(AllocationsPerPeer + 1)
	reserve := func(p id.Peer) bool { _, ok := l.reserve(p); return ok }
	for i := range AllocationsPerPeer {
		if !reserve(5) {
			t.Errorf("place %d of a peer is not given", i+1)
		}
	}
	if reserve(5) || !reserve(6) || reserve(7) || l.count() != AllocationsPerPeer+1 {
		t.Error("a place was given twice, or one too many")
	}
	l.release(5)
	if !reserve(7) {
		t.Error("a place that was given back is not free")
	}
}

func Example_rate() {
	c := newClock()
	r := &rate{perSecond: 10, atOnce: 2}
	fmt.Println(r.take(c.now(), 1), r.take(c.now(), 1), r.take(c.now(), 1))
	c.pass(100 * time.Millisecond)
	fmt.Println(r.take(c.now(), 1), r.take(c.now(), 1))
	// Output:
	// true true false
	// true false
}
