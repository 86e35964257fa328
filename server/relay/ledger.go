package relay

import (
	"net"
	"sync"
	"sync/atomic"

	"shoal/id"
)

// ledger knows which peer holds an allocation, and from where.
type ledger struct {
	allocationsMax int

	mu      sync.Mutex
	taken   int                // guarded by mu: allocations of all; at most allocationsMax
	held    map[id.Peer]*share // guarded by mu: of peers with a relay socket
	clients map[string]id.Peer // guarded by mu: by client; at most one for each allocation
}

// share is what the allocations of one peer have together: however many they are, they carry no more than one would.
type share struct {
	pace        *rate
	passed      atomic.Int64
	allocations int // guarded by the ledger's mu
}

func newLedger(allocationsMax int) *ledger {
	return &ledger{allocationsMax: allocationsMax, held: map[id.Peer]*share{}, clients: map[string]id.Peer{}}
}

// free reports whether a peer may have one more allocation.
func (l *ledger) free(peer id.Peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room(peer)
}

// room needs mu held.
func (l *ledger) room(peer id.Peer) bool {
	s := l.held[peer]
	return l.taken < l.allocationsMax && (s == nil || s.allocations < AllocationsPerPeer)
}

// reserve notes a peer's relay socket, unless it has enough or there are too many. release ends it.
func (l *ledger) reserve(peer id.Peer) (*share, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.room(peer) {
		return nil, false
	}
	s := l.held[peer]
	if s == nil {
		s = &share{pace: bits(BitsPerSecond)}
		l.held[peer] = s
	}
	s.allocations++
	l.taken++
	return s, true
}

func (l *ledger) release(peer id.Peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.held[peer]
	if s == nil {
		return
	}
	l.taken--
	if s.allocations--; s.allocations == 0 {
		delete(l.held, peer)
	}
}

// clientKey tells clients over UDP and TCP apart, which may have the same address and port.
func clientKey(client net.Addr) string { return client.Network() + " " + client.String() }

func (l *ledger) open(client net.Addr, peer id.Peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients[clientKey(client)] = peer
}

func (l *ledger) close(client net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clients, clientKey(client))
}

// holder returns the peer whose allocation a client uses.
func (l *ledger) holder(client net.Addr) (id.Peer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	peer, ok := l.clients[clientKey(client)]
	return peer, ok
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}
