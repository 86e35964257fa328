package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// takeUsualPorts makes sure that the usual ports are in use, by this test or by whoever has them already.
func takeUsualPorts(t *testing.T) {
	t.Helper()
	for _, port := range []string{":8080", ":1935", ":3478"} {
		if l, err := net.Listen("tcp", port); err == nil {
			t.Cleanup(func() { _ = l.Close() })
		}
	}
}

func TestTheDemoTakesOtherPortsWhereTheUsualAreInUse(t *testing.T) {
	takeUsualPorts(t)
	parsed, err := parse([]string{"demo"}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	h, err := parsed.(*demoCommand).build(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if port := portOf(h.doors.http.Addr()); port == "8080" {
		t.Error("the demo took a port that is in use")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheDemoPrintsALinkThatPlays(t *testing.T) {
	c, err := parse([]string{"demo", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--turn", "127.0.0.1:0", "--whip", "127.0.0.1:0"}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, world{out: in, err: io.Discard}); _ = in.Close() }()
	link := ""
	for lines := bufio.NewScanner(out); link == "" && lines.Scan(); {
		if text := strings.TrimSpace(lines.Text()); strings.HasPrefix(text, "http://") {
			link = text
		}
	}
	answer, err := http.Get(strings.Replace(link, "/c/", "/hls/", 1) + "/master.m3u8")
	if err != nil {
		t.Fatalf("link %q: %v", link, err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.HasPrefix(string(text), "#EXTM3U") {
		t.Errorf("link %q: %s %v", link, text, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with in
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("the demo left %v behind: %v", left, err)
	}
}
