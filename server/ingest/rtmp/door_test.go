package rtmp

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

const rightKey = "dGhlIHJpZ2h0IGtleSBvZiB0aGUgdGVzdCBjaGFubmVs"

// door is a Door with one key. It remembers every publication.
type door struct {
	mu      sync.Mutex
	sinks   []*sink
	busy    bool
	ended   chan error
	asked   []gate.Request
	spoil   func(*sink)
	faults  int
	leftOut int
	rungs   map[int]string // why they are left out
	cut     chan struct{}  // nil: never
}

func newDoor() *door { return &door{ended: make(chan error, 16)} }

func (d *door) Admit(_ context.Context, r gate.Request) (gate.Admission, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, r)
	if r.Key != rightKey {
		return gate.Admission{}, fmt.Errorf("door: %w", gate.ErrKey)
	}
	if d.busy {
		return gate.Admission{}, errors.New("somebody publishes already")
	}
	s := &sink{}
	if d.spoil != nil {
		d.spoil(s)
	}
	d.sinks = append(d.sinks, s)
	return gate.Admission{Sink: s, Leave: func(err error) { d.ended <- err }, Cut: d.cut, LeftOut: d.leaveOut, RungOut: d.rungOut}, nil
}

func (d *door) leaveOut(sounds int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leftOut = sounds
}

func (d *door) rungOut(n int, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rungs == nil {
		d.rungs = map[int]string{}
	}
	d.rungs[n] = why
}

// PublisherAdmitted is of gate.Meter.
func (d *door) PublisherAdmitted(string) {}

// PublisherRefused is of gate.Meter.
func (d *door) PublisherRefused(string, string) {}

// IngestFault is of gate.Meter.
func (d *door) IngestFault(string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults++
}

// sink keeps what it is given.
type sink struct {
	mu      sync.Mutex
	runs    [][]ingest.Track
	samples []ingest.Sample
	starts  []int // index of each run's first sample
	tracks  func([]ingest.Track) error
	sample  func(ingest.Sample) error
}

func (s *sink) Tracks(t []ingest.Track) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, t)
	s.starts = append(s.starts, len(s.samples))
	if s.tracks != nil {
		return s.tracks(t)
	}
	return nil
}

func (s *sink) Sample(x ingest.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.runs) == 0 {
		return errors.New("a sample before any track")
	}
	s.samples = append(s.samples, x)
	if s.sample != nil {
		return s.sample(x)
	}
	return nil
}

// log is a slog handler's target that tests can read while it is written.
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

// run starts a server and returns its address. It is stopped and awaited at the test's end.
func run(t *testing.T, d *door) (addr string, book *logBook) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	book = &logBook{}
	s := &Server{Listener: l, Door: d, Meter: d, Visitors: &gate.Visitors{}, Log: slog.New(slog.NewTextHandler(book, nil))}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l.Addr().String(), book
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

// testStream are ffmpeg's arguments for seconds of picture with B-frames, and sound.
func testStream(seconds int) []string {
	return []string{
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", fmt.Sprint(seconds), "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "60", "-sc_threshold", "0",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", "-f", "flv",
	}
}

// waitFor polls the log for a text.
func waitFor(t *testing.T, book *logBook, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(book.String(), text) {
			return
		}
	}
	t.Fatalf("no line says %q:\n%s", text, book.String())
}
