package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// perAddress is how many of a crowd come from one address: servers bound them.
const perAddress = 200

// crowd is many connections that cost nothing while they wait: sockets that nobody polls.
type crowd []int

// others are the files that a server opens beside its viewers' connections, and more.
const others = 200

// seats is how many connections fit among the files that a process may open.
func seats() int {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 0
	}
	return int(files.Cur) - others
}

// gather connects n times, each from one address of this machine.
func gather(address string, n, each int) (c crowd, err error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	server := &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	for i := range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return c, fmt.Errorf("connection %d: %w (ulimit -n is to be more)", i, err)
		}
		c = append(c, fd)
		from := &unix.SockaddrInet4{Addr: [4]byte{127, 0, byte(i / each / 250), byte(1 + i/each%250)}}
		if err := errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.Bind(fd, from),
			unix.Connect(fd, server),
		); err != nil {
			return c, fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return c, nil
}

func (c crowd) leave() {
	for _, fd := range c {
		_ = unix.Close(fd) // nothing hangs on it
	}
}

// ask sends everybody's request.
func (c crowd) ask(h *house, path string) error {
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + h.http + "\r\nCookie: " + h.cookie + "\r\n\r\n")
	for i, fd := range c {
		if n, err := unix.Write(fd, request); err != nil || n != len(request) {
			return fmt.Errorf("connection %d: %d bytes of %d, %w", i, n, len(request), err)
		}
	}
	return nil
}

// look reads everybody's answer and returns when the kernel had the last of each, how long the longest is, and how many had none.
func (c crowd) look() (at []time.Time, longest, missing int) {
	buffer, words := make([]byte, 256<<10), make([]byte, 256)
	for _, fd := range c {
		var last time.Time
		good, length := false, 0
		for first := true; ; first = false {
			n, wordsN, _, _, err := unix.Recvmsg(fd, buffer, words, unix.MSG_DONTWAIT)
			if err != nil || n == 0 {
				break
			}
			length += n
			if first {
				good = bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 200 "))
			}
			if t, ok := stamp(words[:wordsN]); ok {
				last = t
			}
		}
		if !good || last.IsZero() {
			missing++
			continue
		}
		at, longest = append(at, last), max(longest, length)
	}
	return at, longest, missing
}

// stamp is when the kernel took in what was read.
func stamp(words []byte) (time.Time, bool) {
	all, err := unix.ParseSocketControlMessage(words)
	if err != nil {
		return time.Time{}, false
	}
	for _, m := range all {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), true
		}
	}
	return time.Time{}, false
}
