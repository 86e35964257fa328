package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// Reach says how far a peer's packets may go. It follows from where the server stands: nobody on the internet may
// make a native peer knock on doors of the network it stands in.
type Reach uint8

// The reaches, each including the one before.
const (
	Public   Reach = 1 // addresses of the public internet
	Private  Reach = 2 // also those of private networks
	Loopback Reach = 3 // also this machine
)

// never lists what no reach includes: addresses that embed others, reach many hosts, or a machine's own innards.
var never = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), // link-local: clouds answer with secrets there
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("::ffff:0:0:0/96"),
	netip.MustParsePrefix("fd00:ec2::/32"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("ff00::/8"),
}

var (
	// compatible holds the IPv4-compatible addresses and ::1, which stands apart.
	compatible = netip.MustParsePrefix("::/96")
	// inner lists private networks that netip does not call private.
	inner = [...]netip.Prefix{
		netip.MustParsePrefix("100.64.0.0/10"), // carriers' networks
		netip.MustParsePrefix("198.18.0.0/15"), // test networks
	}
)

// Allows reports whether a packet may go to addr.
func (r Reach) Allows(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	if addr.IsLoopback() {
		return r >= Loopback
	}
	if compatible.Contains(addr) {
		return false
	}
	for _, p := range never {
		if p.Contains(addr) {
			return false
		}
	}
	if addr.IsPrivate() {
		return r >= Private
	}
	for _, p := range inner {
		if p.Contains(addr) {
			return r >= Private
		}
	}
	return addr.IsGlobalUnicast()
}

func (r Reach) allowsIP(ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	return ok && r.Allows(addr)
}

// ReachOf returns the reach that follows from a server's host: its own if every address of it is within that, the
// narrowest otherwise.
func ReachOf(ctx context.Context, host string) (Reach, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return 0, fmt.Errorf("the server's name %q does not resolve; check the address: %w", host, err)
	}
	reach := Loopback
	for _, a := range addrs {
		switch {
		case a.Unmap().IsLoopback():
		case !Public.Allows(a) && Private.Allows(a):
			reach = min(reach, Private)
		default:
			reach = Public
		}
	}
	return reach, nil
}
