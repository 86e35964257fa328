package lab

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

const (
	// headerSize is IPv4 and UDP around a datagram, bytes.
	headerSize = 28
	// jitterMost is how late a datagram may be by chance, as in sim.
	jitterMost = 5 * time.Millisecond
	// modemMost is how much a line's sender holds before it drops, as time on the line.
	modemMost = 3 * time.Second
	// flightsMax bounds the datagrams under way on a line.
	flightsMax = 1 << 14
)

// Internet is every line, by the address at its end.
type Internet map[netip.Addr]*Line

// Line is a viewer's access: an uplink and a downlink, each one queue, and the way to everybody else. It is the network that
// its peer is given: datagrams to other lines wait in it, and go out through loopback when their time has come.
type Line struct {
	*stdnet.Net // set once, as all up to mu
	all         Internet
	addr        netip.Addr
	lag         time.Duration // its half of a one-way delay to another line
	toOrigin    time.Duration // round trip
	up, down    float64       // bytes per second
	wake        chan struct{}
	streams     sync.WaitGroup

	mu      sync.Mutex
	upFree  time.Time
	flights flights
	order   uint64
	latest  map[netip.AddrPort]time.Time // arrival of the last datagram: none overtakes another
	count   LineCount

	downMu   sync.Mutex // taken after another line's mu, never before
	downFree time.Time
}

// LineCount is what a line has carried.
type LineCount struct {
	Up        float64 // bytes, headers included
	Datagrams uint64
	Dropped   uint64
	Waited    time.Duration // of datagrams, for the uplink, in all
	WaitMost  time.Duration
	Tardy     time.Duration // how much later than due datagrams went out, in all: what this machine adds
	TardyMost time.Duration
}

// flight is a datagram on its way.
type flight struct {
	at    time.Time
	order uint64
	data  []byte
	by    transport.UDPConn
	to    net.Addr
	other *Line // whose downlink it has yet to go through
}

type flights []flight

func (f flights) Len() int { return len(f) }
func (f flights) Less(i, j int) bool {
	if f[i].at.Equal(f[j].at) {
		return f[i].order < f[j].order
	}
	return f[i].at.Before(f[j].at)
}
func (f flights) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)   { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	(*f)[len(*f)-1] = flight{}
	*f = (*f)[:len(*f)-1]
	return last
}

// NewLine lays a line to addr: bytes per second up and down, its half of a one-way delay to other lines, and the round trip to the origin.
func NewLine(all Internet, addr netip.Addr, up, down float64, lag, toOrigin time.Duration) (*Line, error) {
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	l := &Line{
		Net: std, all: all, addr: addr, up: up, down: down, lag: lag, toOrigin: toOrigin, wake: make(chan struct{}, 1),
		latest: map[netip.AddrPort]time.Time{},
	}
	all[addr] = l
	return l, nil
}

// Interfaces returns the one that leads to the line.
func (l *Line) Interfaces() ([]*transport.Interface, error) {
	i := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "lo", Flags: net.FlagUp | net.FlagLoopback})
	i.AddAddress(&net.IPNet{IP: l.addr.AsSlice(), Mask: net.CIDRMask(32, 32)})
	return []*transport.Interface{i}, nil
}

// ListenUDP opens a socket on the line.
func (l *Line) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := l.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	return &socket{conn, l}, nil
}

// socket sends through its line. What it receives has been through two already.
type socket struct {
	transport.UDPConn
	line *Line
}

func (s *socket) WriteTo(data []byte, to net.Addr) (int, error) {
	if at, ok := to.(*net.UDPAddr); ok {
		if other := s.line.all[at.AddrPort().Addr().Unmap()]; other != nil {
			s.line.send(flight{data: append([]byte(nil), data...), by: s.UDPConn, to: to, other: other}, at.AddrPort())
			return len(data), nil
		}
	}
	return s.UDPConn.WriteTo(data, to)
}

func (s *socket) WriteToUDP(data []byte, to *net.UDPAddr) (int, error) { return s.WriteTo(data, to) }

// send puts a datagram on its way, or drops it for want of room.
func (l *Line) send(f flight, to netip.AddrPort) {
	gone, ok := l.leave(float64(len(f.data)+headerSize), false)
	if !ok {
		return
	}
	at := gone.Add(l.lag + f.other.lag + time.Duration(rand.Int64N(int64(jitterMost))))
	l.mu.Lock()
	defer l.mu.Unlock()
	if before := l.latest[to]; at.Before(before) {
		at = before
	}
	l.latest[to] = at
	if l.fly(f, at); l.flights[0].order == l.order {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// fly has something happen to a datagram at a time. It needs mu held.
func (l *Line) fly(f flight, at time.Time) {
	l.order++
	f.at, f.order = at, l.order
	heap.Push(&l.flights, f)
}

// leave books the uplink and returns when so many bytes are out of it. What comes by a stream is never dropped.
func (l *Line) leave(size float64, stream bool) (gone time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	wait := max(l.upFree.Sub(now), 0)
	if !stream && (wait > modemMost || len(l.flights) >= flightsMax) {
		l.count.Dropped++
		return gone, false
	}
	l.count.Up += size
	if !stream {
		l.count.Datagrams++
		l.count.Waited += wait
		l.count.WaitMost = max(l.count.WaitMost, wait)
	}
	l.upFree = now.Add(wait + bytesIn(size, l.up))
	return l.upFree, true
}

// arrive books the downlink for bytes that reach it now, and returns when they are through.
func (l *Line) arrive(now time.Time, size float64) time.Time {
	l.downMu.Lock()
	defer l.downMu.Unlock()
	if l.downFree.Before(now) {
		l.downFree = now
	}
	l.downFree = l.downFree.Add(bytesIn(size, l.down))
	return l.downFree
}

func bytesIn(size, rate float64) time.Duration {
	return time.Duration(size / rate * float64(time.Second))
}

// Counts returns what it has carried so far.
func (l *Line) Counts() LineCount {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// Run lets datagrams out when their time has come, until ctx is done and every stream has ended.
func (l *Line) Run(ctx context.Context) {
	defer l.streams.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-timer.C:
		}
		timer.Reset(l.flush())
	}
}

// flush lets out what is due and returns how long nothing else is.
func (l *Line) flush() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.flights) > 0 {
		if wait := time.Until(l.flights[0].at); wait > 0 {
			return wait
		}
		f := heap.Pop(&l.flights).(flight)
		if other := f.other; other != nil {
			f.other = nil
			l.fly(f, other.arrive(f.at, float64(len(f.data)+headerSize)))
			continue
		}
		tardy := time.Since(f.at)
		l.count.Tardy += tardy
		l.count.TardyMost = max(l.count.TardyMost, tardy)
		_, _ = f.by.WriteTo(f.data, f.to) // its socket may be closed by now: then it is lost, as on any network
	}
	return time.Second
}
