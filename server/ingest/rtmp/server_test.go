package rtmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

const rightKey = "dGhlIHJpZ2h0IGtleSBvZiB0aGUgdGVzdCBjaGFubmVs"

// door is a Door with one key. It remembers every publication.
type door struct {
	mu    sync.Mutex
	sinks []*sink
	busy  bool
	ended chan error
}

func newDoor() *door { return &door{ended: make(chan error, 16)} }

func (d *door) Publish(_ context.Context, key string, _ netip.Addr) (ingest.Sink, func(error), error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key != rightKey {
		return nil, nil, fmt.Errorf("door: %w", ErrKey)
	}
	if d.busy {
		return nil, nil, errors.New("somebody publishes already")
	}
	s := &sink{}
	d.sinks = append(d.sinks, s)
	return s, func(err error) { d.ended <- err }, nil
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
func run(t *testing.T, d Door) (addr string, book *logBook) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	book = &logBook{}
	s := &Server{Listener: l, Door: d, Log: slog.New(slog.NewTextHandler(book, nil))}
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

func TestFFmpegPublishes(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	if out, err := ffmpeg(t, append(testStream(6), "rtmp://"+addr+"/live/"+rightKey)...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := <-d.ended; err != nil {
		t.Errorf("the publisher stopped, and yet: %v", err)
	}
	s := d.sinks[0]
	if len(s.runs) != 1 || len(s.runs[0]) != 2 || s.runs[0][0].Kind != segment.Video || s.runs[0][1].Kind != segment.Audio {
		t.Fatalf("runs: %+v", s.runs)
	}
	if r := s.runs[0]; r[0].TimeScale != 90000 || r[1].TimeScale != 48000 {
		t.Errorf("time scales %d and %d", r[0].TimeScale, r[1].TimeScale)
	}
	count, reordered, keys := [2]int{}, 0, 0
	var last [2]time.Duration
	for i, x := range s.samples {
		if count[x.Track] > 0 && x.DTS <= last[x.Track] {
			t.Fatalf("sample %d: decode time %v after %v", i, x.DTS, last[x.Track])
		}
		if x.Track == 1 && count[1] > 0 {
			if gap := x.DTS - last[1]; gap != 1024*time.Second/48000 {
				t.Errorf("sound goes on after %v", gap)
			}
		}
		last[x.Track] = x.DTS
		count[x.Track]++
		if x.PTS < x.DTS {
			t.Errorf("sample %d is shown at %v and decoded at %v", i, x.PTS, x.DTS)
		}
		if x.Track == 0 && x.PTS > x.DTS+40*time.Millisecond {
			reordered++
		}
		if x.Track == 0 && x.Key {
			keys++
		}
	}
	if count[0] != 180 || keys != 3 || reordered == 0 || count[1] < 280 {
		t.Errorf("%d frames, %d of them keys, %d reordered, %d of sound", count[0], keys, reordered, count[1])
	}
	if strings.Contains(book.String(), rightKey) {
		t.Error("the log holds the key")
	}
}

func TestWrongKey(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	const wrong = "a-wrong-key-that-nobody-gave"
	out, err := ffmpeg(t, append(testStream(5), "rtmp://"+addr+"/live/"+wrong)...)
	if err == nil {
		t.Error("ffmpeg believes that it published")
	}
	waitFor(t, book, "publisher refused")
	text := book.String()
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "no channel has this stream key") || !strings.Contains(text, "from=127.0.0.1") {
		t.Errorf("the log says:\n%s", text)
	}
	if strings.Contains(text, wrong) {
		t.Errorf("the log holds the key:\n%s", text)
	}
	if !strings.Contains(out, "refused") {
		t.Logf("ffmpeg says: %s", out)
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

func TestKeyInTheApplication(t *testing.T) {
	// Some encoders have one field for the whole address.
	d := newDoor()
	addr, book := run(t, d)
	for _, key := range []string{rightKey, "wrong" + rightKey} {
		_, err := ffmpeg(t, append(testStream(2), "-rtmp_app", "live/"+key, "-rtmp_playpath", "", "rtmp://"+addr+"/")...)
		if (err == nil) != (key == rightKey) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	waitFor(t, book, "refused")
	if strings.Contains(book.String(), rightKey) {
		t.Errorf("the log holds the key:\n%s", book.String())
	}
}

func TestGarbage(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	for name, c := range map[string]struct{ send, want string }{
		"http":    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "does not speak RTMP"},
		"tls":     {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "does not speak RTMP"},
		"rtmpe":   {"\x06" + strings.Repeat("x", 1536), "does not speak RTMP"},
		"nothing": {"", "closed the connection"},
		"chunks":  {"\x03" + strings.Repeat("\x00", 3072) + "\x43rubbish", "shortened chunk header"},
		"huge":    {"\x03" + strings.Repeat("\x00", 3072) + "\x03\x00\x00\x00\xff\xff\xff\x14\x00\x00\x00\x00", "the most is"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(book.String())
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			if c.send == "" {
				_ = conn.Close()
			} else {
				_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) {
					t.Error("the connection stays open")
				}
			}
			waitFor(t, book, c.want)
			if n := strings.Count(book.String()[before:], "\n"); n != 1 {
				t.Errorf("%d lines:\n%s", n, book.String()[before:])
			}
		})
	}
	if len(d.sinks) != 0 {
		t.Error("garbage published")
	}
}

func TestSecondPublisherAndSinkErrors(t *testing.T) {
	d := newDoor()
	d.busy = true
	addr, book := run(t, d)
	if _, err := ffmpeg(t, append(testStream(2), "rtmp://"+addr+"/live/"+rightKey)...); err == nil {
		t.Error("the second publisher was let in")
	}
	waitFor(t, book, "somebody publishes already")
}

func TestRunStopsEverything(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Listener: l, Door: newDoor(), Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	var conns []net.Conn
	for range 5 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	if _, err := conns[0].Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	s.Listener = l // closed
	if err := s.Run(t.Context()); err == nil {
		t.Error("Run on a closed listener says nothing")
	}
}
