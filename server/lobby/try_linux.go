package lobby

import "golang.org/x/sys/unix"

// try writes as much of an answer as the connection takes at once. With more it is kept until more follows.
func (s *seat) try(answer []byte, more bool) (n int, err error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	flags := unix.MSG_NOSIGNAL
	if more {
		flags |= unix.MSG_MORE
	}
	var wrote error
	err = raw.Write(func(fd uintptr) bool {
		n, wrote = unix.SendmsgN(int(fd), answer, nil, nil, flags)
		for wrote == unix.EINTR {
			n, wrote = unix.SendmsgN(int(fd), answer, nil, nil, flags)
		}
		return true
	})
	n = max(n, 0)
	switch {
	case err != nil:
		return n, err
	case wrote == unix.EAGAIN:
		return n, nil
	}
	return n, wrote
}
