package ladder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const errandMemory = 1 << 30

// errandFile is the demo clip, as somebody else's file that ffmpeg may read only by the descriptor that it is given.
func errandFile(t *testing.T) *os.File {
	t.Helper()
	clip, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file") // below a directory that nobody else may enter
	if err := os.WriteFile(path, clip, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // it was only read
	return f
}

func openErrands(t *testing.T) *Errands {
	t.Helper()
	h := new(Errands)
	if err := h.Ready(); err != nil {
		t.Skip(err, "; `make deps-test` installs it")
	}
	return h
}

// An errand seeks in the file that it is given, and calls nobody, though nothing in its arguments forbids it.
func TestErrandsReadTheirFile(t *testing.T) {
	h, f := openErrands(t), errandFile(t)
	var said bytes.Buffer
	probe := Errand{
		Program: FFprobe, File: f, Memory: errandMemory, Args: []string{"-v", "error", "-show_entries", "format=nb_streams", "-of", "csv=p=0", "-i", ErrandFile},
		Read: func(r io.Reader) error { _, err := io.Copy(&said, r); return err },
	}
	if err := h.Run(t.Context(), probe); err != nil || strings.TrimSpace(said.String()) == "" {
		t.Fatalf("%q %v", said.String(), err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visits := make(chan struct{}, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			visits <- struct{}{}
			_ = c.Close() // nobody talks with it
		}
	}()
	for _, other := range []string{"tcp://" + l.Addr().String(), "http://" + l.Addr().String() + "/x"} {
		e := probe
		e.Args = append(probe.Args[:len(probe.Args)-1:len(probe.Args)-1], other)
		if err := h.Run(t.Context(), e); err == nil {
			t.Errorf("it opened %s", other)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if len(visits) > 0 {
		t.Error("it called")
	}
}

// What takes too long, writes what nobody wants or wants too much memory comes to an end.
func TestErrandsEnd(t *testing.T) {
	h, f := openErrands(t), errandFile(t)
	endless := Errand{
		Program: FFmpeg, File: f, Memory: errandMemory, Args: []string{"-v", "error", "-re", "-stream_loop", "-1", "-i", ErrandFile, "-f", "mpegts", "pipe:1"},
		Read: func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
	}
	why := errors.New("that is enough")
	ctx, stop := context.WithTimeoutCause(t.Context(), 500*time.Millisecond, why)
	defer stop()
	if err := h.Run(ctx, endless); !errors.Is(err, why) {
		t.Errorf("an errand without end: %v", err)
	}
	unwanted := endless
	unwanted.Read = func(r io.Reader) error {
		if _, err := io.ReadFull(r, make([]byte, 188)); err != nil {
			return err
		}
		return fmt.Errorf("not this: %w", why)
	}
	if err := h.Run(t.Context(), unwanted); !errors.Is(err, why) {
		t.Errorf("what nobody reads: %v", err)
	}
	small := endless
	small.Memory = 32 << 20
	if err := h.Run(t.Context(), small); err == nil {
		t.Error("it does with less memory than there is")
	}
	missing := endless
	missing.Program = "no-such-program"
	if err := h.Run(t.Context(), missing); !errors.Is(err, ErrNoTool) {
		t.Errorf("a program that is not there: %v", err)
	}
}
