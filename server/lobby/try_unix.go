//go:build unix

package lobby

import "syscall"

// try writes as much of an answer as the connection takes at once.
func (s *seat) try(answer []byte) (n int, err error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	var wrote error
	err = raw.Write(func(fd uintptr) bool {
		n, wrote = syscall.Write(int(fd), answer)
		for wrote == syscall.EINTR {
			n, wrote = syscall.Write(int(fd), answer)
		}
		return true
	})
	n = max(n, 0)
	switch {
	case err != nil:
		return n, err
	case wrote == syscall.EAGAIN:
		return n, nil
	}
	return n, wrote
}
