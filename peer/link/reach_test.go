package link

import (
	"context"
	"net/netip"
	"testing"
)

func TestReach(t *testing.T) {
	const nobody = Loopback + 1
	for addr, least := range map[string]Reach{
		"9.9.9.9": Public, "2620:fe::fe": Public, "::ffff:9.9.9.9": Public,
		"10.1.2.3": Private, "172.16.0.1": Private, "192.168.1.1": Private, "100.64.0.1": Private, "198.18.0.1": Private,
		"fd12::1": Private, "::ffff:10.1.2.3": Private,
		"127.0.0.1": Loopback, "127.9.9.9": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback,
		"0.0.0.0": nobody, "::": nobody, "169.254.169.254": nobody, "::ffff:169.254.169.254": nobody, "224.0.0.251": nobody,
		"255.255.255.255": nobody, "240.0.0.1": nobody, "192.0.0.1": nobody, "203.0.113.1": nobody, "64:ff9b::7f00:1": nobody,
		"2002:7f00:1::": nobody, "2001::1": nobody, "::127.0.0.1": nobody, "fe80::1": nobody, "fec0::1": nobody, "ff02::fb": nobody,
		"fd00:ec2::254": nobody, "100::1": nobody,
	} {
		for r := Public; r <= Loopback; r++ {
			if got := r.Allows(netip.MustParseAddr(addr)); got != (r >= least) {
				t.Errorf("reach %d allows %s: %v", r, addr, got)
			}
		}
	}
	if Loopback.Allows(netip.Addr{}) || Loopback.Allows(netip.MustParseAddr("fe80::1%eth0")) || Loopback.allowsIP(nil) {
		t.Error("what is no address is allowed")
	}
}

func TestReachOf(t *testing.T) {
	for host, want := range map[string]Reach{"127.0.0.1": Loopback, "::1": Loopback, "192.168.1.5": Private, "9.9.9.9": Public} {
		if got, err := ReachOf(context.Background(), host); err != nil || got != want {
			t.Errorf("ReachOf(%q) = %d, %v, want %d", host, got, err, want)
		}
	}
	if _, err := ReachOf(context.Background(), "does-not-exist.invalid"); err == nil {
		t.Error("a name that does not resolve has a reach")
	}
}
