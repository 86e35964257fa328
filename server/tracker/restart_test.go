package tracker

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/server/event"
	"shoal/wire/signal"
)

func TestRestart(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, w := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Watch, "9.9.9.9")
		deaf, _, _ := l.dial(dialing{deaf: true})
		_ = deaf
		l.stop()
		for _, c := range []*client{a, w} {
			if websocket.CloseStatus(c.ended()) != websocket.StatusGoingAway {
				t.Errorf("ended with %v", c.ended())
			}
		}
		if _, answer, err := l.dial(dialing{}); err == nil || answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a stopped tracker answered %v", err)
		}
		if err := l.tracker.Run(context.Background()); err == nil {
			t.Error("a tracker ran twice")
		}
	})
	for i := range 3 { // in one process, one after the other
		inLab(t, Config{}, func(l *lab) {
			if a := l.join(shallows, Share, "8.8.4.4"); a.ended() != nil {
				t.Errorf("life %d: %v", i, a.ended())
			}
		})
	}
}

func TestNobodyIsServedBeforeRun(t *testing.T) {
	tr := New(Config{}, hub{}, &edges{}, &meter{})
	if tr.begin() || tr.Viewers(shallows) != 0 {
		t.Error("served before Run")
	}
}

// Over real sockets, with the clock of the world: what the lab shows holds outside it.
func TestOverRealSockets(t *testing.T) {
	tr := New(Config{}, hub{make(chan event.Fact)}, &edges{}, &meter{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tr.Run(ctx) }()
	server := httptest.NewServer(tr)
	defer server.Close()
	dial := func() *websocket.Conn {
		for { // Run may not have begun
			conn, _, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{Subprotocols: []string{signal.Subprotocol}})
			if err == nil {
				return conn
			}
			if ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	}
	hear := func(c *websocket.Conn) signal.FromTracker {
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m, err := signal.DecodeTracker(b)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var conns [2]*websocket.Conn
	var peers [2]id.Peer
	for i := range conns {
		conns[i] = dial()
		token, peer, _ := tr.Issue(shallows, Share)
		peers[i] = peer
		_ = conns[i].Write(ctx, websocket.MessageText, signal.EncodeViewer(signal.Hello{Token: token}))
		if w, ok := hear(conns[i]).(signal.Welcome); !ok || w.Peer != peer {
			t.Fatal("no welcome")
		}
	}
	if p, ok := hear(conns[1]).(signal.Peers); !ok || p.Dial[0] != peers[0] {
		t.Fatalf("the newcomer heard %#v", p)
	}
	own := signal.Signal{To: peers[0], Body: signal.Body{Kind: signal.Candidate, Data: host("127.0.0.1")}}
	_ = conns[1].Write(ctx, websocket.MessageText, signal.EncodeViewer(own))
	for {
		if m, ok := hear(conns[0]).(signal.Signalled); ok {
			if m.From != peers[1] || m.Data != host("127.0.0.1") {
				t.Errorf("heard %#v", m)
			}
			break
		}
	}
	var left sync.WaitGroup
	for _, c := range conns {
		left.Go(func() {
			for {
				if _, _, err := c.Read(context.Background()); err != nil {
					if websocket.CloseStatus(err) != websocket.StatusGoingAway {
						t.Errorf("ended with %v", err)
					}
					return
				}
			}
		})
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	left.Wait()
}
