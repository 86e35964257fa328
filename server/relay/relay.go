package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"shoal/id"
)

// Config is what an operator may choose about the relay. Zero limits are the package's.
type Config struct {
	Listen string // host:port, for UDP and TCP; an empty host is every address
	// Public are the addresses under which viewers reach this server, at most one of each family. None asks the system,
	// which is right for a server without NAT.
	Public             []netip.Addr
	PortMin, PortMax   int // of allocations; 0 is any
	AllocationsMax     int
	TotalBitsPerSecond int64
	Now                func() time.Time // nil is time.Now
}

// Peers is what the tracker knows of viewers. The relay does not work without.
type Peers interface {
	// Present reports whether a peer that shares is connected now.
	Present(peer id.Peer) bool
	// Allowed reports whether a peer may be connected with an address: one at which another peer of its channel is, now.
	Allowed(peer id.Peer, addr netip.Addr) bool
	// Observed notes an address at which a peer proved itself.
	Observed(peer id.Peer, addr netip.Addr)
}

// Relay is an open STUN and TURN server. Its methods may be called at once.
type Relay struct {
	config    Config
	peers     Peers
	now       func() time.Time
	key       [32]byte
	bind      net.IP // where allocations listen; nil is everywhere
	addresses []netip.Addr
	own       []netip.Addr // this machine's addresses, and addresses
	door      *door
	porch     *porch
	ledger    *ledger
	total     *rate
	carried   atomic.Uint64
}

// Open binds the port. Run serves on it and closes it. It refuses to open without peers to ask.
func Open(c Config, peers Peers) (*Relay, error) {
	if peers == nil {
		return nil, errors.New("the relay needs a tracker to ask who may be reached: without one it would carry packets to anybody, and into this host's network")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.AllocationsMax == 0 {
		c.AllocationsMax = AllocationsMax
	}
	if c.TotalBitsPerSecond == 0 {
		c.TotalBitsPerSecond = TotalBitsPerSecond
	}
	if c.PortMin != 0 && (c.PortMin < 1024 || c.PortMax < c.PortMin || c.PortMax > 65535) {
		return nil, fmt.Errorf("the relay's ports %d to %d are not a range within 1024 to 65535", c.PortMin, c.PortMax)
	}
	r := &Relay{
		config: c, peers: peers, now: c.Now, ledger: newLedger(c.AllocationsMax), total: bits(c.TotalBitsPerSecond),
	}
	_, _ = rand.Read(r.key[:]) // never fails
	if err := r.listenAt(c.Listen); err != nil {
		return nil, err
	}
	r.findAddresses(c.Public)
	return r, nil
}

// listenAt opens UDP and TCP on one port. If the port is the system's to choose, one that is free for UDP may not be for TCP.
func (r *Relay) listenAt(at string) error {
	_, port, _ := net.SplitHostPort(at) // listenOnce says what is wrong with it
	err := r.listenOnce(at)
	for try := 1; try < portTries && port == "0" && errors.Is(err, syscall.EADDRINUSE); try++ {
		err = r.listenOnce(at)
	}
	return err
}

func (r *Relay) listenOnce(at string) error {
	udp, err := net.ListenPacket("udp", at)
	if err != nil {
		return bindError("UDP", at, err)
	}
	bound := udp.LocalAddr().(*net.UDPAddr)
	host, _, _ := net.SplitHostPort(at) // ListenPacket has read it
	tcp, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(bound.Port)))
	if err != nil {
		_ = udp.Close()
		return bindError("TCP", at, err)
	}
	if !bound.IP.IsUnspecified() {
		r.bind = bound.IP
	}
	r.door = &door{PacketConn: udp, now: r.now, networks: map[netip.Prefix]*rate{}}
	r.porch = &porch{Listener: tcp, open: map[*caller]struct{}{}, homes: map[netip.Prefix]int{}}
	return nil
}

func bindError(transport, at string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("the relay's port %s (%s) is in use by another program: end it, or choose another port: %w", at, transport, err)
	}
	return fmt.Errorf("the relay cannot listen on %s (%s): %w", at, transport, err)
}

// findAddresses decides what address allocations have for the outside, and notes which are the server's own.
func (r *Relay) findAddresses(public []netip.Addr) {
	for _, a := range public {
		r.addresses = append(r.addresses, a.Unmap())
	}
	nets, _ := net.InterfaceAddrs() // none: then viewers cannot be relayed unless Public is given
	for _, n := range nets {
		p, err := netip.ParsePrefix(n.String())
		if err != nil {
			continue
		}
		a := p.Addr().Unmap()
		r.own = append(r.own, a)
		usable := r.bind == nil && !a.IsLoopback() && !a.IsLinkLocalUnicast() || r.bind != nil && r.bind.Equal(n.(*net.IPNet).IP)
		if len(public) == 0 && usable && !slices.ContainsFunc(r.addresses, func(b netip.Addr) bool { return a.Is4() == b.Is4() }) {
			r.addresses = append(r.addresses, a)
		}
	}
	r.own = append(r.own, r.addresses...)
}

// public returns the address of a family that allocations have for the outside.
func (r *Relay) public(six bool) (netip.Addr, bool) {
	for _, a := range r.addresses {
		if a.Is6() == six {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// Addresses are those that allocations have for the outside: the only ones that relay candidates may name.
func (r *Relay) Addresses() []netip.Addr { return slices.Clone(r.addresses) }

// Port is the port it listens on.
func (r *Relay) Port() int { return r.door.LocalAddr().(*net.UDPAddr).Port }

// URLs returns the addresses of its services for a viewer who reaches this server at host.
func (r *Relay) URLs(host string) (stun, turn []string) {
	at := net.JoinHostPort(host, strconv.Itoa(r.Port()))
	return []string{"stun:" + at}, []string{"turn:" + at + "?transport=udp", "turn:" + at + "?transport=tcp"}
}

// Counts tells how many allocations there are, and how many bytes were carried for all there ever were.
func (r *Relay) Counts() (allocations int, bytes uint64) { return r.ledger.count(), r.carried.Load() }

// Close closes the port of a relay that is not run.
func (r *Relay) Close() error { return errors.Join(r.door.Close(), r.porch.Close()) }

// Run serves until ctx ends, then closes the port and every allocation.
func (r *Relay) Run(ctx context.Context) error {
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:         Realm,
		AuthHandler:   r.authenticate,
		QuotaHandler:  r.quota,
		LoggerFactory: quiet{},
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(client, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
				if peer, err := id.ParsePeer(user); err == nil {
					r.ledger.open(client, peer)
					r.peers.Observed(peer, addrOf(client))
				}
			},
			OnAllocationDeleted: func(client, _ net.Addr, _, _, _ string) { r.ledger.close(client) },
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: r.door, RelayAddressGenerator: generator{r}, PermissionHandler: r.permit}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: r.porch, RelayAddressGenerator: generator{r}, PermissionHandler: r.permit}},
	})
	if err != nil {
		return errors.Join(fmt.Errorf("starting the TURN server: %w", err), r.Close())
	}
	<-ctx.Done()
	if err := server.Close(); err != nil {
		return fmt.Errorf("closing the TURN server: %w", err)
	}
	return nil
}

// quiet discards the TURN server's logs: they name viewers' addresses.
type quiet struct{}

// NewLogger returns a logger that writes nothing.
func (quiet) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, nil)
}
