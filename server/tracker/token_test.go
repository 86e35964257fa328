package tracker

import (
	"testing"
	"testing/synctest"
	"time"

	"shoal/wire/signal"
)

func TestTokens(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		good, _, _ := l.tracker.Issue(shallows, Share)
		other := New(Config{}, hub{}, l.broadcasts, l.meter)
		foreign, _, _ := other.Issue(shallows, Share)
		stale := l.tracker.sign(ticket{place{channel: shallows}, 7, Share, l.tracker.now()})
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
