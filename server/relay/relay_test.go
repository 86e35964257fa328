package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"shoal/id"
)

func TestNoRelayWithoutATracker(t *testing.T) {
	if r, err := Open(Config{Listen: "127.0.0.1:0"}, nil); err == nil {
		_ = r.Close()
		t.Error("opened without anybody to ask")
	}
}

func TestPortInUse(t *testing.T) {
	r := start(t, Config{}, &peers{})
	_, err := Open(Config{Listen: fmt.Sprintf("127.0.0.1:%d", r.Port())}, &peers{})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("said %v", err)
	}
	tcp, _ := net.Listen("tcp", "127.0.0.1:0")
	defer tcp.Close()
	if _, err := Open(Config{Listen: tcp.Addr().String()}, &peers{}); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("said %v", err)
	}
}

func TestBadPortRange(t *testing.T) {
	for _, c := range []Config{{PortMin: 80, PortMax: 90}, {PortMin: 5000, PortMax: 4000}, {PortMin: 60000, PortMax: 70000}} {
		if _, err := Open(c, &peers{}); err == nil {
			t.Errorf("opened with ports %d to %d", c.PortMin, c.PortMax)
		}
	}
}

func TestBindingTellsTheAddress(t *testing.T) {
	r := start(t, Config{}, &peers{})
	client := connect(t, r, "", "")
	addr, err := client.SendBindingRequest()
	if err != nil || !addrOf(addr).IsLoopback() {
		t.Errorf("told %v, %v", addr, err)
	}
}

func TestAllocation(t *testing.T) {
	p := &peers{}
	r := start(t, Config{PortMin: 40000, PortMax: 49999}, p)
	user, password := r.Credentials(lagoon, 5)
	client := connect(t, r, user, password)
	conn, err := allocate(t, client)
	if err != nil {
		t.Fatal(err)
	}
	at := conn.LocalAddr().(*net.UDPAddr)
	if at.Port < 40000 || at.Port > 49999 || addrOf(at) != r.Addresses()[0] {
		t.Errorf("allocated %v", at)
	}
	if n, _ := r.Counts(); n != 1 {
		t.Errorf("%d allocations", n)
	}
	p.mu.Lock()
	if p.observed[5] != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("observed %v", p.observed)
	}
	p.mu.Unlock()
	if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(8, 8, 4, 4), Port: 4000}); err != nil {
		t.Errorf("a viewer's address: %v", err)
	}
	for _, a := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0"} {
		if err := client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(a), Port: 4000}); err == nil {
			t.Errorf("%s was permitted", a)
		}
	}
}

// Browsers ask for an allocation for each connection: a peer may have some, which together carry what one may.
func TestAPeerHasAFewAllocations(t *testing.T) {
	r := start(t, Config{}, &peers{})
	user, password := r.Credentials(lagoon, 5)
	first, err := allocate(t, connect(t, r, user, password))
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < AllocationsPerPeer; i++ {
		if _, err := allocate(t, connect(t, r, user, password)); err != nil {
			t.Fatalf("allocation %d: %v", i+1, err)
		}
	}
	last := connect(t, r, user, password)
	if _, err := allocate(t, last); err == nil {
		t.Error("one more than a peer may have")
	}
	other, word := r.Credentials(lagoon, 6)
	if _, err := allocate(t, connect(t, r, other, word)); err != nil {
		t.Errorf("another peer's: %v", err)
	}
	_ = first.Close()
	eventually(t, func() bool { n, _ := r.Counts(); return n == AllocationsPerPeer })
	if _, err := allocate(t, last); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

func TestNobodyReachesWhoIsNotAViewer(t *testing.T) {
	p := &peers{allowed: func(peer id.Peer, a netip.Addr) bool { return peer == 5 && a == netip.MustParseAddr("8.8.4.4") }}
	r := start(t, Config{}, p)
	for peer, want := range map[id.Peer]map[string]bool{5: {"8.8.4.4": true, "8.8.8.8": false}, 6: {"8.8.4.4": false}} {
		user, password := r.Credentials(lagoon, peer)
		client := connect(t, r, user, password)
		if _, err := allocate(t, client); err != nil {
			t.Fatal(err)
		}
		for a, want := range want {
			if err := client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(a), Port: 4000}); (err == nil) != want {
				t.Errorf("peer %d, %s: permitted %v", peer, a, err == nil)
			}
		}
	}
}

func TestAllocationsAreCounted(t *testing.T) {
	r := start(t, Config{AllocationsMax: 2}, &peers{})
	for i := range 3 {
		user, password := r.Credentials(lagoon, id.Peer(5+i))
		if _, err := allocate(t, connect(t, r, user, password)); (err == nil) != (i < 2) {
			t.Errorf("allocation %d: %v", i, err)
		}
	}
}

func TestOverTCP(t *testing.T) {
	p := &peers{}
	r := start(t, Config{}, p)
	tcp, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.Port()))
	if err != nil {
		t.Fatal(err)
	}
	user, password := r.Credentials(lagoon, 5)
	client := over(t, r, turn.NewSTUNConn(tcp), user, password)
	if _, err := allocate(t, client); err != nil {
		t.Fatal(err)
	}
	if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(8, 8, 4, 4), Port: 4000}); err != nil {
		t.Errorf("a viewer's address: %v", err)
	}
	if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4000}); err == nil {
		t.Error("loopback was permitted")
	}
}

// RFC 6062 would make the relay a proxy for TCP.
func TestNoTCPToPeers(t *testing.T) {
	r := start(t, Config{}, &peers{})
	user, password := r.Credentials(lagoon, 5)
	tcp, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.Port()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := over(t, r, turn.NewSTUNConn(tcp), user, password).AllocateTCP(); err == nil {
		t.Error("a TCP allocation was made")
	}
	if n, _ := r.Counts(); n != 0 {
		t.Errorf("%d allocations", n)
	}
}

func TestEvenPortsAreNotReserved(t *testing.T) {
	r := &Relay{config: Config{}, ledger: newLedger(1)}
	if _, _, err := (generator{r}).AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4"}); !errors.Is(err, errQuota) {
		t.Errorf("a search for a port: %v", err)
	}
}

func TestTCPConnectionsAreCounted(t *testing.T) {
	r := start(t, Config{}, &peers{})
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	count := func() int {
		r.porch.mu.Lock()
		defer r.porch.mu.Unlock()
		return len(r.porch.open)
	}
	for range connectionsPerHome + 4 {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.Port()))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	for _, c := range open[connectionsPerHome:] {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a connection too many stays open: %v", err)
		}
	}
	if n := count(); n != connectionsPerHome {
		t.Errorf("%d open", n)
	}
	for _, c := range open[:connectionsPerHome] {
		_ = c.Close()
	}
	eventually(t, func() bool { return count() == 0 })
}

func TestURLs(t *testing.T) {
	r, err := Open(Config{Listen: "127.0.0.1:0"}, &peers{})
	if err != nil {
		t.Fatal(err)
	}
	stun, turns := r.URLs("::1")
	if want := fmt.Sprintf("stun:[::1]:%d", r.Port()); stun[0] != want || len(turns) != 2 {
		t.Errorf("%v %v, want %s", stun, turns, want)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
