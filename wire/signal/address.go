package signal

import "net/netip"

// never lists what no candidate may name, whoever was seen there: addresses that reach another host than the one they
// seem to name (embedded IPv4), many hosts at once, or a machine's own innards (169.254.169.254 answers with secrets in clouds).
var never = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), // 6to4 relays
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::ffff:0:0:0/96"), // IPv4-translated
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),     // Teredo, ORCHID and their kin
	netip.MustParsePrefix("2002::/16"),     // 6to4
	netip.MustParsePrefix("fd00:ec2::/32"), // a cloud's innards, within the private range
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("ff00::/8"),
}

// compatible is the range of IPv4-compatible IPv6: it holds ::1, which is why it stands apart from never.
var compatible = netip.MustParsePrefix("::/96")

// parseAddress reads an address as candidates write it, in one spelling only. An IPv4 address within an IPv6 one, a zone
// and every range of never are refused.
func parseAddress(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" || addr != addr.Unmap() {
		return netip.Addr{}, false
	}
	if addr == netip.IPv6Loopback() {
		return addr, true
	}
	if compatible.Contains(addr) {
		return netip.Addr{}, false
	}
	for _, p := range never {
		if p.Contains(addr) {
			return netip.Addr{}, false
		}
	}
	return addr, true
}

// homeBits is the part of an IPv6 address that the hosts of one home share.
const homeBits = 64

// Together reports whether two sessions seem to be in one home: the same IPv4 address, or the same IPv6 /64.
func Together(a, b netip.Addr) bool {
	a, b = a.Unmap().WithZone(""), b.Unmap().WithZone("")
	if !a.IsValid() || !b.IsValid() || a.Is4() != b.Is4() {
		return false
	}
	if a.Is4() || a.IsLoopback() || b.IsLoopback() {
		return a == b
	}
	p, err := a.Prefix(homeBits)
	return err == nil && p.Contains(b)
}
