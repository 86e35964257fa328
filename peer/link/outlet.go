package link

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// headerSize is IPv4 and UDP around a datagram, bytes; headerMore is how much longer IPv6 is.
	headerSize = 28
	headerMore = 20
	// smallMax is the largest datagram that waits for nobody else's: acknowledgements, checks, requests. They count all the same.
	smallMax = 256
	// outletMax bounds the bytes that wait in an outlet; what comes beyond is lost, as in any modem. It is what the engine leaves in
	// transports, twice.
	outletMax = 256 << 10
	// burstFor is how much may go at once, as time at the limit: timers are no more exact. burstLeast is one datagram.
	burstFor   = 8 * time.Millisecond
	burstLeast = 1500
)

// Outlet is the way out that all links of a viewer share. It counts what goes out, headers included, and lets it out no faster than is
// allowed. One with no limit only counts.
//
// How fast the line is it does not find out: the engine does, by one-way delays, and Pace tells. A pace by the round trips of checks took
// the queues of others for its own, and where everyone's line was full a quarter was left of what could have been shared.
type Outlet struct {
	wake chan struct{}

	mu      sync.Mutex
	limit   float64 // bytes per second, 0 is none
	allowed float64 // the limit that stands whatever the line takes
	waiting []datagram
	held    int // bytes that wait
	sent    uint64
	credit  float64 // bytes that may go now; below 0 after small ones
	earned  time.Time
	over    bool // Run has ended: nothing waits any more
}

// datagram is one that waits.
type datagram struct {
	data []byte
	size int
	by   func([]byte, net.Addr) (int, error)
	to   net.Addr
}

// NewOutlet returns an outlet for bytesPerSecond, which Run opens; until then nothing large goes out. 0 and less is no limit.
func NewOutlet(bytesPerSecond int) *Outlet {
	o := &Outlet{wake: make(chan struct{}, 1), limit: float64(max(bytesPerSecond, 0))}
	o.allowed = o.limit
	o.credit = burstLeast
	return o
}

// Sent returns how many bytes went out or are about to, headers included.
func (o *Outlet) Sent() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent + uint64(o.held)
}

// paceAbove is how much faster than the line takes all of them the datagrams of one piece go out: what was let out one after the other is gone
// when the next piece comes, and nothing stands here that would look like a queue on the line.
const paceAbove = 1.1

// Pace sets how many bytes per second the line takes without a queue; 0 is not known.
func (o *Outlet) Pace(bytesPerSecond int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.settle(time.Now())
	o.limit = o.allowed
	if pace := paceAbove * float64(bytesPerSecond); pace > 0 && (o.limit == 0 || pace < o.limit) {
		o.limit = pace
	}
}

// Run lets out what waits, until ctx is done.
func (o *Outlet) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			o.mu.Lock()
			defer o.mu.Unlock()
			o.over, o.waiting, o.held = true, nil, 0
			return
		case <-o.wake:
		case <-timer.C:
		}
		for {
			d, wait := o.next(time.Now())
			if wait > 0 {
				timer.Reset(wait)
				break
			}
			_, _ = d.by(d.data, d.to) // its socket may be closed by now: then it is lost, as on any network
		}
	}
}

// idleFor is how long an outlet sleeps in which nothing waits.
const idleFor = time.Minute

// next takes out what may go now, or returns how long there is nothing.
func (o *Outlet) next(now time.Time) (datagram, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		return datagram{}, idleFor
	}
	d := o.waiting[0]
	if short := o.settle(now); short > 0 {
		return datagram{}, max(short, time.Millisecond/4)
	}
	o.waiting[0] = datagram{}
	o.waiting = o.waiting[1:]
	o.held -= d.size
	o.spend(d.size)
	return d, 0
}

// settle earns what time has brought, and returns how long nothing may go.
func (o *Outlet) settle(now time.Time) time.Duration {
	if o.limit == 0 {
		return 0
	}
	if !o.earned.IsZero() {
		o.credit += o.limit * now.Sub(o.earned).Seconds()
	}
	o.earned = now
	o.credit = min(o.credit, max(burstLeast, o.limit*burstFor.Seconds()))
	if o.credit > 0 {
		return 0
	}
	return time.Duration(-o.credit / o.limit * float64(time.Second))
}

func (o *Outlet) spend(size int) {
	o.credit -= float64(size)
	o.sent += uint64(size)
}

// write lets data out by a socket, now or later. What waits is a copy.
func (o *Outlet) write(data []byte, to net.Addr, by func([]byte, net.Addr) (int, error)) (int, error) {
	now, size := time.Now(), onWire(len(data), to)
	o.mu.Lock()
	switch {
	case o.over || len(data) <= smallMax && !o.behind(data, to):
		// It waits for nobody.
	case len(o.waiting) > 0 || o.settle(now) > 0:
		defer o.mu.Unlock()
		if o.held+size > outletMax {
			return len(data), nil
		}
		o.held += size
		o.waiting = append(o.waiting, datagram{append([]byte(nil), data...), size, by, to})
		if len(o.waiting) == 1 {
			select {
			case o.wake <- struct{}{}:
			default: // it is awake
			}
		}
		return len(data), nil
	}
	o.settle(now)
	o.spend(size)
	o.mu.Unlock()
	return by(data, to)
}

// behind reports whether a small datagram has to wait for those before it on its link: what overtakes them makes the other side think
// they were lost, and they are sent again. A check is no part of that.
func (o *Outlet) behind(data []byte, to net.Addr) bool {
	if len(o.waiting) == 0 {
		return false
	}
	if check(data) {
		return false
	}
	at, ok := to.(*net.UDPAddr)
	for _, d := range o.waiting {
		before, is := d.to.(*net.UDPAddr)
		if !ok || !is || before.Port == at.Port && before.IP.Equal(at.IP) {
			return true
		}
	}
	return false
}

// onWire returns what a datagram of n bytes takes on the line.
func onWire(n int, to net.Addr) int {
	size := n + headerSize
	if at, ok := to.(*net.UDPAddr); ok {
		if a, _ := netip.AddrFromSlice(at.IP); a.Unmap().Is6() {
			size += headerMore
		}
	}
	return size
}

// count notes bytes that went out another way.
func (o *Outlet) count(size int) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.settle(now)
	o.spend(size)
}
