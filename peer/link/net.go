package link

import (
	"log/slog"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"
)

// Limits on a link.
const (
	// OpenWithin is how long a link may take from the first word to an open channel: a relayed path on a slow
	// network needs about 5 s.
	OpenWithin = 15 * time.Second
	// QueueMax bounds the bytes that wait to be sent on a link, beside those that are under way. The engine queues about two
	// pieces; a link with more than this leads to somebody who does not read.
	QueueMax = 256 << 10
	// receiveMax bounds the bytes that wait to be read: what the other side may have under way.
	receiveMax = 1 << 20
	// paceMax is how many bytes per second are read of one link, after a burst of receiveMax. A neighbour has no cause to
	// send more than a few renditions' worth; one that floods is slowed down by its own full window.
	paceMax = 5_000_000
	// windowLeast is the smallest congestion window, bytes: one packet.
	windowLeast = 1191
	// messageMax is the largest message that is offered to be taken; wire.MessageMax is what is read.
	messageMax = 64 << 10
	// signalsMax bounds the signals that wait to be handled: a description and its candidates, with room.
	signalsMax = 32
	// A path without a sign of life is in doubt after quietAfter, and the link is over deadAfter later. A living one is
	// checked every checkEvery, so that two lost checks are not yet a doubt.
	quietAfter = 3 * time.Second
	deadAfter  = 4 * time.Second
	checkEvery = time.Second
)

// Server is a STUN or TURN server.
type Server struct {
	URLs       []string
	Username   string
	Credential string
}

// Net opens links.
type Net struct {
	api    *webrtc.API
	config webrtc.Configuration
	log    *slog.Logger
}

// Config is what a Net needs.
type Config struct {
	Reach   Reach
	Servers []Server
	Net     transport.Net // nil means this machine's
	Outlet  *Outlet       // that all goes out through; nil means none, and nothing is counted
	Log     *slog.Logger
}

// Open returns a Net. It holds nothing that would have to be closed.
func Open(c Config) *Net {
	var s webrtc.SettingEngine
	s.LoggerFactory = logs{c.Log}
	s.DetachDataChannels()
	s.SetSCTPMaxReceiveBufferSize(receiveMax)
	s.SetSCTPMaxMessageSize(messageMax)
	s.SetIncludeLoopbackCandidate(c.Reach >= Loopback)
	// A machine behind a router has private addresses only, and from them it asks STUN and TURN: where packets go to is what counts.
	s.SetIPFilter(max(c.Reach, Private).allowsIP)
	s.SetRemoteIPFilter(c.Reach.allowsIP)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.DisableActiveTCP(true)
	s.SetICETimeouts(quietAfter, deadAfter, checkEvery)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly) // browsers name their hosts under .local
	way := c.Net
	if c.Outlet != nil {
		var err error
		if way, err = through(c.Outlet, c.Net); err != nil {
			c.Log.Warn("this machine's network is not known: nothing is counted", "err", err)
			way = nil
		}
	}
	if way != nil {
		s.SetNet(way)
	}
	n := &Net{api: webrtc.NewAPI(webrtc.WithSettingEngine(s)), log: c.Log}
	for _, server := range c.Servers {
		n.config.ICEServers = append(n.config.ICEServers, webrtc.ICEServer{
			URLs: server.URLs, Username: server.Username, Credential: server.Credential,
		})
	}
	return n
}
