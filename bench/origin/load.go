package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// connections is how many ask at once.
const connections = 16

// load is what one round did.
type load struct {
	requests int
	bytes    int64
	took     time.Duration
	cost     time.Duration // of the server, in processor time
	own      time.Duration // of whoever asked
}

// ask asks a server for paths, in turn, over connections that are kept, for a while.
func ask(ctx context.Context, h *house, paths []string, within time.Duration, own func() time.Duration) (l load, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var wait sync.WaitGroup
	var mu sync.Mutex
	before, ownBefore, began := spent(h.cmd.Process.Pid), own(), time.Now()
	for n := range connections {
		wait.Go(func() {
			requests, read, askErr := askOne(ctx, h.http, paths, n)
			mu.Lock()
			defer mu.Unlock()
			l.requests += requests
			l.bytes += read
			err = errors.Join(err, askErr)
		})
	}
	wait.Wait()
	l.took, l.cost, l.own = time.Since(began), spent(h.cmd.Process.Pid)-before, own()-ownBefore
	if err != nil {
		return l, fmt.Errorf("%s: %w", h.name, err)
	}
	return l, nil
}

// askOne is one connection. It reads answers whole and looks at their length and status only.
func askOne(ctx context.Context, address string, paths []string, first int) (requests int, read int64, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close() //nolint:errcheck // nothing hangs on it
	r := bufio.NewReaderSize(c, 256<<10)
	for n := first; ctx.Err() == nil; n++ {
		path := paths[n%len(paths)]
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address); err != nil {
			return requests, read, err
		}
		length, err := header(r)
		if err != nil {
			return requests, read, fmt.Errorf("%s: %w", path, err)
		}
		if _, err := r.Discard(length); err != nil {
			return requests, read, fmt.Errorf("%s: %w", path, err)
		}
		requests, read = requests+1, read+int64(length)
	}
	return requests, read, nil
}

// header reads an answer's header and returns how long its body is.
func header(r *bufio.Reader) (length int, err error) {
	length = -1
	for line := 0; ; line++ {
		text, err := r.ReadSlice('\n')
		if err != nil {
			return 0, errors.Join(err, io.ErrUnexpectedEOF)
		}
		text = bytes.TrimRight(text, "\r\n")
		if line == 0 && !bytes.HasPrefix(text, []byte("HTTP/1.1 200 ")) {
			return 0, fmt.Errorf("it answered %s", text)
		}
		if len(text) == 0 {
			break
		}
		name, value, _ := bytes.Cut(text, []byte(": "))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("it did not say how long its answer is")
	}
	return length, nil
}
