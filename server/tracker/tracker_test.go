package tracker

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"shoal/id"
	"shoal/server/event"
	"shoal/wire/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestViewersMeet(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Share, "8.8.4.4")
		if s, ok := first[signal.Seed](a); !ok || s.Stripes != 0xffff {
			t.Errorf("alone, told to seed %#v", s)
		}
		b := l.join(shallows, Share, "9.9.9.9")
		if p := last[signal.Peers](b); !reflect.DeepEqual(p, signal.Peers{Dial: []id.Peer{a.peer}}) {
			t.Errorf("the newcomer heard %#v", p)
		}
		if p := last[signal.Peers](a); !reflect.DeepEqual(p, signal.Peers{Expect: []id.Peer{b.peer}}) {
			t.Errorf("the one who was there heard %#v", p)
		}
		a.say(signal.Linked{Peers: 1})
		b.say(signal.Linked{Peers: 1})
		if x, y := last[signal.Seed](a).Stripes, last[signal.Seed](b).Stripes; x|y != 0xffff || x&y != 0 || y == 0 {
			t.Errorf("linked, they seed %016b and %016b", x, y)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{2, 2, 2}) {
			t.Errorf("counts: %+v", n)
		}
		a.say(signal.Bye{})
		if g := last[signal.Gone](b); g.Peer != a.peer {
			t.Errorf("after a left, b heard %#v", g)
		}
		if s := last[signal.Seed](b); s.Stripes != 0xffff {
			t.Errorf("after a left, b seeds %016b", s.Stripes)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{1, 1, 1}) {
			t.Errorf("counts: %+v", n)
		}
	})
}

func TestWatchersAreLeftInPeace(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		l.broadcasts.certificates = [][]byte{{'c'}}
		a, w := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Watch, "9.9.9.9")
		w.say(signal.More{})
		w.say(signal.Linked{Peers: 3})
		w.say(signal.Signal{To: a.peer, Body: signal.Body{Kind: signal.Candidate, Data: srflx("9.9.9.9")}})
		w.say(signal.Refused{Peer: a.peer})
		l.facts <- part(shallows, 0)
		time.Sleep(viewersEvery)
		if len(all[signal.Peers](w))+len(all[signal.Seed](w))+len(all[signal.Signalled](a))+len(all[signal.Peers](a)) > 0 || len(w.bin) > 0 {
			t.Errorf("a watcher took part: it heard %#v and %d records, the other %#v", w.heard, len(w.bin), a.heard)
		}
		if e, ok := first[signal.Edge](w); !ok || e != (signal.Edge{Track: 0, MSN: 3 << 20, Epoch: 3}) {
			t.Errorf("edge: %#v", e)
		}
		if v := last[signal.Viewers](w); v != (signal.Viewers{N: 2, Sharing: 1}) {
			t.Errorf("viewers: %#v", v)
		}
		if n := l.tracker.Counts(shallows); n != (Counts{Viewers: 2, Sharing: 1}) {
			t.Errorf("counts: %+v", n)
		}
		if l.tracker.Allowed(a.peer, w.addr()) {
			t.Error("the relay may reach a watcher")
		}
	})
}

func TestRecordsReachThoseWhoShare(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		l.broadcasts.certificates = [][]byte{{'c', 1}}
		l.broadcasts.parts = [][]byte{part(shallows, 0).Manifest, part(shallows, 1).Manifest}
		a := l.join(shallows, Share, "8.8.4.4")
		l.facts <- part(shallows, 1) // was in the backlog
		l.facts <- part(shallows, 2)
		l.facts <- part(deep, 3)
		l.facts <- event.CertificateSigned{Channel: shallows, Certificate: []byte{'c', 2}}
		l.facts <- event.BroadcastStarted{Channel: shallows}
		l.facts <- event.BroadcastEnded{Channel: shallows}
		synctest.Wait()
		want := [][]byte{{1, 'c', 1}, {2, 'p', 0}, {2, 'p', 1}, {2, 'p', 2}, {1, 'c', 2}}
		if !reflect.DeepEqual(a.bin, want) {
			t.Errorf("heard %q, want %q", a.bin, want)
		}
		if len(all[signal.Edge](a)) != 2 || len(all[signal.Ended](a)) != 1 {
			t.Errorf("heard %#v", a.heard)
		}
	})
}

func TestLostFactsAreMadeGood(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Share, "8.8.4.4")
		l.facts <- part(shallows, 0)
		synctest.Wait()
		for seq := range uint64(3) {
			l.broadcasts.parts = append(l.broadcasts.parts, part(shallows, seq).Manifest)
		}
		l.facts <- part(shallows, 2) // 1 was lost
		synctest.Wait()
		if !slices.ContainsFunc(a.bin, func(b []byte) bool { return string(b) == "\x02p\x01" }) {
			t.Errorf("part 1 never came: %q", a.bin)
		}
		l.broadcasts.parts = append(l.broadcasts.parts, part(shallows, 3).Manifest)
		l.facts <- event.Missed{}
		synctest.Wait()
		if !slices.ContainsFunc(a.bin, func(b []byte) bool { return string(b) == "\x02p\x03" }) {
			t.Errorf("what was missed never came: %q", a.bin)
		}
	})
}

func TestTokens(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		good, _, _ := l.tracker.Issue(shallows, Share)
		other := New(Config{}, hub{}, l.broadcasts, l.meter)
		foreign, _, _ := other.Issue(shallows, Share)
		stale := l.tracker.sign(ticket{shallows, 7, Share, l.tracker.now()})
		altered := []byte(good)
		altered[10] ^= 1
		for name, token := range map[string]string{
			"none": "", "words": "let me in", "another tracker's": foreign, "expired": stale, "altered": string(altered),
			"cut": good[:len(good)-2], "with more": good + "AA",
		} {
			c, _, err := l.dial(dialing{})
			if err != nil {
				t.Fatal(err)
			}
			c.say(signal.Hello{Token: token})
			c.refused(t, "token")
			if n := l.tracker.Viewers(shallows); n != 0 {
				t.Errorf("%s: %d viewers", name, n)
			}
		}
		if _, _, err := l.tracker.Issue(shallows, "lurk"); err == nil {
			t.Error("a mode that does not exist was given a token")
		}
	})
}

// T10: whatever is done to a token, it admits nobody.
func TestAlteredTokensAdmitNobody(t *testing.T) {
	tr := New(Config{}, hub{}, &edges{}, &meter{})
	token, peer, _ := tr.Issue(shallows, Share)
	if k, err := tr.verify(token); err != nil || k.peer != peer || k.channel != shallows || k.mode != Share {
		t.Fatalf("a good token says %+v, %v", k, err)
	}
	for i := range len(token) {
		for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=\n ") {
			b := []byte(token)
			if b[i] == c {
				continue
			}
			b[i] = c
			if _, err := tr.verify(string(b)); err == nil {
				t.Fatalf("altered at %d: admitted", i)
			}
		}
	}
}

func TestATokenGrowsOld(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		token, _, _ := l.tracker.Issue(shallows, Watch)
		time.Sleep(TokenLife - time.Millisecond)
		c, _, _ := l.dial(dialing{})
		c.say(signal.Hello{Token: token})
		if _, ok := first[signal.Welcome](c); !ok {
			t.Error("refused within its life")
		}
		time.Sleep(time.Millisecond)
		c, _, _ = l.dial(dialing{})
		c.say(signal.Hello{Token: token})
		c.refused(t, "token")
	})
}

func TestATokenOpensItsOwnChannelOnly(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(deep, Share, "9.9.9.9")
		a.say(signal.Signal{To: b.peer, Body: signal.Body{Kind: signal.Candidate, Data: srflx("8.8.4.4")}})
		b.say(signal.More{})
		if len(all[signal.Signalled](b))+len(all[signal.Peers](a))+len(all[signal.Peers](b)) != 0 {
			t.Error("viewers of two channels met")
		}
		if l.tracker.Allowed(a.peer, b.addr()) {
			t.Error("the relay joins two channels")
		}
	})
}

func TestTheSameSessionConnectsAgain(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		token, peer, _ := l.tracker.Issue(shallows, Share)
		var c [2]*client
		for i := range c {
			c[i], _, _ = l.dial(dialing{})
			c[i].say(signal.Hello{Token: token})
			synctest.Wait()
		}
		c[0].refused(t, "replaced")
		if n := l.tracker.Counts(shallows); n.Viewers != 1 || n.Sharing != 1 || c[1].ended() != nil {
			t.Errorf("counts %+v, the new one: %v", n, c[1].ended())
		}
		if l.tracker.directory.seen(peer) == nil {
			t.Error("the old connection's end took the new one's place away")
		}
	})
}

func TestBrokenRules(t *testing.T) {
	hello := func(l *lab) string {
		token, _, _ := l.tracker.Issue(shallows, Share)
		return string(signal.EncodeViewer(signal.Hello{Token: token}))
	}
	for name, test := range map[string]struct {
		first bool // before any hello
		text  string
		code  string
	}{
		"no hello first":   {true, `{"t":"more"}`, "hello"},
		"garbage first":    {true, `GET / HTTP/1.1`, "malformed"},
		"garbage":          {false, `{`, "malformed"},
		"unknown type":     {false, `{"t":"shout"}`, "malformed"},
		"unknown field":    {false, `{"t":"more","x":1}`, "malformed"},
		"a tracker's word": {false, `{"t":"ended"}`, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, Config{}, func(l *lab) {
				c, _, _ := l.dial(dialing{})
				if !test.first {
					c.write(hello(l))
				}
				c.write(test.text)
				c.refused(t, test.code)
				if n := l.tracker.Viewers(shallows); n != 0 {
					t.Errorf("%d viewers remain", n)
				}
			})
		})
	}
	t.Run("second hello", func(t *testing.T) {
		inLab(t, Config{}, func(l *lab) {
			c, _, _ := l.dial(dialing{})
			c.write(hello(l))
			c.write(hello(l))
			c.refused(t, "malformed")
		})
	})
	t.Run("binary", func(t *testing.T) {
		inLab(t, Config{}, func(l *lab) {
			c := l.join(shallows, Share, "8.8.4.4")
			_ = c.conn.Write(context.Background(), websocket.MessageBinary, []byte{1, 2})
			c.refused(t, "malformed")
		})
	})
	t.Run("oversized", func(t *testing.T) {
		inLab(t, Config{}, func(l *lab) {
			c := l.join(shallows, Share, "8.8.4.4")
			go c.write(`{"t":"hello","token":"` + strings.Repeat("a", 10*readMax) + `"}`)
			time.Sleep(closeWithin)
			if websocket.CloseStatus(c.ended()) != websocket.StatusMessageTooBig || l.tracker.Viewers(shallows) != 0 {
				t.Errorf("ended with %v", c.ended())
			}
		})
	})
	t.Run("silence", func(t *testing.T) {
		inLab(t, Config{}, func(l *lab) {
			c, _, _ := l.dial(dialing{})
			time.Sleep(HelloWithin - time.Millisecond)
			if c.ended() != nil {
				t.Error("ended before its time")
			}
			time.Sleep(time.Millisecond)
			c.refused(t, "hello")
		})
	})
}

func TestFloodEndsTheFlooderAlone(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "8.8.4.5")
		for range messagesAtOnce {
			a.say(signal.Ping{At: 1})
		}
		if a.ended() != nil || len(all[signal.Pong](a)) != messagesAtOnce {
			t.Errorf("ended within its rate: %v, %d pongs", a.ended(), len(all[signal.Pong](a)))
		}
		a.say(signal.Ping{At: 1})
		a.refused(t, "flood")
		b.say(signal.Ping{At: 9})
		if p := last[signal.Pong](b); p.At != 9 || b.ended() != nil {
			t.Errorf("the other: %#v, %v", p, b.ended())
		}
	})
}

func TestOrigins(t *testing.T) {
	inLab(t, Config{Origins: []string{"watch.example.org"}}, func(l *lab) {
		for origin, want := range map[string]bool{
			"": true, "https://shoal.example": true, "https://watch.example.org": true, "https://evil.example": false, "null": false,
			"https://shoal.example.evil.example": false, "https://xwatch.example.org": false,
		} {
			c, answer, err := l.dial(dialing{origin: origin})
			if (err == nil) != want {
				t.Errorf("origin %q: admitted %v", origin, err == nil)
			}
			if err != nil && answer.StatusCode != http.StatusForbidden {
				t.Errorf("origin %q: status %d", origin, answer.StatusCode)
			}
			if c != nil {
				_ = c.conn.CloseNow()
			}
		}
	})
}

func TestConnectionsAreCounted(t *testing.T) {
	inLab(t, Config{ConnectionsMax: 6, ConnectionsPerHome: 2}, func(l *lab) {
		try := func(from string) bool {
			_, answer, err := l.dial(dialing{from: from})
			if err != nil && answer.StatusCode != http.StatusTooManyRequests {
				t.Errorf("%s: %v", from, err)
			}
			return err == nil
		}
		for i, c := range []struct {
			from string
			want bool
		}{
			{"8.8.4.4", true}, {"8.8.4.4", true}, {"8.8.4.4", false}, {"2600::1", true}, {"2600::2", true}, {"2600::3", false},
			{"127.0.0.1", true}, {"127.0.0.1", true}, {"127.0.0.1", false}, // the seventh in all
		} {
			if got := try(c.from); got != c.want {
				t.Errorf("%d: %s: admitted %v", i, c.from, got)
			}
		}
	})
}

func TestASlowViewerIsSentAway(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		token, _, _ := l.tracker.Issue(shallows, Share)
		slow, _, _ := l.dial(dialing{deaf: true})
		slow.say(signal.Hello{Token: token})
		quick := l.join(shallows, Share, "9.9.9.9")
		for seq := range uint64(2 * queueMax) {
			l.facts <- part(shallows, seq)
			synctest.Wait()
		}
		time.Sleep(closeWithin)
		synctest.Wait()
		if n := l.tracker.Viewers(shallows); n != 1 || len(all[signal.Edge](quick)) != 2*queueMax {
			t.Errorf("%d viewers, the quick one heard %d edges", n, len(all[signal.Edge](quick)))
		}
	})
}

func TestFlickeringDoesNotMoveStripesOften(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "9.9.9.9")
		a.say(signal.Linked{Peers: 1})
		time.Sleep(linkedPause)
		for i := range 100 {
			b.say(signal.Linked{Peers: i % 2})
		}
		if n := len(all[signal.Seed](a)); n > 2 {
			t.Errorf("a was told %d times what to seed", n)
		}
		time.Sleep(2 * viewersEvery)
		if s := last[signal.Seed](b); s.Stripes == 0 {
			t.Error("b's last word, that it is linked, was never heard")
		}
	})
}

func TestReportsAreBounded(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a := l.join(shallows, Watch, "8.8.4.4")
		time.Sleep(2 * time.Second)
		const most = 1<<53 - 1
		honest := signal.Report{HTTPBytes: 1000, PeerBytes: 2000, UploadBytes: 10, Verified: 3, Stalls: 1, StalledMS: 100}
		a.say(honest)
		a.say(signal.Report{HTTPBytes: most, PeerBytes: most, UploadBytes: most, Verified: most, Refused: most, Stalls: most, StalledMS: most})
		time.Sleep(5 * time.Second)
		a.say(signal.Report{HTTPBytes: most, PeerBytes: most, UploadBytes: most, Verified: most, Refused: most, Stalls: most, StalledMS: most})
		for range 50 {
			a.say(honest)
		}
		synctest.Wait()
		b := uint64(5 * 100_000_000 / 8)
		want := []signal.Report{honest, {}, {HTTPBytes: b, PeerBytes: b, UploadBytes: b, Verified: b >> 10, Refused: b >> 10, Stalls: 50, StalledMS: 5000}}
		l.meter.mu.Lock()
		defer l.meter.mu.Unlock()
		if len(l.meter.said) > 5 || !reflect.DeepEqual(l.meter.said[:3], want) {
			t.Errorf("counted %+v", l.meter.said)
		}
	})
}

func TestBan(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		bad := l.join(shallows, Share, "8.8.4.4")
		token := l.tracker.sign(ticket{shallows, bad.peer, Share, l.tracker.now().Add(TokenLife)})
		a, b := l.join(shallows, Share, "9.9.9.9"), l.join(shallows, Share, "7.7.7.7")
		a.say(signal.Refused{Peer: bad.peer})
		if bad.ended() != nil {
			t.Fatal("sent away on one word")
		}
		b.say(signal.Refused{Peer: bad.peer})
		bad.refused(t, "banned")
		if g := last[signal.Gone](a); g.Peer != bad.peer {
			t.Errorf("a heard %#v", g)
		}
		again, _, _ := l.dial(dialing{})
		again.say(signal.Hello{Token: token})
		again.refused(t, "banned")
		if n := l.tracker.Counts(shallows); n.Viewers != 2 || n.Sharing != 2 {
			t.Errorf("counts %+v", n)
		}
	})
}

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

func TestManyViewers(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		var all []*client
		for i := range 60 {
			all = append(all, l.join(shallows, Share, fmt.Sprintf("8.%d.4.4", i)))
		}
		for _, c := range all {
			c.say(signal.Linked{Peers: 3})
		}
		seeds := 0
		for _, c := range all {
			if last[signal.Seed](c).Stripes != 0 {
				seeds++
			}
		}
		if seeds < 16 || seeds > 32 {
			t.Errorf("%d seeds", seeds)
		}
		for _, c := range all[:59] {
			c.say(signal.Bye{})
			synctest.Wait()
		}
		if s := last[signal.Seed](all[59]); s.Stripes != 0xffff {
			t.Errorf("the last one seeds %016b", s.Stripes)
		}
	})
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
