package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"shoal/segment"
	"shoal/server/ingest/gate"
)

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
	s := &Server{Listener: l, Door: newDoor(), Visitors: &gate.Visitors{}, Log: slog.New(slog.DiscardHandler)}
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
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run returned and left its listener open: closing it says %v", err)
	}
	if err := s.Run(t.Context()); err == nil {
		t.Error("Run on a closed listener says nothing")
	}
}

// Whoever is shut out for others' wrong keys must not go and replace a good one.
func TestWhatWhoIsRefusedHears(t *testing.T) {
	v := &visit{key: rightKey}
	for want, why := range map[string]error{
		"Copy it again": gate.ErrKey, "Try again in a minute": gate.ErrBlocked, "key is right, but the server cannot take the stream: " + gate.ErrFull.Error(): gate.ErrFull,
	} {
		if said := v.spoken(why); !strings.Contains(said, want) || strings.Contains(said, rightKey) {
			t.Errorf("%v: %q", why, said)
		}
	}
}
