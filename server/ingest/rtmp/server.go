package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"shoal/server/ingest/gate"
)

// Bounds on time.
const (
	// handshakeMax is how long a connection may take to show its stream key.
	handshakeMax = 5 * time.Second
	// firstMediaMax is how long a publisher may take to send its first picture or sound.
	firstMediaMax = 10 * time.Second
	// idleMax is how long a publisher may send neither.
	idleMax = 10 * time.Second
	// writeMax is how long a refusal may take to be written: its reader may be gone.
	writeMax = time.Second
)

// Server takes publications on a listener.
type Server struct {
	Listener net.Listener // of TLS connections for RTMPS
	Secure   bool         // it is RTMPS
	Door     gate.Door
	Visitors *gate.Visitors // counts for all protocols
	Meter    gate.Meter     // may be nil
	Log      *slog.Logger
}

// protocol is what figures and logs call it.
func (s *Server) protocol() string {
	if s.Secure {
		return gate.RTMPS
	}
	return gate.RTMP
}

// Run serves until ctx is done or the listener fails, closes the listener and every connection, and returns when all
// are gone.
func (s *Server) Run(ctx context.Context) error {
	if s.Meter == nil {
		s.Meter = gate.Unmetered{}
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	// Closed here too: a connection may be accepted when ctx is done already, and Run return before AfterFunc's turn.
	listener := s.Listener
	defer func() { _ = listener.Close() }()                         // for the second time, as a rule
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // wakes Accept; nothing to do about an error
	defer stop()
	const pauseMax = time.Second
	pause := time.Duration(0)
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			if conn != nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("rtmp: the listener was closed: %w", err)
		case err != nil: // out of file descriptors, as a rule: wait for some to be given back
			pause = min(max(2*pause, 10*time.Millisecond), pauseMax)
			s.Log.Warn("a connection cannot be accepted: it is tried again", "protocol", s.protocol(), "err", err, "again_after", pause)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			continue
		}
		pause = 0
		group.Go(func() { s.serve(ctx, conn) })
	}
}

// serve takes one connection from its first byte to its end.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	from := addressOf(conn)
	log := s.Log.With("protocol", s.protocol(), "from", from.String())
	if err := s.Visitors.Enter(from); err != nil {
		s.Meter.PublisherRefused(s.protocol(), gate.Why(err))
		if s.Visitors.Tell(from, time.Now()) {
			log.Warn("connection refused", "because", err)
		}
		return
	}
	v := &visit{server: s, conn: conn, from: from, log: log}
	defer func() { s.Visitors.Leave(from, !v.admitted) }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // wakes a blocked read
	defer stop()
	v.run(ctx)
}

// addressOf returns a connection's remote address, or the zero one if it has none (a pipe).
func addressOf(conn net.Conn) netip.Addr {
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		return a.Addr().Unmap()
	}
	return netip.Addr{}
}
