package relay

import (
	"net"
	"sync"

	"shoal/id"
)

// ledger knows which peer holds an allocation, and from where.
type ledger struct {
	allocationsMax int

	mu      sync.Mutex
	held    map[id.Peer]struct{} // guarded by mu: peers with a relay socket; at most allocationsMax
	clients map[string]id.Peer   // guarded by mu: by client; at most one for each of held
}

func newLedger(allocationsMax int) *ledger {
	return &ledger{allocationsMax: allocationsMax, held: map[id.Peer]struct{}{}, clients: map[string]id.Peer{}}
}

// free reports whether a peer may have an allocation.
func (l *ledger) free(peer id.Peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, has := l.held[peer]
	return !has && len(l.held) < l.allocationsMax
}

// reserve notes a peer's relay socket, unless it has one or there are too many. release ends it.
func (l *ledger) reserve(peer id.Peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, has := l.held[peer]; has || len(l.held) >= l.allocationsMax {
		return false
	}
	l.held[peer] = struct{}{}
	return true
}

func (l *ledger) release(peer id.Peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, peer)
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
	return len(l.held)
}
