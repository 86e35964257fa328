package link

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"shoal/wire/signal"
)

// home is the network of a machine behind a router: all that it has is a private address. Sockets are this machine's.
type home struct{ *stdnet.Net }

func (home) Interfaces() ([]*transport.Interface, error) {
	i := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "eth0", Flags: net.FlagUp})
	i.AddAddress(&net.IPNet{IP: net.IPv4(192, 168, 7, 2), Mask: net.CIDRMask(24, 32)})
	return []*transport.Interface{i}, nil
}

func (h home) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	return h.Net.ListenUDP(network, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port})
}

type voice chan signal.Body

func (v voice) Signal(_ context.Context, _ *Link, b signal.Body) { v <- b }
func (voice) Up(context.Context, *Link)                          {}
func (voice) Message(context.Context, *Link, []byte)             {}

// With a public server a machine behind a router gathered nothing: its only address was out of reach, and with it STUN and TURN.
func TestAMachineBehindARouterGathersCandidates(t *testing.T) {
	std, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	v := make(voice, signalsMax)
	l := Open(Config{Reach: Public, Net: home{std}, Log: quiet}).Dial(2, v)
	done := make(chan error, 1)
	go func() { done <- l.Run(context.Background()) }()
	for said := ""; !strings.Contains(said, "192.168.7.2"); {
		said = await(t, v).Data
	}
	l.End()
	if err := await(t, done); err != nil {
		t.Error(err)
	}
}
