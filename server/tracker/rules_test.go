package tracker

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"shoal/wire/signal"
)

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
			synctest.Wait() // the answer is out, or so many would wait that it is sent away for that
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
		token := l.tracker.sign(ticket{place{channel: shallows}, bad.peer, Share, l.tracker.now().Add(TokenLife)})
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
