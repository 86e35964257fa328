package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// floorMode is what the bench calls itself with to be the server below which nobody can be.
const floorMode = "floor"

// floor is a server that does nothing but write: it reads a request of everybody, and then gives all of them the same bytes,
// one call of the kernel each, from as many threads as there are processors.
func floor(args []string) error {
	flags := flag.NewFlagSet(floorMode, flag.ContinueOnError)
	n := flags.Int("n", 0, "`connections`")
	size := flags.Int("size", 0, "`bytes` of an answer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	door, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Bind(door, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(door, 4096)); err != nil {
		return err
	}
	at, err := unix.Getsockname(door)
	if err != nil {
		return err
	}
	fmt.Printf("127.0.0.1:%d\n", at.(*unix.SockaddrInet4).Port)
	all := make([]int, *n)
	for i := range all {
		if all[i], _, err = unix.Accept(door); err != nil {
			return err
		}
	}
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Length: ")
	answer = append(answer, bytes.Repeat([]byte("0"), max(0, *size-len(answer)))...)
	for {
		if err := readAll(all); err != nil {
			return nil // they have gone
		}
		fmt.Println("asked")
		time.Sleep(300 * time.Millisecond)
		if err := writeAll(all, answer); err != nil {
			return err
		}
		fmt.Println("answered")
	}
}

// readAll reads a request of each.
func readAll(all []int) error {
	buffer := make([]byte, 4096)
	for _, fd := range all {
		for end := false; !end; {
			n, err := unix.Read(fd, buffer)
			if err == unix.EINTR {
				continue
			}
			if err != nil || n == 0 {
				return errors.Join(err, errors.New("a connection has ended"))
			}
			end = bytes.HasSuffix(buffer[:n], []byte("\r\n\r\n"))
		}
	}
	return nil
}

// writeAll writes an answer to each.
func writeAll(all []int, answer []byte) error {
	var next, failed atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1) - 1); i < len(all); i = int(next.Add(1) - 1) {
				if n, _ := syscall.Write(all[i], answer); n != len(answer) {
					failed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d of %d took less than all", n, len(all))
	}
	return nil
}

// heldAtFloor measures what the kernel alone takes for the same answers, with the same askers.
func heldAtFloor(ctx context.Context, o options, size int) (*mass, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &house{name: "kernel alone"}
	defer h.close()
	h.cmd = exec.Command(self, floorMode, "-n", strconv.Itoa(o.held), "-size", strconv.Itoa(size))
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.run(h.cmd); err != nil {
		return nil, err
	}
	says := bufio.NewScanner(out)
	hear := func() string { says.Scan(); return strings.TrimSpace(says.Text()) }
	h.http = hear()
	m := &mass{empty: resident(h.cmd.Process.Pid)}
	crowd, err := gather(h.http, o.held, perAddress)
	defer crowd.leave()
	if err != nil {
		return nil, err
	}
	for range heldRounds {
		before := spent(h.cmd.Process.Pid)
		if err := crowd.ask(h, "/"); err != nil {
			return nil, err
		}
		if hear() != "asked" {
			return nil, errors.New("it has ended")
		}
		m.full = max(m.full, resident(h.cmd.Process.Pid))
		m.taken = append(m.taken, spent(h.cmd.Process.Pid)-before)
		before = spent(h.cmd.Process.Pid)
		if hear() != "answered" {
			return nil, errors.New("it has ended")
		}
		time.Sleep(settle)
		m.costs = append(m.costs, spent(h.cmd.Process.Pid)-before)
		if err := m.look(crowd); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return m, nil
}
