package lobby_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/server/lobby"
)

// place is a lobby with an HTTP server behind it, whose /wait/KEY waits.
type place struct {
	t       *testing.T
	address string
	asked   atomic.Int64
	waiting atomic.Int64
	answer  chan []byte // each is given to one queue
	stop    func()
}

func open(t *testing.T) *place {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := lobby.New(l)
	p := &place{t: t, address: l.Addr().String(), answer: make(chan []byte)}
	type key struct{}
	server := &http.Server{ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, key{}, c) }}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/own" {
			w.Header().Set("Content-Length", strconv.Itoa(own))
			r.Context().Value(key{}).(interface{ More() }).More()
			_ = http.NewResponseController(w).Flush() // the header
			if n, err := w.(io.ReaderFrom).ReadFrom(&itself{}); n != own || err != nil {
				t.Errorf("%d bytes sent themselves, %v", n, err)
			}
			return
		}
		if !strings.HasPrefix(r.URL.Path, "/wait/") {
			_, _ = io.WriteString(w, r.URL.Path) // who asked compares
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		read, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // as much as there is
		p.waiting.Add(1)
		b.Wait(r.URL.Path, conn, read, func(ctx context.Context) []byte {
			p.asked.Add(1)
			select {
			case text := <-p.answer:
				return text
			case <-ctx.Done():
				return nil
			}
		}, func() { p.waiting.Add(-1) })
	})
	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	go func() { served <- server.Serve(b) }()
	stopped := false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(p.stop)
	return p
}

// caller is a connection to it.
type caller struct {
	net.Conn
	r *bufio.Reader
}

func (p *place) call() *caller {
	p.t.Helper()
	c, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() }) // it may be closed
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	return &caller{c, bufio.NewReader(c)}
}

func (p *place) say(c *caller, path string) {
	p.t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) hear(c *caller, want string) {
	p.t.Helper()
	r, err := http.ReadResponse(c.r, nil)
	if err != nil {
		p.t.Fatalf("instead of %q: %v", want, err)
	}
	if b, err := io.ReadAll(r.Body); string(b) != want || err != nil {
		p.t.Fatalf("%q, %v instead of %q", b, err, want)
	}
}

func (p *place) until(what string, so func() bool) {
	p.t.Helper()
	for within := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(within) {
			p.t.Fatalf("in vain: %s", what)
		}
	}
}

func says(text string) []byte {
	return []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text))
}

// own is how much itself sends, a third of it by being read.
const own = 90_000

// itself sends itself.
type itself struct{ sent int }

func (i *itself) Left() int64 { return int64(own - i.sent) }

func (i *itself) SendTo(c syscall.RawConn) (n int64, err error) {
	text := strings.Repeat("x", own*2/3)
	err = c.Write(func(fd uintptr) bool {
		for i.sent < len(text) {
			wrote, err := syscall.Write(int(fd), []byte(text[i.sent:]))
			if err != nil {
				return err != syscall.EAGAIN
			}
			i.sent += wrote
		}
		return true
	})
	return int64(i.sent), err
}

func (i *itself) Read(b []byte) (n int, err error) {
	for n < len(b) && i.sent < own {
		b[n], n, i.sent = 'y', n+1, i.sent+1
	}
	if n == 0 {
		err = io.EOF
	}
	return n, err
}

// What can sends itself, behind a header that goes out with it.
func TestContentsSendThemselves(t *testing.T) {
	p := open(t)
	c := p.call()
	for range 3 {
		p.say(c, "/own")
		p.hear(c, strings.Repeat("x", own*2/3)+strings.Repeat("y", own/3))
		p.say(c, "/other")
		p.hear(c, "/other")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// All who ask the same are one question and get the same answer; then each is served on, as often as he likes.
func TestTheSameIsAskedOnce(t *testing.T) {
	p := open(t)
	const most = 300
	var all []*caller
	for range most {
		all = append(all, p.call())
	}
	for round := range 3 {
		for n, c := range all {
			if n%2 == round%2 {
				p.say(c, "/before")
				p.hear(c, "/before")
			}
			p.say(c, "/wait/a")
		}
		p.until("all wait", func() bool { return p.waiting.Load() == most })
		if n := p.asked.Load(); n != int64(round+1) {
			t.Fatalf("asked %d times by round %d", n, round)
		}
		p.answer <- says("same")
		for _, c := range all {
			p.hear(c, "same")
		}
		p.until("all have left", func() bool { return p.waiting.Load() == 0 })
	}
	p.say(all[0], "/after")
	p.hear(all[0], "/after")
}

func TestOtherQuestionsWaitApart(t *testing.T) {
	p := open(t)
	a, b := p.call(), p.call()
	p.say(a, "/wait/a")
	p.until("a is asked", func() bool { return p.asked.Load() == 1 })
	p.say(b, "/wait/b")
	p.until("b is asked", func() bool { return p.asked.Load() == 2 })
	p.answer <- says("one")
	p.answer <- says("two")
	for _, c := range []*caller{a, b} {
		r, err := http.ReadResponse(c.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		if text := string(got); err != nil || text != "one" && text != "two" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// Requests that are sent before the answer has come are answered after it, in order.
func TestRequestsThatFollowAreKept(t *testing.T) {
	p := open(t)
	for cut := 1; cut < 60; cut += 7 {
		c := p.call()
		text := "GET /wait/x HTTP/1.1\r\nHost: x\r\n\r\nGET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /wait/y HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n"
		for _, part := range []string{text[:cut], text[cut:]} {
			if _, err := io.WriteString(c, part); err != nil {
				t.Fatal(err)
			}
		}
		p.answer <- says("x")
		p.hear(c, "x")
		p.hear(c, "/one")
		p.answer <- says("y")
		p.hear(c, "y")
		p.hear(c, "/two")
	}
}

// Who does not read, or has gone, keeps nobody waiting; who reads slowly gets all in the end.
func TestSlowReadersWaitAlone(t *testing.T) {
	p := open(t)
	large := strings.Repeat("all of it. ", 2<<20) // more than two kernels' buffers hold
	slow, gone, quick := p.call(), p.call(), p.call()
	for n, c := range []*caller{slow, gone, quick} {
		p.say(c, "/wait/large")
		p.until("it waits", func() bool { return p.waiting.Load() == int64(n+1) })
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	p.answer <- says(large)
	p.hear(quick, large)
	p.until("all but one have left", func() bool { return p.waiting.Load() == 1 })
	p.hear(slow, large)
	p.until("the last has left", func() bool { return p.waiting.Load() == 0 })
	p.say(slow, "/more")
	p.hear(slow, "/more")
}

// When the server ends, nobody is kept: neither who rests, nor who waits, nor who reads slowly.
func TestItEnds(t *testing.T) {
	p := open(t)
	rests, waits, slow := p.call(), p.call(), p.call()
	p.say(rests, "/one")
	p.hear(rests, "/one")
	p.say(slow, "/wait/large")
	p.until("one waits", func() bool { return p.waiting.Load() == 1 })
	p.answer <- says(string(bytes.Repeat([]byte("x"), 32<<20)))
	p.say(waits, "/wait/a")
	p.until("two wait", func() bool { return p.waiting.Load() == 2 })
	p.stop()
	if n := p.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
	for what, c := range map[string]*caller{"who rests": rests, "who waits": waits} {
		if _, err := c.r.ReadByte(); err == nil {
			t.Errorf("%s is told something", what)
		}
	}
}
