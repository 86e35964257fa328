package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// door is the UDP socket that viewers speak to. It bounds the replies that anybody can cause under a false sender.
type door struct {
	net.PacketConn
	now func() time.Time

	mu       sync.Mutex
	networks map[netip.Prefix]*rate // guarded by mu; at most networksMax
}

// ReadFrom returns the next packet. Only the end of the socket is an error: the TURN server would stop at any other.
func (d *door) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.PacketConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
	}
}

// WriteTo sends a packet, or drops a reply that is one too many for its network.
func (d *door) WriteTo(b []byte, to net.Addr) (int, error) {
	if !isProven(b) && !d.allow(addrOf(to)) {
		return len(b), nil
	}
	return d.PacketConn.WriteTo(b, to)
}

// allow counts one reply to an address. Loopback is exempt: nobody outside can pretend to be there.
func (d *door) allow(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	network := cut(a, 24, 48)
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.networks[network]
	if r == nil {
		if len(d.networks) >= networksMax {
			d.sweep(now)
		}
		if len(d.networks) >= networksMax {
			return false
		}
		r = &rate{perSecond: repliesPerSecond, atOnce: repliesAtOnce}
		d.networks[network] = r
	}
	return r.take(now, 1)
}

// sweep needs mu held.
func (d *door) sweep(now time.Time) {
	for p, r := range d.networks {
		if r.idle(now) {
			delete(d.networks, p)
		}
	}
}

func cut(a netip.Addr, four, six int) netip.Prefix {
	bits := six
	if a.Is4() {
		bits = four
	}
	p, _ := a.Prefix(bits) // the zero Addr has the zero Prefix
	return p
}

// isProven reports whether an outgoing packet goes to one who proved himself: channel data and data indications exist only for
// allocations, and other messages say so with MESSAGE-INTEGRITY.
func isProven(b []byte) bool {
	const (
		header         = 20
		dataIndication = 0x0017
		integrity      = 0x0008
	)
	if len(b) > 0 && b[0]>>6 == 1 { // channel data
		return true
	}
	if len(b) < header {
		return false
	}
	if binary.BigEndian.Uint16(b) == dataIndication {
		return true
	}
	for rest := b[header:]; len(rest) >= 4; {
		if binary.BigEndian.Uint16(rest) == integrity {
			return true
		}
		size := 4 + (int(binary.BigEndian.Uint16(rest[2:]))+3)&^3
		if size > len(rest) {
			return false
		}
		rest = rest[size:]
	}
	return false
}

// porch is the TCP listener on the same port, for viewers whose networks let no UDP out. It bounds its connections and closes
// those that are silent, and all of them when it is closed.
type porch struct {
	net.Listener

	mu     sync.Mutex
	open   map[*caller]struct{} // guarded by mu; at most connectionsMax
	homes  map[netip.Prefix]int // guarded by mu; at most connectionsMax
	closed bool                 // guarded by mu
}

type caller struct {
	net.Conn
	porch *porch
	home  netip.Prefix
	once  sync.Once
}

// Accept returns the next connection within the limits.
func (p *porch) Accept() (net.Conn, error) {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil, err
			}
			continue
		}
		c := &caller{Conn: conn, porch: p, home: cut(addrOf(conn.RemoteAddr()), 32, 64)}
		if p.enter(c) {
			return c, nil
		}
		_ = conn.Close()
	}
}

func (p *porch) enter(c *caller) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.open) >= connectionsMax || p.homes[c.home] >= connectionsPerHome {
		return false
	}
	p.open[c] = struct{}{}
	p.homes[c.home]++
	return true
}

// Close closes the listener and every connection.
func (p *porch) Close() error {
	err := p.Listener.Close()
	p.mu.Lock()
	p.closed = true
	open := make([]*caller, 0, len(p.open))
	for c := range p.open {
		open = append(open, c)
	}
	p.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	return err
}

// Read reads, and gives up on a silent connection.
func (c *caller) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(idleMax)) // the socket's own clock
	return c.Conn.Read(b)
}

// Write writes, and gives up on a connection that takes nothing.
func (c *caller) Write(b []byte) (int, error) {
	const within = 5 * time.Second
	_ = c.SetWriteDeadline(time.Now().Add(within))
	return c.Conn.Write(b)
}

// Close closes the connection and forgets it.
func (c *caller) Close() error {
	c.once.Do(func() {
		c.porch.mu.Lock()
		defer c.porch.mu.Unlock()
		delete(c.porch.open, c)
		if c.porch.homes[c.home]--; c.porch.homes[c.home] == 0 {
			delete(c.porch.homes, c.home)
		}
	})
	return c.Conn.Close()
}
