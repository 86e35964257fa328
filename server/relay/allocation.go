package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/pion/turn/v5"

	"shoal/id"
)

var (
	errNoTCP     = errors.New("allocations are for UDP only")
	errQuota     = errors.New("no further allocation is free")
	errFamily    = errors.New("no public address of this family")
	errExhausted = errors.New("the allocation has carried all it may")
	errRefused   = errors.New("not a current viewer's address")
)

// generator makes the sockets of allocations. It is what the TURN server asks.
type generator struct{ relay *Relay }

var _ turn.RelayAddressGenerator = generator{}

// Validate has nothing to check: Open did.
func (generator) Validate() error { return nil }

// AllocateListener refuses: TCP to peers (RFC 6062) is how a relay becomes a proxy into its host's network.
func (generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn refuses, as AllocateListener does.
func (generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// AllocatePacketConn opens the socket of one allocation. A request without a user is a search for an even port, which
// nobody needs who carries one stream over one port; it is refused like a wish for a certain port.
func (g generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	peer, err := id.ParsePeer(c.UserID)
	if err != nil || c.RequestedPort != 0 {
		return nil, nil, errQuota
	}
	public, ok := g.relay.public(strings.HasSuffix(c.Network, "6"))
	if !ok {
		return nil, nil, errFamily
	}
	share, ok := g.relay.ledger.reserve(peer)
	if !ok {
		return nil, nil, errQuota
	}
	conn, err := g.relay.listen(c.Network)
	if err != nil {
		g.relay.ledger.release(peer)
		return nil, nil, err
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	return &allocation{PacketConn: conn, relay: g.relay, peer: peer, share: share},
		net.UDPAddrFromAddrPort(netip.AddrPortFrom(public, uint16(port))), nil
}

// listen opens a socket on a port of the range, or on any if there is no range.
func (r *Relay) listen(network string) (*net.UDPConn, error) {
	at := &net.UDPAddr{IP: r.bind}
	if r.config.PortMin == 0 {
		return net.ListenUDP(network, at)
	}
	var err error
	for range portTries {
		at.Port = r.config.PortMin + rand.IntN(r.config.PortMax-r.config.PortMin+1)
		var conn *net.UDPConn
		if conn, err = net.ListenUDP(network, at); err == nil {
			return conn, nil
		}
	}
	return nil, fmt.Errorf("no free port from %d to %d: %w", r.config.PortMin, r.config.PortMax, err)
}

// allocation is the socket of one allocation, with its peer's limits. What is over a rate is dropped, as a narrow line would;
// what is over the sum ends it.
type allocation struct {
	net.PacketConn
	relay *Relay
	peer  id.Peer
	share *share
	once  sync.Once
}

// WriteTo sends to a peer. The address was permitted, but that may be minutes ago.
func (a *allocation) WriteTo(b []byte, to net.Addr) (int, error) {
	if !a.relay.grant(a.peer, addrOf(to)) {
		return 0, errRefused
	}
	ok, err := a.pass(len(b))
	if err != nil {
		_ = a.Close()
		return 0, err
	}
	if !ok {
		return len(b), nil
	}
	return a.PacketConn.WriteTo(b, to)
}

// ReadFrom returns the next packet that is within the limits.
func (a *allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := a.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		ok, err := a.pass(n)
		if err != nil || ok {
			return n, from, err
		}
	}
}

// pass counts n bytes, and reports whether they are within the rates.
func (a *allocation) pass(n int) (bool, error) {
	now := a.relay.now()
	if !a.share.pace.take(now, n) || !a.relay.total.take(now, n) {
		return false, nil
	}
	if a.share.passed.Add(int64(n)) > BytesMax {
		return false, errExhausted
	}
	a.relay.carried.Add(uint64(n))
	return true, nil
}

// Close closes the socket and gives the peer's place back.
func (a *allocation) Close() error {
	err := a.PacketConn.Close()
	a.once.Do(func() { a.relay.ledger.release(a.peer) })
	return err
}
