package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"syscall"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/relay"
)

// openRelay opens STUN and TURN, or returns nil if the settings leave them out.
func (s *Settings) openRelay(peers relay.Peers) (*relay.Relay, error) {
	if s.TURN == turnOff {
		return nil, nil
	}
	least, most, err := s.turnPorts()
	if err != nil {
		return nil, err
	}
	r, err := relay.Open(relay.Config{
		Listen: s.TURN, Public: s.publicIPs(), PortMin: least, PortMax: most, TotalBitsPerSecond: int64(s.TURNMbit) * 1_000_000,
	}, peers)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return nil, explainListen("turn", s.TURN, err)
	}
	if err != nil {
		return nil, fmt.Errorf("STUN and TURN cannot start (--turn, --public-ip): %w", err)
	}
	return r, nil
}

// relayDoor is the relay as the doors ask it.
type relayDoor struct {
	relay  *relay.Relay
	public string       // the public URL that the operator chose, or ""
	ips    []netip.Addr // the public addresses that the operator chose
}

var _ api.Relay = relayDoor{}

// ICE names the relay by what the operator chose; without that, by what the viewer reached the pages as.
func (d relayDoor) ICE(channel id.Channel, peer id.Peer, host string) []api.ICEServer {
	username, password := d.relay.Credentials(channel, peer)
	var stuns, turns []string
	for _, h := range d.hosts(host) {
		stun, turn := d.relay.URLs(h)
		stuns, turns = append(stuns, stun...), append(turns, turn...)
	}
	return []api.ICEServer{{URLs: stuns}, {URLs: turns, Username: username, Credential: password}}
}

// STUN names the relay without its TURN, which is for viewers alone: it carries nobody to the server itself.
func (d relayDoor) STUN(host string) (stuns []string) {
	for _, h := range d.hosts(host) {
		stun, _ := d.relay.URLs(h)
		stuns = append(stuns, stun...)
	}
	return stuns
}

// hosts are the names of the relay for one who reached the pages as host.
func (d relayDoor) hosts(host string) []string {
	if u, err := url.Parse(d.public); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	hosts := []string{host}
	if len(d.ips) > 0 { // pages may be behind a proxy elsewhere; the relay is here
		hosts = hosts[:0]
		for _, ip := range d.ips {
			hosts = append(hosts, ip.String())
		}
	}
	return hosts
}

// runRelay runs the relay, or waits in its place if there is none.
func (h *house) runRelay(ctx context.Context) error {
	if h.relay == nil {
		<-ctx.Done()
		return nil
	}
	return h.relay.Run(ctx)
}
