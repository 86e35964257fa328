package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"shoal/id"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peers is a tracker: it allows what a test says, and by default everything.
type peers struct {
	mu       sync.Mutex
	absent   map[id.Peer]bool
	allowed  func(id.Peer, netip.Addr) bool
	observed map[id.Peer]netip.Addr
}

var lagoon = id.Channel{7}

// clock is a clock that tests turn.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (p *peers) Present(peer id.Peer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.absent[peer]
}

func (p *peers) Allowed(peer id.Peer, a netip.Addr) bool {
	return p.allowed == nil || p.allowed(peer, a)
}

func (p *peers) Observed(peer id.Peer, a netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.observed == nil {
		p.observed = map[id.Peer]netip.Addr{}
	}
	p.observed[peer] = a
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Unix(1_800_000_000, 0)} }

// start runs a relay until the test ends.
func start(t *testing.T, c Config, p Peers) *Relay {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	r, err := Open(c, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the relay ended: %v", err)
		}
	})
	return r
}

// connect returns a TURN client of pion's.
func connect(t *testing.T, r *Relay, username, password string) *turn.Client {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return over(t, r, conn, username, password)
}

func over(t *testing.T, r *Relay, conn net.PacketConn, username, password string) *turn.Client {
	t.Helper()
	at := fmt.Sprintf("127.0.0.1:%d", r.Port())
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: at, TURNServerAddr: at, Username: username, Password: password, Realm: Realm, Conn: conn, LoggerFactory: quiet{},
		RTO: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = conn.Close()
	})
	return client
}

// allocate allocates, and frees it after the test: a client's timers run until then.
func allocate(t *testing.T, client *turn.Client) (net.PacketConn, error) {
	conn, err := client.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

// eventually waits for what another goroutine does soon.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
		time.Sleep(time.Millisecond)
	}
}
