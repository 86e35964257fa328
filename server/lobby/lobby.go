package lobby

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"
)

// Times of connections.
const (
	// FirstWithin is how long a new connection may take until its first request begins.
	FirstWithin = 10 * time.Second
	// RestWithin is how long a connection may rest after an answer.
	RestWithin = 2 * time.Minute
	// writeWithin is how long a slow reader may take for an answer.
	writeWithin = time.Minute
)

// Lobby is a net.Listener, and where connections that it gave wait. Its methods may be called at once; Run must run while it is used.
type Lobby struct {
	// set once
	inner  net.Listener
	ready  chan *seat // whose request begins
	failed chan error // of inner
	closed chan struct{}
	ctx    context.Context // of all questions
	cancel context.CancelFunc

	going sync.WaitGroup // grows under mu, while over is false, and by what is counted in it

	mu      sync.Mutex // guards the rest
	over    bool
	resting map[*seat]struct{} // bounded by the files that a process may open
	queues  map[any]*queue     // bounded by those who wait
}

var _ net.Listener = (*Lobby)(nil)

// New returns a lobby for the connections of l.
func New(l net.Listener) *Lobby {
	b := &Lobby{
		inner: l, ready: make(chan *seat), failed: make(chan error), closed: make(chan struct{}),
		resting: make(map[*seat]struct{}), queues: make(map[any]*queue),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Run takes connections in until ctx ends. Then those who wait are sent away without an answer, and it waits until all are gone.
func (b *Lobby) Run(ctx context.Context) error {
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		b.take()
	}()
	<-ctx.Done()
	err := b.Close()
	b.cancel()
	<-taken
	b.going.Wait()
	return err
}

// take accepts until the lobby is closed.
func (b *Lobby) take() {
	for {
		c, err := b.inner.Accept()
		if err == nil {
			if tcp, is := c.(*net.TCPConn); is {
				b.rest(&seat{TCPConn: tcp}, FirstWithin)
				continue
			}
			_ = c.Close() // nobody could be told
			err = errors.New("the lobby takes TCP only")
		}
		select {
		case b.failed <- err: // who accepts knows whether to wait: there may be too many files
		case <-b.closed:
			return
		}
	}
}

// Accept returns the next connection whose request begins.
func (b *Lobby) Accept() (net.Conn, error) {
	runtime.Gosched() // the last one is answered first, or waits: otherwise all who come at once are in the HTTP server at once
	select {
	case s := <-b.ready:
		return s, nil
	case err := <-b.failed:
		return nil, err
	case <-b.closed:
		return nil, net.ErrClosed
	}
}

// Close takes no more connections, and closes those that rest. Those who wait in queues are answered, and closed then.
func (b *Lobby) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return nil
	}
	b.over = true
	close(b.closed)
	for s := range b.resting {
		_ = s.Close() // it may be closed
	}
	if err := b.inner.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Addr is of net.Listener.
func (b *Lobby) Addr() net.Addr { return b.inner.Addr() }

// rest has a connection wait for its next request, at most within.
func (b *Lobby) rest(s *seat, within time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		_ = s.Close() // nobody reads it any more
		return
	}
	b.resting[s] = struct{}{}
	b.going.Add(1)
	go b.listen(s, within)
}

// listen waits for the first byte of a request.
func (b *Lobby) listen(s *seat, within time.Duration) {
	defer b.going.Done()
	err := s.begins(within)
	b.mu.Lock()
	delete(b.resting, s)
	b.mu.Unlock()
	if err != nil {
		_ = s.Close() // whoever it was has gone
		return
	}
	select {
	case b.ready <- s:
	case <-b.closed:
		_ = s.Close() // nobody reads it any more
	}
}
