package lobby

import (
	"io"
	"net"
	"syscall"
	"time"
)

// seat is a connection. One goroutine at a time has it: the lobby's, or whoever accepted it.
type seat struct {
	*net.TCPConn
	first  [1]byte
	more   bool   // what is written next is only the beginning
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

// sender sends itself through a connection, and returns how much it sent. What is left then without an error is to be read.
type sender interface {
	SendTo(syscall.RawConn) (int64, error)
	Left() int64
}

// ReadFrom is of io.ReaderFrom: what can, sends itself.
func (s *seat) ReadFrom(r io.Reader) (n int64, err error) {
	own, can := r.(sender)
	if !can {
		return s.TCPConn.ReadFrom(r)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	if n, err = own.SendTo(raw); err != nil || own.Left() == 0 {
		return n, err
	}
	rest, err := s.TCPConn.ReadFrom(r)
	return n + rest, err
}

// More says that what is written next goes out together with what is written after it.
func (s *seat) More() { s.more = true }

// Write is of net.Conn.
func (s *seat) Write(b []byte) (n int, err error) {
	if s.more {
		s.more = false
		if n, err = s.try(b, true); n == len(b) || err != nil {
			return n, err
		}
	}
	rest, err := s.TCPConn.Write(b[n:])
	return n + rest, err
}

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
