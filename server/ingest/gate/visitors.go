package gate

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

// Bounds on connections.
const (
	connectionsMax = 512 // in all
	waitingMax     = 32  // of one address, that have not shown a right key
	failuresMax    = 10  // wrong keys of one address in failuresIn
	failuresIn     = time.Minute
	visitorsMax    = 4096 // addresses remembered
	ipv6Prefix     = 64   // bits that one customer has: all of them count as one address
)

// Why somebody may not come in.
var (
	ErrFull    = errors.New("the server has as many connections of publishers as it takes (512)")
	ErrWaiting = errors.New("this address has as many connections without a right stream key as it may (32)")
	ErrBlocked = errors.New("this address sent 10 wrong stream keys within a minute: it may try again in a minute")
)

// Visitors counts connections and wrong keys, of all protocols. The zero value is ready. Its methods may be called at once.
type Visitors struct {
	mu       sync.Mutex
	total    int
	visitors map[netip.Prefix]*visitor
}

// visitor is what is known of one address.
type visitor struct {
	waiting  int
	failures []time.Time // ascending, at most failuresMax
	told     time.Time   // when a refusal was last logged
}

func keyOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = ipv6Prefix
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address
		return netip.Prefix{}
	}
	return p
}

// visitor returns the entry of an address. The caller holds the lock.
func (l *Visitors) visitor(a netip.Addr) *visitor {
	if l.visitors == nil {
		l.visitors = make(map[netip.Prefix]*visitor)
	}
	k := keyOf(a)
	v := l.visitors[k]
	if v == nil {
		if len(l.visitors) >= visitorsMax {
			l.forgetOne()
		}
		v = &visitor{}
		l.visitors[k] = v
	}
	return v
}

// forgetOne drops the address that was heard of longest ago among those without a connection.
func (l *Visitors) forgetOne() {
	var oldest netip.Prefix
	var when time.Time
	for k, v := range l.visitors {
		if v.waiting > 0 {
			continue
		}
		last := v.told
		if n := len(v.failures); n > 0 && v.failures[n-1].After(last) {
			last = v.failures[n-1]
		}
		if !oldest.IsValid() || last.Before(when) {
			oldest, when = k, last
		}
	}
	delete(l.visitors, oldest)
}

// Enter counts a new connection, or says why it may not come in.
func (l *Visitors) Enter(a netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	switch {
	case l.total >= connectionsMax:
		return ErrFull
	case v.waiting >= waitingMax:
		return ErrWaiting
	}
	l.total++
	v.waiting++
	return nil
}

// Admit says that a connection of a showed a right key.
func (l *Visitors) Admit(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.visitor(a).waiting--
}

// Leave counts a connection out; waiting says that it was never admitted.
func (l *Visitors) Leave(a netip.Addr, waiting bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	v := l.visitor(a)
	if waiting {
		v.waiting--
	}
	if v.waiting == 0 && len(v.failures) == 0 {
		delete(l.visitors, keyOf(a))
	}
}

// Failed remembers a wrong key.
func (l *Visitors) Failed(a netip.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	if len(v.failures) == failuresMax {
		v.failures = append(v.failures[:0], v.failures[1:]...)
	}
	v.failures = append(v.failures, now)
}

// Blocked returns ErrBlocked while an address has sent too many wrong keys.
func (l *Visitors) Blocked(a netip.Addr, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	for len(v.failures) > 0 && now.Sub(v.failures[0]) >= failuresIn {
		v.failures = v.failures[1:]
	}
	if len(v.failures) >= failuresMax {
		return ErrBlocked
	}
	return nil
}

// Tell reports whether a refusal of an address is to be logged: once in failuresIn, so that a flood of connections is
// not also a flood of lines.
func (l *Visitors) Tell(a netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	if !v.told.IsZero() && now.Sub(v.told) < failuresIn {
		return false
	}
	v.told = now
	return true
}
