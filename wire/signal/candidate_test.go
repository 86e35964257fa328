package signal

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

const masked = "3f2504e0-4f89-41d3-9a0c-0305e82c3301.local"

func addrs(texts ...string) (out []netip.Addr) {
	for _, s := range texts {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// far is a path between two homes, near between two rooms of one, here between two tabs on the server's machine.
var (
	far  = Path{Seen: addrs("8.8.4.4", "2600::1"), Relays: addrs("9.9.9.9")}
	near = Path{Seen: addrs("8.8.4.4"), SameHome: true}
	here = Path{Seen: addrs("127.0.0.1", "203.0.113.9"), SameHome: true, SameHost: true}
)

func TestCandidatesOfHonestViewers(t *testing.T) {
	for _, c := range []struct {
		path     Path
		in, want string
	}{
		{ // Chromium
			far, "candidate:842163049 1 udp 1677729535 " + masked + " 46154 typ host generation 0 ufrag ETEn network-id 1 network-cost 999",
			"candidate:842163049 1 udp 1677729535 " + masked + " 46154 typ host ufrag ETEn",
		},
		{ // Firefox
			far, "a=candidate:0 1 UDP 2122187007 " + masked + " 54321 typ host",
			"candidate:0 1 udp 2122187007 " + masked + " 54321 typ host",
		},
		{ // an inner address stands in raddr
			far, "candidate:1 1 udp 1686052607 8.8.4.4 61230 typ srflx raddr 192.168.1.17 rport 61230 generation 0",
			"candidate:1 1 udp 1686052607 8.8.4.4 61230 typ srflx raddr 0.0.0.0 rport 0",
		},
		{
			far, "candidate:1 1 udp 1686052607 2600:0:0::1 61230 typ srflx raddr fd00::1 rport 61230",
			"candidate:1 1 udp 1686052607 2600::1 61230 typ srflx raddr :: rport 0",
		},
		{far, "candidate:4 1 udp 41885439 9.9.9.9 50000 typ relay raddr 8.8.4.4 rport 1", "candidate:4 1 udp 41885439 9.9.9.9 50000 typ relay raddr 0.0.0.0 rport 0"},
		{far, "candidate:1 1 udp 2130706431 8.8.4.4 40000 typ host", "candidate:1 1 udp 2130706431 8.8.4.4 40000 typ host"}, // a native peer without NAT
		{near, "candidate:1 1 udp 2130706431 192.168.1.17 40000 typ host", "candidate:1 1 udp 2130706431 192.168.1.17 40000 typ host"},
		{near, "candidate:1 1 udp 2130706431 fd12::17 40000 typ host", "candidate:1 1 udp 2130706431 fd12::17 40000 typ host"},
		{here, "candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host", "candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host"},
		{here, "candidate:1 1 udp 2130706431 ::1 40000 typ host", "candidate:1 1 udp 2130706431 ::1 40000 typ host"},
		{here, "candidate:1 1 udp 2130706431 203.0.113.9 40000 typ host", "candidate:1 1 udp 2130706431 203.0.113.9 40000 typ host"},
	} {
		if got, v := c.path.Filter(c.in); v != Carried || got != c.want {
			t.Errorf("%s\n carried %q (verdict %d)\n    want %q", c.in, got, v, c.want)
		}
	}
}

func TestCandidateVerdicts(t *testing.T) {
	for _, c := range []struct {
		path Path
		in   string
		want Verdict
	}{
		{far, "", Unreadable},
		{far, "candidate:", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ", Unreadable},
		{far, "candidate:1 2 udp 1 8.8.4.4 4000 typ host", Unreadable},
		{far, "candidate:1 1 udp 0 8.8.4.4 4000 typ host", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 +4000 typ host", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 70000 typ host", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ host\r\na=candidate:1 1 udp 1 1.2.3.4 4000 typ host", Unreadable},
		{far, "candidate:1  1 udp 1 8.8.4.4 4000 typ host", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ host ufrag a\tb", Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ host" + strings.Repeat(" a b", 13), Unreadable},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ host x " + strings.Repeat("y", CandidateMax), Unreadable},
		{far, "candidate:1 1 tcp 1 8.8.4.4 4000 typ host tcptype passive", Transport},
		{far, "candidate:1 1 tcp 1 9.9.9.9 4000 typ relay", Transport},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ host tcptype active", Transport},
		{far, "candidate:1 1 udp 1 8.8.4.4 1023 typ srflx", LowPort},
		{far, "candidate:1 1 udp 1 8.8.4.4 0 typ host", LowPort},
		{far, "candidate:1 1 udp 1 " + masked + " 53 typ host", LowPort},
		{far, "candidate:1 1 udp 1 1.2.3.4 4000 typ srflx", Stranger},
		{far, "candidate:1 1 udp 1 1.2.3.4 4000 typ host", Stranger},
		{far, "candidate:1 1 udp 1 1.2.3.4 4000 typ relay", Stranger},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ relay", Stranger},
		{far, "candidate:1 1 udp 1 192.168.1.17 4000 typ host", Stranger},
		{far, "candidate:1 1 udp 1 127.0.0.1 4000 typ host", Stranger},
		{near, "candidate:1 1 udp 1 127.0.0.1 4000 typ host", Stranger},
		{near, "candidate:1 1 udp 1 192.168.1.17 4000 typ srflx", Stranger},
		{here, "candidate:1 1 udp 1 127.0.0.1 4000 typ srflx", Stranger},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ prflx", Type},
		{far, "candidate:1 1 udp 1 8.8.4.4 4000 typ magic", Type},
		{far, "candidate:1 1 udp 1 ::ffff:8.8.4.4 4000 typ srflx", Address},
		{far, "candidate:1 1 udp 1 printer.local 4000 typ host", Address},
		{far, "candidate:1 1 udp 1 victim.example 4000 typ host", Address},
		{far, "candidate:1 1 udp 1 " + masked + " 4000 typ srflx", Address},
		{here, "candidate:1 1 udp 1 169.254.169.254 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 fd00:ec2::254 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 fe80::1 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 fe80::1%eth0 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 0.0.0.0 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 :: 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 ::7f00:1 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 0x7f000001 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 127.1 4000 typ host", Address},
		{here, "candidate:1 1 udp 1 010.0.0.1 4000 typ host", Address},
	} {
		if got, v := c.path.Filter(c.in); v != c.want || got != "" {
			t.Errorf("%q: verdict %d, want %d; carried %q", c.in, v, c.want, got)
		}
	}
	// Even what the server itself saw is refused where it can only be a mistake or a trap.
	trap := Path{Seen: addrs("169.254.169.254", "64:ff9b::808:404", "2002:808:404::1", "fe80::1", "ff02::fb"), SameHome: true, SameHost: true}
	for _, a := range trap.Seen {
		for _, kind := range []string{"host", "srflx", "relay"} {
			if _, v := trap.Filter("candidate:1 1 udp 1 " + a.String() + " 4000 typ " + kind); v != Address {
				t.Errorf("%s %s: verdict %d", a, kind, v)
			}
		}
	}
}

// T15: candidates that would have a viewer's browser send packets to somebody who never joined. None may pass, on any path.
func TestHostileCandidates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 15))
	ports := []int{25, 53, 80, 443, 1023, 1900, 5353, 11211, 40000}
	kinds := []string{"host", "srflx", "prflx", "relay"}
	transports := []string{"udp", "UDP", "tcp", "ssltcp"}
	names := []string{"victim.example", "localhost", "printer.local", "router.lan", "3f2504e0-4f89-41d3-9a0c-0305e82c330g.local", "*.local", ".local"}
	fixed := []string{
		"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fd00:ec2::254", "0.0.0.0", "::",
		"255.255.255.255", "224.0.0.251", "ff02::fb", "fe80::1%eth0", "::127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "1.2.3.4:80",
	}
	paths := []Path{far, near, {}, {Seen: addrs("::ffff:8.8.4.4")}}
	passed, tried := 0, 0
	for range 20000 {
		var victim string
		switch rnd.IntN(6) {
		case 0:
			victim = names[rnd.IntN(len(names))]
		case 1:
			victim = fixed[rnd.IntN(len(fixed))]
		default:
			victim = hostileAddress(rnd)
		}
		line := fmt.Sprintf("candidate:%d 1 %s %d %s %d typ %s raddr 8.8.4.4 rport 9", rnd.IntN(99), transports[rnd.IntN(len(transports))],
			1+rnd.Uint32N(1<<31), victim, ports[rnd.IntN(len(ports))], kinds[rnd.IntN(len(kinds))])
		tried++
		if got, v := paths[rnd.IntN(len(paths))].Filter(line); v == Carried || got != "" {
			passed++
			t.Errorf("passed: %s", line)
		}
	}
	if tried < 5000 || passed > 0 {
		t.Fatalf("%d of %d passed", passed, tried)
	}
}

// hostileAddress draws an address outside the private ranges and other than those of the paths, and hides it as attackers do.
func hostileAddress(rnd *rand.Rand) string {
	a := netip.AddrFrom4([4]byte{byte(11 + rnd.IntN(80)), byte(rnd.IntN(256)), byte(rnd.IntN(256)), byte(rnd.IntN(256))})
	b := a.As4()
	switch rnd.IntN(6) {
	case 0:
		return a.String()
	case 1:
		return "::ffff:" + a.String()
	case 2:
		return fmt.Sprintf("64:ff9b::%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3]))
	case 3:
		return fmt.Sprintf("2002:%x:%x::1", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3]))
	case 4:
		return fmt.Sprintf("2a00:%x::%x%%eth%d", rnd.IntN(1<<16), rnd.IntN(1<<16), rnd.IntN(9))
	}
	return fmt.Sprintf("2a00:%x::%x", rnd.IntN(1<<16), rnd.IntN(1<<16))
}

func TestTogether(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"8.8.4.4", "8.8.4.4", true},
		{"8.8.4.4", "::ffff:8.8.4.4", true},
		{"8.8.4.4", "8.8.4.5", false},
		{"2600::1", "2600::2", true},
		{"2600::1", "2600:0:0:1::1", false},
		{"::1", "::1", true},
		{"::1", "::2", false},
		{"127.0.0.1", "::1", false},
	} {
		if got := Together(netip.MustParseAddr(c.a), netip.MustParseAddr(c.b)); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
	if Together(netip.Addr{}, netip.Addr{}) {
		t.Error("two unknown addresses are not one home")
	}
}

// Whatever passes is made of nothing but what the path allows, and passes again unchanged.
func FuzzFilter(f *testing.F) {
	f.Add("candidate:842163049 1 udp 1677729535 " + masked + " 46154 typ host generation 0 ufrag ETEn")
	f.Add("candidate:1 1 udp 1686052607 8.8.4.4 61230 typ srflx raddr 192.168.1.17 rport 61230")
	f.Add("a=candidate:1 1 UDP 1 9.9.9.9 6123 typ relay raddr :: rport 0")
	f.Add("candidate:1 1 udp 1 ::ffff:8.8.4.4 4000 typ srflx")
	f.Fuzz(func(t *testing.T, line string) {
		got, v := far.Filter(line)
		if v != Carried {
			if got != "" {
				t.Fatalf("refused with %d, yet carried %q", v, got)
			}
			return
		}
		w := strings.Split(got, " ")
		addr, err := netip.ParseAddr(w[4])
		if !isMasked(w[4]) && (err != nil || !holds(far.Seen, addr) && !holds(far.Relays, addr)) {
			t.Fatalf("carried a stranger: %q", got)
		}
		if again, v := far.Filter(got); v != Carried || again != got {
			t.Fatalf("%q became %q (%d)", got, again, v)
		}
	})
}
