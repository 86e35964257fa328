package api

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestTheViewersAddressBehindProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.1", "192.0.2.1"}, // a viewer who lies
		{"127.0.0.1:5", "198.51.100.1", "198.51.100.1"},
		{"127.0.0.1:5", "203.0.113.9, 198.51.100.1, 10.1.1.1", "198.51.100.1"}, // the first address is the viewer's own word
		{"127.0.0.1:5", "nonsense", "127.0.0.1"},
		{"127.0.0.1:5", "198.51.100.1, nonsense", "127.0.0.1"},
		{"127.0.0.1:5", "::ffff:198.51.100.1", "198.51.100.1"},
		{"127.0.0.1:5", "2001:db8::1", "2001:db8::1"},
	} {
		var got netip.Addr
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		behindProxy(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = clientOf(r) })).ServeHTTP(nil, r)
		if got.String() != c.want {
			t.Errorf("%s via %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestOneHouseholdIsOneNetwork(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64"} {
		if got := network(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	if network(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("no address has a network")
	}
}
