package srt

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"shoal/server/ingest/gate"
)

// Bounds on time.
const (
	// DefaultLatency is how long a missing packet is waited for. A caller may ask for more.
	DefaultLatency = 200 * time.Millisecond
	// LatencyMax is the most that a caller is given.
	LatencyMax = 8 * time.Second
	// idleMax is how long a publisher may send no picture and no sound, at its beginning and later.
	idleMax = 10 * time.Second
	// admitMax is how long the Door may take.
	admitMax = 5 * time.Second
)

// Bounds on strangers.
const (
	// handshakesMax bounds the handshakes that are looked at at once: each costs a millisecond of hashing.
	handshakesMax = 16
	// readBuffer is what the socket is asked to hold: a tenth of a second of a few hundred Mbit/s. A system may give less.
	readBuffer = 4 << 20
)

// Server takes publications on a UDP socket.
type Server struct {
	Socket   *net.UDPConn
	Door     gate.Door
	Visitors *gate.Visitors
	Meter    gate.Meter // may be nil
	Log      *slog.Logger
	Latency  time.Duration // 0 means DefaultLatency
	// Passphrase returns what a publisher with this key must encrypt with, or "" if it must not. nil is always "".
	Passphrase func(key string) string

	cookies *cookies
	slots   chan struct{} // one for each handshake that is looked at

	mu      sync.Mutex // guards the rest
	byID    map[uint32]*connection
	byPeer  map[peer]*connection // nil while its handshake is looked at
	serving sync.WaitGroup
}

// peer names a caller: its address and the socket id that it chose.
type peer struct {
	at     netip.AddrPort
	socket uint32
}

// Run serves until ctx is done or the socket fails, closes it, and returns when every connection is gone.
func (s *Server) Run(ctx context.Context) error {
	s.prepare()
	ctx, cancel := context.WithCancel(ctx)
	defer s.serving.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		_ = s.Socket.SetReadDeadline(time.Now()) // wakes the read below; connections still say goodbye
	})
	defer stop()
	defer func() { s.serving.Wait(); _ = s.Socket.Close() }()
	defer cancel()
	_ = s.Socket.SetReadBuffer(readBuffer) // as much as the system allows
	buffer := make([]byte, datagramMax+1)
	const pause = time.Millisecond
	for {
		n, from, err := s.Socket.ReadFromUDPAddrPort(buffer)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("srt: the socket was closed: %w", err)
		case err != nil: // an ICMP answer to something sent, as a rule
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			continue
		}
		s.datagram(ctx, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buffer[:n])
	}
}

func (s *Server) prepare() {
	if s.Meter == nil {
		s.Meter = gate.Unmetered{}
	}
	if s.Latency == 0 {
		s.Latency = DefaultLatency
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies = newCookies()
	s.slots = make(chan struct{}, handshakesMax)
	s.byID, s.byPeer = map[uint32]*connection{}, map[peer]*connection{}
}

// datagram takes what came from an address. b is used again when it returns.
func (s *Server) datagram(ctx context.Context, from netip.AddrPort, b []byte) {
	defer s.contain("a datagram")
	h, body, ok := parseHeader(b)
	if !ok {
		return
	}
	if h.to == 0 {
		if h.control && h.typ == typeHandshake {
			s.knock(ctx, from, body)
		}
		return
	}
	s.mu.Lock()
	c := s.byID[h.to]
	s.mu.Unlock()
	if c != nil && c.peer.at == from {
		c.offer(h, body)
	}
}

// contain keeps a fault of ours from ending more than what it happened in. It is deferred.
func (s *Server) contain(in string) {
	if p := recover(); p != nil {
		s.Meter.IngestFault(gate.SRT)
		s.Log.Error("ended by a fault of ours", "protocol", gate.SRT, "what", in, "panic", p, "stack", string(debug.Stack()))
	}
}

// knock takes a handshake. The first is answered without keeping anything; the second shows that the caller got that answer,
// and is looked at beside this goroutine.
func (s *Server) knock(ctx context.Context, from netip.AddrPort, body []byte) {
	h, err := parseHandshake(body)
	if err != nil || h.socket == 0 {
		return // a stranger who did not show its address is owed no answer
	}
	now := time.Now()
	if h.kind == kindInduction {
		s.send(from, controlPacket(typeHandshake, 0, 0, 0, h.socket, h.induction(s.cookies.of(from, now))))
		return
	}
	if h.kind != kindConclusion || !s.cookies.valid(h.cookie, from, now) {
		return
	}
	who := peer{from, h.socket}
	s.mu.Lock()
	c, known := s.byPeer[who]
	if !known {
		select {
		case s.slots <- struct{}{}:
			s.byPeer[who] = nil
		default: // it asks again in a quarter of a second
			known = true
		}
	}
	s.mu.Unlock()
	if known {
		if c != nil { // our answer was lost
			s.send(from, c.answer)
		}
		return
	}
	s.serving.Go(func() { s.visit(ctx, who, h) })
}

// visit looks at a caller and serves it to its end.
func (s *Server) visit(ctx context.Context, who peer, h handshake) {
	defer s.contain("a connection")
	free := sync.OnceFunc(func() { <-s.slots })
	defer func() {
		s.mu.Lock()
		delete(s.byPeer, who)
		s.mu.Unlock()
		free()
	}()
	v := &visit{server: s, who: who, handshake: h, log: s.Log.With("protocol", gate.SRT, "from", who.at.Addr().String())}
	v.run(ctx, free)
}

// enlist gives a connection an id of its own and lets packets reach it.
func (s *Server) enlist(c *connection) {
	const idMask = 1<<30 - 1 // the bit above marks groups
	s.mu.Lock()
	defer s.mu.Unlock()
	for c.id == 0 || s.byID[c.id] != nil {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		c.id = binary.BigEndian.Uint32(b[:]) & idMask
	}
	s.byID[c.id] = c
}

// open lets an enlisted connection be found by its caller's handshake, which then is answered again.
func (s *Server) open(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byPeer[c.peer] = c
}

func (s *Server) strike(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, c.id)
}

// send writes a datagram. One that is lost is asked for again, so an error is a loss like others.
func (s *Server) send(to netip.AddrPort, b []byte) { _, _ = s.Socket.WriteToUDPAddrPort(b, to) }
