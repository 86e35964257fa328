package srt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"shoal/server/ingest"
	"shoal/server/ingest/gate"
)

const (
	rightKey   = "dGhlIHJpZ2h0IGtleSBvZiB0aGUgdGVzdCBjaGFubmVs"
	rightPass  = "the-right-passphrase"
	wrongPass  = "another-passphrase"
	channel    = "fish"
	rightAsked = "publish:" + channel + ":" + rightKey
)

// door is a Door with one key. It remembers every publication.
type door struct {
	mu    sync.Mutex
	sinks []*sink
	asked []gate.Request
	busy  bool
	lost  int
	cut   chan struct{}
	ended chan error
	spoil func(*sink)
}

func newDoor() *door { return &door{ended: make(chan error, 64), cut: make(chan struct{})} }

func (d *door) Admit(_ context.Context, r gate.Request) (gate.Admission, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, r)
	if r.Key != rightKey || r.Name != "" && r.Name != channel {
		return gate.Admission{}, fmt.Errorf("door: %w", gate.ErrKey)
	}
	if d.busy && !r.Takeover {
		return gate.Admission{}, errors.New("somebody publishes already")
	}
	s := &sink{}
	if d.spoil != nil {
		d.spoil(s)
	}
	d.sinks = append(d.sinks, s)
	return gate.Admission{Sink: s, Leave: func(err error) { d.ended <- err }, Cut: d.cut, Lost: d.loses}, nil
}

// sink is the n-th publication's, nil while there was none.
func (d *door) sink(n int) *sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n >= len(d.sinks) {
		return nil
	}
	return d.sinks[n]
}

func (d *door) loses(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost += n
}

// sink keeps what it is given.
type sink struct {
	mu      sync.Mutex
	runs    [][]ingest.Track
	samples []ingest.Sample
	sample  func() error
}

func (s *sink) Tracks(t []ingest.Track) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, t)
	return nil
}

func (s *sink) Sample(x ingest.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, x)
	if s.sample != nil {
		return s.sample()
	}
	return nil
}

func (s *sink) count() int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.samples)
}

// meter counts.
type meter struct {
	mu sync.Mutex
	n  map[string]int
}

func (m *meter) note(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n == nil {
		m.n = map[string]int{}
	}
	m.n[what]++
}

func (m *meter) of(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n[what]
}

func (m *meter) PublisherAdmitted(string)       { m.note("admitted") }
func (m *meter) PublisherRefused(_, why string) { m.note(why) }
func (m *meter) IngestFault(string)             { m.note("fault") }

type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// bench is a server that runs until the test's end.
type bench struct {
	*Server
	t     *testing.T
	addr  string
	door  *door
	meter *meter
	log   *logBook
	stop  func() error
}

func run(t *testing.T, change func(*Server)) *bench {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, addr: socket.LocalAddr().String(), door: newDoor(), meter: &meter{}, log: &logBook{}}
	b.Server = &Server{
		Socket: socket, Door: b.door, Visitors: &gate.Visitors{}, Meter: b.meter, Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Passphrase: func(string) string { return rightPass },
	}
	if change != nil {
		change(b.Server)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Server.Run(ctx) }()
	b.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := b.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if strings.Contains(b.log.String(), rightKey) || strings.Contains(b.log.String(), rightPass) {
			t.Errorf("the log holds a secret:\n%s", b.log.String())
		}
	})
	return b
}

func (b *bench) url(streamID, passphrase string) string {
	u := "srt://" + b.addr + "?latency=120000&streamid=" + streamID
	if passphrase != "" {
		u += "&passphrase=" + passphrase
	}
	return u
}

// ffmpeg runs it to its end and returns what it said.
func ffmpeg(t *testing.T, args ...string) (string, error) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs ffmpeg")
	}
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal("ffmpeg is not on PATH: install it (apt-get install ffmpeg)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, append([]string{"-hide_banner", "-nostdin", "-loglevel", "warning"}, args...)...).CombinedOutput()
	return string(out), err
}

// testStream are ffmpeg's arguments for seconds of picture with B-frames, and sound, in real time.
func testStream(seconds int) []string {
	return []string{
		"-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", fmt.Sprint(seconds), "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "60", "-sc_threshold", "0",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", "-f", "mpegts",
	}
}

// eventually polls until a condition holds.
func (b *bench) eventually(what string, holds func() bool) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	b.t.Fatalf("%s never came about:\n%s", what, b.log.String())
}

// running tells whether Run has begun.
func (s *Server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID != nil
}
