package tracker

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"shoal/wire/signal"
)

func srflx(address string) string {
	return "candidate:1 1 udp 1677729535 " + address + " 40000 typ srflx"
}
func host(address string) string {
	return "candidate:1 1 udp 2130706431 " + address + " 40000 typ host"
}

func (c *client) addr() netip.Addr {
	if seen := c.lab.tracker.directory.seen(c.peer); len(seen) > 0 {
		return seen[0]
	}
	return netip.MustParseAddr("9.9.9.9")
}

func offer(lines ...string) string {
	return strings.Join(append([]string{
		"v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0",
		"a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "a=setup:actpass", "a=mid:0",
		"a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08",
		"a=sctp-port:5000",
	}, lines...), "\r\n") + "\r\n"
}

func (c *client) signal(to *client, kind signal.Kind, data string) {
	c.say(signal.Signal{To: to.peer, Body: signal.Body{Kind: kind, Data: data, Mid: "0"}})
}

func TestSignalsAreCarriedClean(t *testing.T) {
	inLab(t, Config{Relays: []netip.Addr{netip.MustParseAddr("6.6.6.6")}}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "9.9.9.9")
		b.signal(a, signal.Offer, offer("a="+srflx("9.9.9.9"), "a="+srflx("1.2.3.4"), "a="+host("10.0.0.7")))
		a.signal(b, signal.Answer, strings.Replace(offer(), "actpass", "active", 1))
		b.signal(a, signal.Candidate, srflx("9.9.9.9")+" raddr 10.0.0.7 rport 4")
		b.signal(a, signal.Candidate, "candidate:1 1 udp 1 6.6.6.6 40000 typ relay raddr 9.9.9.9 rport 9")
		for _, bad := range []string{srflx("1.2.3.4"), srflx("8.8.4.4"), host("10.0.0.7"), host("127.0.0.1"), host("203.0.113.9"), "", "x"} {
			b.signal(a, signal.Candidate, bad)
		}
		got := all[signal.Signalled](a)
		if len(got) != 3 || got[0].From != b.peer || got[0].Kind != signal.Offer || strings.Count(got[0].Data, "candidate") != 1 ||
			got[1].Data != srflx("9.9.9.9")+" raddr 0.0.0.0 rport 0" || got[1].Mid != "0" || !strings.Contains(got[2].Data, "typ relay") {
			t.Errorf("a heard %#v", got)
		}
		for _, m := range got {
			if strings.Contains(m.Data, "10.0.0.7") || strings.Contains(m.Data, "1.2.3.4") {
				t.Errorf("carried %q", m.Data)
			}
		}
		if got := all[signal.Signalled](b); len(got) != 1 || got[0].Kind != signal.Answer {
			t.Errorf("b heard %#v", got)
		}
	})
}

func TestSignalsToStrangers(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		var all40 []*client
		for i := range 40 {
			all40 = append(all40, l.join(shallows, Share, fmt.Sprintf("8.%d.4.4", i)))
		}
		a := all40[0]
		met := map[string]bool{}
		for _, p := range all[signal.Peers](a) {
			for _, q := range append(p.Dial, p.Expect...) {
				met[q.String()] = true
			}
		}
		for _, c := range all40[1:] {
			a.signal(c, signal.Candidate, srflx("8.0.4.4"))
			if heard := len(all[signal.Signalled](c)) > 0; heard != met[c.peer.String()] {
				t.Errorf("introduced %v, heard %v", met[c.peer.String()], heard)
			}
		}
		a.signal(a, signal.Candidate, srflx("8.0.4.4"))
		if len(all[signal.Signalled](a)) > 0 {
			t.Error("carried to itself")
		}
	})
}

func TestSignalsAreCounted(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "9.9.9.9")
		b.signal(a, signal.Offer, offer("a="+srflx("9.9.9.9"), "a="+srflx("9.9.9.9")))
		for range 30 {
			b.signal(a, signal.Candidate, srflx("9.9.9.9"))
		}
		for range 20 {
			b.signal(a, signal.Offer, offer("a="+srflx("9.9.9.9")))
		}
		candidates, descriptions := 0, 0
		for _, m := range all[signal.Signalled](a) {
			candidates += strings.Count(m.Data, "candidate:")
			if m.Kind == signal.Offer {
				descriptions++
			}
		}
		if candidates != signal.CandidatesMax || descriptions != descriptionsMax {
			t.Errorf("carried %d candidates and %d offers", candidates, descriptions)
		}
	})
}

// T15 over the wire: hostile offers and candidates in numbers, and nothing of them arrives.
func TestHostileSignals(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "127.0.0.1"), l.join(shallows, Share, "9.9.9.9")
		for i := range 250 {
			victim := []string{fmt.Sprintf("1.2.3.%d", i), "::ffff:1.2.3.4", "64:ff9b::102:304", "2002:102:304::1", "169.254.169.254", "victim.example"}[i%6]
			switch i % 3 {
			case 0:
				b.signal(a, signal.Candidate, srflx(victim))
			case 1:
				b.signal(a, signal.Candidate, host(victim))
			case 2:
				b.signal(a, signal.Offer, strings.Replace(offer("a="+srflx(victim)), "a=setup:actpass", "m=video 9 RTP/AVP 0\r\na=setup:actpass", 1))
			}
		}
		if got := all[signal.Signalled](a); len(got) != 0 || b.ended() != nil {
			t.Errorf("a heard %#v; b: %v", got, b.ended())
		}
	})
}

func TestNeighboursAtHomeAndOnOneMachine(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		header     string
		candidate  string
		want       bool
	}{
		{"one home", "8.8.4.4", "8.8.4.4", "", host("192.168.1.7"), true},
		{"two homes", "8.8.4.4", "9.9.9.9", "", host("192.168.1.7"), false},
		{"one home, loopback", "8.8.4.4", "8.8.4.4", "", host("127.0.0.1"), false},
		{"this machine", "127.0.0.1", "127.0.0.1", "", host("127.0.0.1"), true},
		{"this machine, other loopbacks", "127.0.0.1", "::1", "", host("127.0.0.1"), true},
		{"this machine's own address", "127.0.0.1", "127.0.0.1", "", host("203.0.113.9"), true},
		{"its own address told elsewhere", "127.0.0.1", "9.9.9.9", "", host("203.0.113.9"), true},
		{"behind an unknown proxy", "127.0.0.1", "127.0.0.1", "X-Forwarded-For", host("192.168.1.7"), false},
		{"behind an unknown proxy, own address", "127.0.0.1", "127.0.0.1", "X-Forwarded-For", host("203.0.113.9"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inLab(t, Config{}, func(l *lab) {
				var two [2]*client
				for i, from := range []string{c.a, c.b} {
					token, peer, _ := l.tracker.Issue(shallows, Share)
					d := dialing{from: from, header: map[string][]string{}}
					if c.header != "" {
						d.header[c.header] = []string{"9.9.9.9"}
					}
					two[i], _, _ = l.dial(d)
					two[i].peer = peer
					two[i].say(signal.Hello{Token: token})
					first[signal.Welcome](two[i])
				}
				two[0].signal(two[1], signal.Candidate, c.candidate)
				if got := len(all[signal.Signalled](two[1])) == 1; got != c.want {
					t.Errorf("carried %v", got)
				}
			})
		})
	}
}

func TestWhatTheRelayMayReach(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Share, "9.9.9.9")
		c := l.join(shallows, Share, "8.8.4.4")
		may := func(from *client, addr string) bool { return l.tracker.Allowed(from.peer, netip.MustParseAddr(addr)) }
		if !may(a, "9.9.9.9") || !may(b, "8.8.4.4") || !may(a, "::ffff:9.9.9.9") {
			t.Error("viewers of one channel may not reach each other")
		}
		if may(b, "9.9.9.9") || may(a, "1.2.3.4") || l.tracker.Allowed(99, netip.MustParseAddr("9.9.9.9")) || l.tracker.Allowed(a.peer, netip.Addr{}) {
			t.Error("somebody else may be reached")
		}
		if !may(a, "8.8.4.4") {
			t.Error("another viewer behind the same address may not be reached")
		}
		l.tracker.Observed(b.peer, netip.MustParseAddr("2600::9"))
		if !may(a, "2600::9") {
			t.Error("an address that the relay saw may not be reached")
		}
		b.signal(a, signal.Candidate, srflx("2600::9"))
		if len(all[signal.Signalled](a)) != 1 {
			t.Error("an address that the relay saw is not carried")
		}
		for i := range 20 {
			l.tracker.Observed(b.peer, netip.MustParseAddr(fmt.Sprintf("5.5.5.%d", i)))
		}
		if n := len(l.tracker.directory.seen(b.peer)); n != seenMax {
			t.Errorf("%d addresses noted", n)
		}
		b.say(signal.Bye{})
		c.say(signal.Bye{})
		first[signal.Gone](a)
		if may(a, "9.9.9.9") || may(a, "2600::9") || may(a, "8.8.4.4") {
			t.Error("who left may still be reached")
		}
		if n := len(l.tracker.directory.channels[shallows]); n != 1 {
			t.Errorf("%d addresses remain", n)
		}
	})
}

// A browser that is on IPv6 with us and on IPv4 with STUN names its IPv4 address before the relay has seen it there.
func TestAnAddressProvenLateIsCarriedLate(t *testing.T) {
	inLab(t, Config{}, func(l *lab) {
		a, b := l.join(shallows, Share, "9.9.9.9"), l.join(shallows, Share, "2600::1")
		for range 2 * strangersMax {
			b.signal(a, signal.Candidate, srflx("1.2.3.4"))
		}
		b.signal(a, signal.Candidate, srflx("8.8.4.4"))
		time.Sleep(viewersEvery)
		if n := len(all[signal.Signalled](a)); n != 0 {
			t.Fatalf("%d carried unproven", n)
		}
		b.signal(a, signal.Candidate, srflx("8.8.4.4"))
		first[signal.Signalled](a)
		l.tracker.Observed(b.peer, netip.MustParseAddr("8.8.4.4"))
		if !l.tracker.Present(b.peer) || l.tracker.Present(99) {
			t.Error("Present does not tell who is there")
		}
		time.Sleep(viewersEvery)
		if got := all[signal.Signalled](a); len(got) != 1 || !strings.Contains(got[0].Data, "8.8.4.4") {
			t.Errorf("a heard %#v", got)
		}
		time.Sleep(viewersEvery)
		if n := len(all[signal.Signalled](a)); n != 1 {
			t.Errorf("carried %d times", n)
		}
	})
}
