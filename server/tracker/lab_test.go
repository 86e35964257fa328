package tracker

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/segment"
	"shoal/server/event"
	"shoal/wire/signal"
)

// lab is a tracker behind a real HTTP server on pipes, so that viewers can come from any address and time is the test's.
type lab struct {
	t          *testing.T
	tracker    *Tracker
	facts      chan event.Fact
	broadcasts *edges
	meter      *meter
	lines      *lines
	stop       func()
}

type edges struct {
	mu                  sync.Mutex
	certificates, parts [][]byte
}

func (e *edges) Recent(id.Channel) (certificates, parts [][]byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.certificates, e.parts
}

type meter struct {
	mu   sync.Mutex
	said []signal.Report
}

func (m *meter) Reported(_ id.Channel, r signal.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.said = append(m.said, r)
}

type hub struct{ facts chan event.Fact }

func (h hub) Subscribe() (<-chan event.Fact, func()) { return h.facts, func() {} }

// lines is a listener whose connections are pipes.
type lines struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *lines) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *lines) Close() error { l.once.Do(func() { close(l.closed) }); return nil }
func (l *lines) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:80"))
}

type line struct {
	net.Conn
	from net.Addr
}

func (l line) RemoteAddr() net.Addr { return l.from }

func (l *lines) dial(from string) (net.Conn, error) {
	near, distant := net.Pipe()
	select {
	case l.accept <- line{distant, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 40000))}:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// inLab runs test with a running tracker, in a bubble of synctest, and ends everything after it.
func inLab(t *testing.T, c Config, test func(*lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &lab{t: t, facts: make(chan event.Fact, 64), broadcasts: &edges{}, meter: &meter{},
			lines: &lines{accept: make(chan net.Conn), closed: make(chan struct{})}}
		c.Own = []netip.Addr{netip.MustParseAddr("203.0.113.9")}
		l.tracker = New(c, hub{l.facts}, l.broadcasts, l.meter)
		server := httptest.NewUnstartedServer(l.tracker)
		server.Listener = l.lines
		server.Start()
		defer server.Close()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.tracker.Run(ctx) }()
		synctest.Wait()
		l.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the tracker ended: %v", err)
			}
		})
		defer l.stop()
		test(l)
	})
}

// client is a viewer, honest or not. It hears everything at once and keeps it.
type client struct {
	lab   *lab
	peer  id.Peer
	conn  *websocket.Conn
	mu    sync.Mutex
	heard []signal.FromTracker
	bin   [][]byte
	over  error // once the connection ended
}

type dialing struct {
	from, origin string
	header       http.Header
	deaf         bool // does not read
}

func (l *lab) dial(d dialing) (*client, *http.Response, error) {
	if d.from == "" {
		d.from = "8.8.4.4"
	}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return l.lines.dial(d.from) }}
	header := http.Header{}
	for k, v := range d.header {
		header[k] = v
	}
	if d.origin != "" {
		header.Set("Origin", d.origin)
	}
	conn, answer, err := websocket.Dial(l.t.Context(), "ws://shoal.example/api/v1/tracker", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header, Subprotocols: []string{signal.Subprotocol},
	})
	if err != nil {
		return nil, answer, err
	}
	c := &client{lab: l, conn: conn}
	conn.SetReadLimit(1 << 20)
	l.t.Cleanup(func() { _ = conn.CloseNow() })
	if !d.deaf {
		go c.listen()
	}
	return c, answer, nil
}

func (c *client) listen() {
	for {
		kind, b, err := c.conn.Read(context.Background())
		c.mu.Lock()
		if err != nil {
			c.over = err
			c.mu.Unlock()
			return
		}
		if kind == websocket.MessageBinary {
			c.bin = append(c.bin, b)
		} else if m, err := signal.DecodeTracker(b); err != nil {
			c.lab.t.Errorf("the tracker said %s: %v", b, err)
		} else {
			c.heard = append(c.heard, m)
		}
		c.mu.Unlock()
	}
}

func (c *client) say(m signal.FromViewer) { c.write(string(signal.EncodeViewer(m))) }

func (c *client) write(text string) {
	_ = c.conn.Write(context.Background(), websocket.MessageText, []byte(text)) // a closed connection shows in over
}

// join brings a viewer in.
func (l *lab) join(channel id.Channel, mode Mode, from string) *client {
	l.t.Helper()
	token, peer, err := l.tracker.Issue(channel, mode)
	if err != nil {
		l.t.Fatal(err)
	}
	c, _, err := l.dial(dialing{from: from})
	if err != nil {
		l.t.Fatal(err)
	}
	c.peer = peer
	c.say(signal.Hello{Token: token})
	synctest.Wait()
	if w, ok := first[signal.Welcome](c); !ok || w.Peer != peer {
		l.t.Fatalf("no welcome: heard %#v, %v", c.heard, c.ended())
	}
	return c
}

func (c *client) ended() error {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// all returns what was heard of one type.
func all[M signal.FromTracker](c *client) (out []M) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.heard {
		if m, ok := m.(M); ok {
			out = append(out, m)
		}
	}
	return out
}

func first[M signal.FromTracker](c *client) (m M, ok bool) {
	if of := all[M](c); len(of) > 0 {
		return of[0], true
	}
	return m, false
}

func last[M signal.FromTracker](c *client) (m M) {
	if of := all[M](c); len(of) > 0 {
		return of[len(of)-1]
	}
	return m
}

// refused checks that the connection was ended with an error of this code.
func (c *client) refused(t *testing.T, code string) {
	t.Helper()
	time.Sleep(closeWithin) // the bubble's clock
	e, _ := first[signal.Error](c)
	if e.Code != code || c.ended() == nil {
		t.Errorf("want the end with %q, got %#v and %v", code, e, c.ended())
	}
}

var (
	shallows = id.Channel{1}
	deep     = id.Channel{2}
)

func part(channel id.Channel, seq uint64) event.PartPublished {
	return event.PartPublished{
		Channel: channel, Part: segment.Part{Epoch: 3, Seq: seq}, MSN: 3<<20 + seq/4, Index: int(seq % 4), Manifest: []byte{'p', byte(seq)},
	}
}
