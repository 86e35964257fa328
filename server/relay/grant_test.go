package relay

import (
	"net"
	"net/netip"
	"testing"
)

// prefixes is the table of IANA's special-purpose registries once more, written apart from the one under test.
var prefixes = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32",
	"192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/24", "224.0.1.0/24", "232.0.0.0/8",
	"233.252.0.0/24", "239.0.0.0/8", "240.0.0.0/4", "255.255.255.255/32",
	"::/128", "::1/128", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128",
	"2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
	"3fff::/20", "5f00::/16", "fc00::/7", "fd00:ec2::/32", "fe80::/10", "fec0::/10", "ff00::/8", "ff02::/16", "4000::/3", "8000::/1",
}

// edges returns addresses at the borders of a prefix and within it.
func edges(p netip.Prefix) (out []netip.Addr) {
	first := p.Masked().Addr()
	b := first.AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(b)
	out = append(out, first, last)
	if n := first.Next(); p.Contains(n) {
		out = append(out, n)
	}
	if n := last.Prev(); p.Contains(n) {
		out = append(out, n)
	}
	for i := range 24 { // one bit after another within the prefix
		b := first.AsSlice()
		if at := p.Bits() + i; at < len(b)*8 {
			b[at/8] |= 1 << (7 - at%8)
			a, _ := netip.AddrFromSlice(b)
			out = append(out, a)
		}
	}
	return out
}

// disguises returns the spellings under which an IPv4 address hides in IPv6.
func disguises(a netip.Addr) (out []netip.Addr) {
	out = append(out, a)
	if !a.Is4() {
		return append(out, a.WithZone("eth0"), a.WithZone("1"))
	}
	b := a.As4()
	for _, prefix := range []string{"::ffff:0:0", "::", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "64:ff9b:1:ffff::"} {
		c := netip.MustParseAddr(prefix).As16()
		copy(c[12:], b[:])
		out = append(out, netip.AddrFrom16(c))
	}
	c := netip.MustParseAddr("2002::1").As16() // 6to4
	copy(c[2:], b[:])
	out = append(out, netip.AddrFrom16(c))
	d := netip.MustParseAddr("2001::").As16() // Teredo: inverted at the end
	for i := range b {
		d[12+i] = ^b[i]
	}
	return append(out, netip.AddrFrom16(d), netip.AddrFrom16(c).WithZone("lo"))
}

// T23: no special-purpose address is granted in any disguise, though the tracker would allow every one of them.
func TestSpecialAddressesAreNeverGranted(t *testing.T) {
	r := &Relay{peers: &peers{}, ledger: newLedger(1), own: []netip.Addr{netip.MustParseAddr("8.8.4.1")}}
	client := &net.UDPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 4000}
	r.ledger.open(client, 5)
	tried, granted := 0, 0
	try := func(a netip.Addr) {
		tried++
		if r.grant(5, a) || a.Zone() == "" && r.permit(client, a.AsSlice()) {
			granted++
			t.Errorf("granted %v", a)
		}
	}
	for _, text := range prefixes {
		for _, a := range edges(netip.MustParsePrefix(text)) {
			for _, d := range disguises(a) {
				try(d)
			}
		}
	}
	try(netip.Addr{})
	try(netip.MustParseAddr("8.8.4.1")) // the server itself
	try(netip.MustParseAddr("::ffff:8.8.4.1"))
	if tried < 2000 || granted > 0 {
		t.Fatalf("granted %d of %d", granted, tried)
	}
	t.Logf("granted %d of %d", granted, tried)
	for _, a := range []string{"8.8.4.4", "1.1.1.1", "223.255.255.255", "2600::1", "2a00:1450::1", "11.0.0.0", "9.255.255.255", "172.32.0.0"} {
		if !r.grant(5, netip.MustParseAddr(a)) {
			t.Errorf("%s is a viewer's, but was refused", a)
		}
	}
	for _, ip := range []net.IP{nil, {1, 2}, make(net.IP, 15)} {
		if r.permit(client, ip) {
			t.Errorf("permitted %v", ip)
		}
	}
	if r.permit(&net.UDPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 4001}, net.IPv4(8, 8, 4, 4)) {
		t.Error("permitted a client without an allocation")
	}
	if r.permit(&net.TCPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 4000}, net.IPv4(8, 8, 4, 4)) {
		t.Error("took a client over TCP for one over UDP")
	}
}
