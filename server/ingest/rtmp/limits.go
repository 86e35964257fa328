package rtmp

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

var (
	errFull    = errors.New("the server has as many RTMP connections as it takes (512)")
	errWaiting = errors.New("this address has as many connections without a right stream key as it may (32)")
	errBlocked = errors.New("this address sent 10 wrong stream keys within a minute: it may try again in a minute")
)

// limits counts connections and wrong keys. The zero value is ready.
type limits struct {
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
func (l *limits) visitor(a netip.Addr) *visitor {
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
func (l *limits) forgetOne() {
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

// enter counts a new connection, or says why it may not come in.
func (l *limits) enter(a netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	switch {
	case l.total >= connectionsMax:
		return errFull
	case v.waiting >= waitingMax:
		return errWaiting
	}
	l.total++
	v.waiting++
	return nil
}

// admit says that a connection of a showed a right key.
func (l *limits) admit(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.visitor(a).waiting--
}

// leave counts a connection out; waiting says that it was never admitted.
func (l *limits) leave(a netip.Addr, waiting bool) {
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

// failed remembers a wrong key.
func (l *limits) failed(a netip.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	if len(v.failures) == failuresMax {
		v.failures = append(v.failures[:0], v.failures[1:]...)
	}
	v.failures = append(v.failures, now)
}

// blocked returns errBlocked while an address has sent too many wrong keys.
func (l *limits) blocked(a netip.Addr, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	for len(v.failures) > 0 && now.Sub(v.failures[0]) >= failuresIn {
		v.failures = v.failures[1:]
	}
	if len(v.failures) >= failuresMax {
		return errBlocked
	}
	return nil
}

// tell reports whether a refusal of an address is to be logged: once in failuresIn, so that a flood of connections is
// not also a flood of lines.
func (l *limits) tell(a netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visitor(a)
	if !v.told.IsZero() && now.Sub(v.told) < failuresIn {
		return false
	}
	v.told = now
	return true
}
