package tracker

import (
	"net/netip"
	"slices"
	"sync"

	"shoal/id"
)

// directory knows where the viewers that share were seen. Rooms write it, the relay asks it.
type directory struct {
	mu       sync.RWMutex
	sessions map[id.Peer]*session              // guarded by mu
	channels map[id.Channel]map[netip.Addr]int // guarded by mu: how many sessions were seen at an address
}

type session struct {
	channel id.Channel
	seen    []netip.Addr
}

func newDirectory() *directory {
	return &directory{sessions: map[id.Peer]*session{}, channels: map[id.Channel]map[netip.Addr]int{}}
}

func (d *directory) add(peer id.Peer, channel id.Channel, seen []netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions[peer] = &session{channel: channel}
	if d.channels[channel] == nil {
		d.channels[channel] = map[netip.Addr]int{}
	}
	for _, a := range seen {
		d.note(peer, a)
	}
}

// note needs mu held.
func (d *directory) note(peer id.Peer, a netip.Addr) {
	s := d.sessions[peer]
	a = a.Unmap().WithZone("")
	if s == nil || !a.IsValid() || slices.Contains(s.seen, a) || len(s.seen) >= seenMax {
		return
	}
	s.seen = append(s.seen, a)
	d.channels[s.channel][a]++
}

func (d *directory) remove(peer id.Peer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[peer]
	if s == nil {
		return
	}
	delete(d.sessions, peer)
	here := d.channels[s.channel]
	for _, a := range s.seen {
		if here[a]--; here[a] == 0 {
			delete(here, a)
		}
	}
	if len(here) == 0 {
		delete(d.channels, s.channel)
	}
}

// seen returns the addresses that the server itself saw a session come from.
func (d *directory) seen(peer id.Peer) []netip.Addr {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if s := d.sessions[peer]; s != nil {
		return slices.Clone(s.seen)
	}
	return nil
}

// Present reports whether a peer that shares is connected.
func (t *Tracker) Present(peer id.Peer) bool {
	t.directory.mu.RLock()
	defer t.directory.mu.RUnlock()
	return t.directory.sessions[peer] != nil
}

// Allowed reports whether the relay may carry packets between a peer and an address: one at which another viewer who shares
// the same channel was seen, and is now.
func (t *Tracker) Allowed(peer id.Peer, addr netip.Addr) bool {
	d := t.directory
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := d.sessions[peer]
	if s == nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	others := d.channels[s.channel][addr]
	if slices.Contains(s.seen, addr) {
		others--
	}
	return others > 0
}

// Observed notes an address from which a peer proved itself to the relay: that of its STUN, which may differ from its WebSocket's.
func (t *Tracker) Observed(peer id.Peer, addr netip.Addr) {
	t.directory.mu.Lock()
	defer t.directory.mu.Unlock()
	t.directory.note(peer, addr)
}
