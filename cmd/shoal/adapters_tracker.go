package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/bus/local"
	"shoal/server/event"
	"shoal/server/origin"
	"shoal/server/relay"
	"shoal/server/tracker"
)

// trackerFacts is the bus as the tracker hears it.
type trackerFacts struct{ bus *local.Bus }

var _ tracker.Facts = trackerFacts{}

// Subscribe takes the longest queue: a fact that the tracker misses is one that its viewers miss.
func (f trackerFacts) Subscribe() (<-chan event.Fact, func()) { return f.bus.Subscribe(local.QueueMax) }

// trackerBroadcasts is the origin as the tracker asks it.
type trackerBroadcasts struct{ origin *origin.Origin }

var _ tracker.Broadcasts = trackerBroadcasts{}

// recentSpan is what a newcomer is told of: what its player may ask for first, and some more.
const recentSpan = 8 * time.Second

// Recent returns nothing for a channel that is not live.
func (b trackerBroadcasts) Recent(channel id.Channel) (certificates, parts [][]byte) {
	recent, err := b.origin.Recent(channel, recentSpan)
	if err != nil { // not found is the only kind there is
		return nil, nil
	}
	return recent.Certificates, recent.Manifests
}

// currentTracker is whichever tracker runs in the house now.
type currentTracker struct{ house *house }

var (
	_ api.Tracker = currentTracker{}
	_ relay.Peers = currentTracker{}
)

func (c currentTracker) now() *tracker.Tracker { return c.house.tracker.get() }

// ServeHTTP is of api.Tracker.
func (c currentTracker) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.now().ServeHTTP(w, r) }

// Issue is of api.Tracker.
func (c currentTracker) Issue(channel id.Channel, mode tracker.Mode) (string, id.Peer, error) {
	return c.now().Issue(channel, mode)
}

// IssueRecorded is of api.Tracker.
func (c currentTracker) IssueRecorded(channel id.Channel, epoch uint64, mode tracker.Mode) (string, id.Peer, error) {
	return c.now().IssueRecorded(channel, epoch, mode)
}

// Viewers is of api.Tracker.
func (c currentTracker) Viewers(channel id.Channel) int { return c.now().Viewers(channel) }

// Present is of relay.Peers.
func (c currentTracker) Present(peer id.Peer) bool { return c.now().Present(peer) }

// Allowed is of relay.Peers.
func (c currentTracker) Allowed(peer id.Peer, addr netip.Addr) bool {
	return c.now().Allowed(peer, addr)
}

// Observed is of relay.Peers.
func (c currentTracker) Observed(peer id.Peer, addr netip.Addr) { c.now().Observed(peer, addr) }

// hostsOf returns the host of an address, as WebSocket origins are matched.
func hostsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Host}
}

// ownAddresses returns the addresses of this machine's network interfaces. An error leaves viewers on this very machine
// without direct connections to each other, and nothing else.
func ownAddresses() []netip.Addr {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []netip.Addr
	for _, a := range interfaces {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, prefix.Addr().Unmap().WithZone(""))
		}
	}
	return own
}
