package lab

import (
	"errors"
	"net"
	"sync"
	"time"
)

const (
	// portionMax is how much of a stream is read at once, and portionsMax how many portions may be under way in a direction.
	portionMax  = 16 << 10
	portionsMax = 64
	// streamHeaders is what TCP and IP headers add to a stream's bytes.
	streamHeaders = 1.035
)

var errClosed = errors.New("the stream is closed")

// stream is a TCP connection to the server through a line.
type stream struct {
	net.Conn
	line    *Line
	out, in chan portion
	rest    []byte // of the portion read last; Read's
	closed  chan struct{}
	close   sync.Once
	broken  chan struct{} // closed when the server ended it; err says why
	err     error
}

// portion is bytes that are through at a time.
type portion struct {
	at   time.Time
	data []byte
}

// Dial connects to the server. The handshake takes a round trip.
func (l *Line) Dial(network, address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: l.addr.AsSlice()}, Timeout: 10 * time.Second}
	conn, err := d.Dial(network, address)
	if err != nil {
		return nil, err
	}
	time.Sleep(l.toOrigin)
	s := &stream{
		Conn: conn, line: l, out: make(chan portion, portionsMax), in: make(chan portion, portionsMax),
		closed: make(chan struct{}), broken: make(chan struct{}),
	}
	l.streams.Go(s.send)
	l.streams.Go(s.receive)
	return s, nil
}

// Close ends the stream at once.
func (s *stream) Close() error {
	s.close.Do(func() { close(s.closed) })
	return s.Conn.Close()
}

func (s *stream) Write(data []byte) (int, error) {
	gone, _ := s.line.leave(float64(len(data))*streamHeaders, true)
	select {
	case s.out <- portion{gone.Add(s.line.toOrigin / 2), append([]byte(nil), data...)}:
		return len(data), nil
	case <-s.closed:
		return 0, errClosed
	}
}

func (s *stream) send() {
	for {
		select {
		case p := <-s.out:
			if !s.until(p.at) {
				return
			}
			if _, err := s.Conn.Write(p.data); err != nil {
				return // Read says so, too
			}
		case <-s.closed:
			return
		}
	}
}

func (s *stream) receive() {
	defer close(s.broken)
	for {
		data := make([]byte, portionMax)
		n, err := s.Conn.Read(data)
		if n > 0 {
			select {
			case s.in <- portion{time.Now().Add(s.line.toOrigin / 2), data[:n]}:
			case <-s.closed:
				return
			}
		}
		if err != nil {
			s.err = err
			return
		}
	}
}

func (s *stream) Read(data []byte) (int, error) {
	if len(s.rest) == 0 {
		p, err := s.next()
		if err != nil {
			return 0, err
		}
		if !s.until(p.at) || !s.until(s.line.arrive(p.at, float64(len(p.data))*streamHeaders)) {
			return 0, errClosed
		}
		s.rest = p.data
	}
	n := copy(data, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// next returns the portion to read, those that came before the end included.
func (s *stream) next() (portion, error) {
	select {
	case p := <-s.in:
		return p, nil
	case <-s.closed:
		return portion{}, errClosed
	case <-s.broken:
	}
	select {
	case p := <-s.in:
		return p, nil
	default:
		if s.err == nil {
			return portion{}, errClosed
		}
		return portion{}, s.err
	}
}

// until waits for a time, and reports false if the stream is closed before.
func (s *stream) until(at time.Time) bool {
	wait := time.Until(at)
	if wait <= 0 {
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closed:
		return false
	}
}
