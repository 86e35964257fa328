package tracker

import (
	"net/netip"
	"sync"
	"time"

	"shoal/coord"
)

// rate allows perSecond in the long run and burst at once.
type rate struct{ perSecond, burst int64 }

// bucket counts against a rate. Its zero value is full.
type bucket struct {
	spent int64 // in nanoseconds of the rate: what must pass until the bucket is full again
	at    time.Time
}

// take takes one, and reports whether there was one.
func (b *bucket) take(now time.Time, r rate) bool {
	if past := now.Sub(b.at); past > 0 {
		b.spent = max(0, b.spent-int64(past))
		b.at = now
	}
	one := int64(time.Second) / r.perSecond
	if b.spent+one > one*r.burst {
		return false
	}
	b.spent += one
	return true
}

func (b *bucket) full(now time.Time) bool { return now.Sub(b.at) >= time.Duration(b.spent) }

// home is what one household or machine has: an IPv4 address, or an IPv6 /64. network is an IPv4 /24 or IPv6 /48.
func home(a netip.Addr) netip.Prefix    { return cut(a, 32, 64) }
func network(a netip.Addr) netip.Prefix { return cut(a, 24, 48) }

func cut(a netip.Addr, four, six int) netip.Prefix {
	bits := six
	if a.Is4() {
		bits = four
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero Addr: all unknown ones are one network
		return netip.Prefix{}
	}
	return p
}

// prefixOf is the network of an address as coord's opaque key.
func prefixOf(a netip.Addr) coord.Prefix {
	if a.Is4() {
		b := a.As4()
		return coord.Prefix(b[0])<<16 | coord.Prefix(b[1])<<8 | coord.Prefix(b[2])
	}
	var key coord.Prefix
	b := a.As16()
	const six = 48 / 8
	for _, c := range b[:six] {
		key = key<<8 | coord.Prefix(c)
	}
	return key | 1<<63 // never that of an IPv4 network
}

// limits counts connections and messages by where they come from. Loopback is not limited: it is the operator's own machine,
// or a proxy there, which has limits of its own.
type limits struct {
	inAll, perHome int

	mu       sync.Mutex
	total    int                       // guarded by mu
	homes    map[netip.Prefix]int      // guarded by mu; at most total
	networks map[netip.Prefix]*traffic // guarded by mu; at most networksMax
}

type traffic struct {
	connections int
	connects    bucket
	messages    bucket
}

func newLimits(inAll, perHome int) *limits {
	return &limits{inAll: inAll, perHome: perHome, homes: map[netip.Prefix]int{}, networks: map[netip.Prefix]*traffic{}}
}

// enter counts a connection in, unless a limit is reached. Every enter that succeeds is followed by one leave.
func (l *limits) enter(now time.Time, a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.inAll {
		return false
	}
	if !a.IsLoopback() {
		n := l.networks[network(a)]
		if n == nil {
			if len(l.networks) >= networksMax {
				return false
			}
			n = &traffic{}
			l.networks[network(a)] = n
		}
		if l.homes[home(a)] >= l.perHome || !n.connects.take(now, rate{connectsPerSecond, connectsAtOnce}) {
			return false
		}
		l.homes[home(a)]++
		n.connections++
	}
	l.total++
	return true
}

func (l *limits) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if a.IsLoopback() {
		return
	}
	if l.homes[home(a)]--; l.homes[home(a)] == 0 {
		delete(l.homes, home(a))
	}
	l.networks[network(a)].connections--
}

// message counts one message from a network that has a connection, and reports whether it is within the rate.
func (l *limits) message(now time.Time, a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.networks[network(a)].messages.take(now, rate{networkPerSecond, networkAtOnce})
}

// sweep forgets the networks without connections whose buckets are full again.
func (l *limits) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, n := range l.networks {
		if n.connections == 0 && n.connects.full(now) && n.messages.full(now) {
			delete(l.networks, p)
		}
	}
}
