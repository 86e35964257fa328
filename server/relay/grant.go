package relay

import (
	"net"
	"net/netip"
	"slices"

	"shoal/id"
)

// special lists what no packet is ever sent to, after Unmap: the IANA special-purpose registries of IPv4 and IPv6, multicast, and
// what is reserved. Whoever is seen there is not reached through the open net, and most of it is somebody's inside.
var special = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.31.196.0/24"),
	netip.MustParsePrefix("192.52.193.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("192.175.48.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
	// IPv6: global is what lies in 2000::/3, and of that not these.
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("2620:4f:8000::/48"),
	netip.MustParsePrefix("3fff::/20"),
}

// global is the part of IPv6 that is given out: NAT64, unique local, link-local, multicast and the embedded forms of IPv4 lie outside.
var global = netip.MustParsePrefix("2000::/3")

func isSpecial(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return true
	}
	a = a.Unmap()
	if a.Is6() && !global.Contains(a) {
		return true
	}
	return slices.ContainsFunc(special[:], func(p netip.Prefix) bool { return p.Contains(a) })
}

// grant decides whether packets of a peer's allocation may go to an address. Special-purpose addresses and the server's own
// are refused whatever the tracker says: behind them are services that trust who comes from inside.
func (r *Relay) grant(peer id.Peer, a netip.Addr) bool {
	if isSpecial(a) || slices.Contains(r.own, a.Unmap()) {
		return false
	}
	return r.peers.Allowed(peer, a.Unmap())
}

// permit answers the TURN server's question for a permission or channel.
func (r *Relay) permit(client net.Addr, ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	peer, known := r.ledger.holder(client)
	return ok && known && r.grant(peer, addr)
}

// addrOf returns the IP address of a UDP or TCP address.
func addrOf(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
