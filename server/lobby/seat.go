package lobby

import (
	"io"
	"net"
	"time"
)

// seat is a connection. One goroutine at a time has it: the lobby's, or whoever accepted it.
type seat struct {
	*net.TCPConn
	first  [1]byte
	unread []byte // what was read and is still to be given to who reads
}

// begins returns when there is something to read.
func (s *seat) begins(within time.Duration) error {
	if len(s.unread) > 0 {
		return nil
	}
	if err := s.SetReadDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	n, err := s.TCPConn.Read(s.first[:]) // a whole buffer for each who rests is what this room saves
	s.unread = s.first[:n]
	if n > 0 {
		return nil
	}
	return err
}

// Read is of net.Conn.
func (s *seat) Read(b []byte) (int, error) {
	if len(s.unread) == 0 {
		return s.TCPConn.Read(b)
	}
	n := copy(b, s.unread)
	s.unread = s.unread[n:]
	return n, nil
}

// WriteTo is of io.WriterTo: the connection's own knows nothing of what was read already.
func (s *seat) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{s}) }

// finish writes what is left of an answer, to somebody who reads slowly.
func (s *seat) finish(answer []byte) error {
	if err := s.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := s.Write(answer); err != nil {
		return err
	}
	return s.SetWriteDeadline(time.Time{})
}
