package origin

import (
	"errors"
	"os"
	"strconv"

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

// again opens a file once more, with a place of its own; nil if there are too many.
func again(f *os.File) *os.File {
	second, err := os.Open("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	if err != nil {
		return nil
	}
	return second
}

// sheetsHere is how many sheets this process may have.
func sheetsHere() int64 {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 0
	}
	return int64(min(sheetsMax, files.Cur/filesOf))
}
