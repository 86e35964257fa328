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

	"shoal/server/ingest"
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

// ErrKey is what a Door returns, wrapped or not, for a stream key that no channel has.
var ErrKey = errors.New("no channel has this stream key")

// Door decides who may publish.
type Door interface {
	// Publish opens the channel that key belongs to. It returns where the samples go, and what to call, once, when no
	// more will come: with nil if the publisher stopped, with an error if the connection was lost or the stream was
	// at fault. Its own error is ErrKey, or says why the channel cannot take this publication.
	Publish(ctx context.Context, key string, from netip.Addr) (ingest.Sink, func(error), error)
}

// Server takes publications on a listener.
type Server struct {
	Listener net.Listener
	Door     Door
	Log      *slog.Logger

	limits limits
}

// Run serves until ctx is done or the listener fails, closes the listener and every connection, and returns when all
// are gone.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.Listener.Close() }) // wakes Accept; nothing to do about an error
	defer stop()
	const pauseMax = time.Second
	pause := time.Duration(0)
	for {
		conn, err := s.Listener.Accept()
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
			s.Log.Warn("rtmp: cannot accept a connection, trying again", "error", err, "after", pause)
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
	log := s.Log.With("from", from.String())
	if err := s.limits.enter(from); err != nil {
		if s.limits.tell(from, time.Now()) {
			log.Warn("rtmp: connection refused", "reason", err)
		}
		return
	}
	v := &visit{server: s, conn: conn, from: from, log: log}
	defer func() { s.limits.leave(from, !v.admitted) }()
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
