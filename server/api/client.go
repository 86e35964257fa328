package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// behindProxy sets RemoteAddr to the viewer's address, for every room behind the doors: the last address of
// X-Forwarded-For that is not a trusted proxy's, if the connection itself comes from a trusted proxy.
func behindProxy(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ip, ok := forwarded(trusted, r); ok {
			r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
			for _, used := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded"} {
				r.Header.Del(used) // rooms that find one know of a proxy that nobody configured
			}
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedMax bounds the addresses of X-Forwarded-For that are looked at: longer chains of trusted proxies are a forgery.
const forwardedMax = 10

func forwarded(trusted []netip.Prefix, r *http.Request) (netip.Addr, bool) {
	from := clientOf(r)
	if !contains(trusted, from) {
		return from, false
	}
	found := false
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := 0; n < len(hops) && n < forwardedMax; n++ {
		ip, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1-n]))
		if err != nil {
			break
		}
		from, found = ip.Unmap().WithZone(""), true
		if !contains(trusted, from) {
			break
		}
	}
	return from, found
}

func contains(networks []netip.Prefix, ip netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// clientOf returns the address that a request comes from, or the zero Addr.
func clientOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// network is what limits count by: an IPv4 address, or the /64 that one IPv6 household owns.
func network(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, err := ip.Prefix(bits)
	if err != nil { // the zero Addr: all of those share one limit
		return netip.Prefix{}
	}
	return prefix
}
