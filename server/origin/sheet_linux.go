package origin

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// paper makes a file in memory with these bytes.
func paper(b []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("part", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "part")
	if _, err := f.Write(b); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// send sends bytes from at on of those that it was made of, all as they are in b, and returns how many. It sends fewer without an
// error when the file does not give them: then they are to be had from b. An error is the connection's.
func (s *sheet) send(to syscall.RawConn, b []byte, at int) (sent int, err error) {
	raw, fileErr := s.file.SyscallConn()
	if fileErr != nil {
		return 0, nil
	}
	from := int64(at) // its own: the file's place is shared by all readers
	fileErr = raw.Control(func(file uintptr) {
		err = to.Write(func(fd uintptr) bool {
			for from < int64(len(b)) {
				n, failed := unix.Sendfile(int(fd), int(file), &from, len(b)-int(from))
				switch {
				case failed == unix.EAGAIN:
					return false
				case failed == unix.EINTR:
				case failed != nil, n == 0:
					return true
				}
			}
			return true
		})
	})
	if fileErr != nil { // it was closed
		return 0, nil
	}
	return int(from) - at, err
}

// put writes b from at on, and returns how many bytes it wrote.
func put(to syscall.RawConn, b []byte, at int) (wrote int, err error) {
	from := at
	var failed error
	err = to.Write(func(fd uintptr) bool {
		for from < len(b) {
			var n int
			n, failed = unix.Write(int(fd), b[from:])
			switch failed {
			case nil:
				from += n
			case unix.EAGAIN:
				return false
			case unix.EINTR:
			default:
				return true
			}
		}
		failed = nil
		return true
	})
	return from - at, errors.Join(err, failed)
}

// sheetsHere is how many sheets this process may have.
func sheetsHere() int64 {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 0
	}
	return int64(min(sheetsMax, files.Cur/filesOf))
}
