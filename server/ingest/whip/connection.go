package whip

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Intervals of what a publisher is told.
const (
	nackEvery   = 30 * time.Millisecond // what is missing
	reportEvery = time.Second           // how its packets fare
)

// How long ICE waits before it calls a connection broken. The session waits longer for media.
const (
	quietMax  = 5 * time.Second
	failedMax = 15 * time.Second
	aliveEach = 2 * time.Second
)

// connection returns a connection that takes what the offer asks for, and nothing else.
func (s *Server) connection(w wish) (*webrtc.PeerConnection, error) {
	var media webrtc.MediaEngine
	for _, f := range w.formats {
		if err := media.RegisterCodec(f.codec()); err != nil {
			return nil, err
		}
	}
	const mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: mid}, kind); err != nil {
			return nil, err
		}
	}
	registry, err := interceptors(&media)
	if err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.LoggerFactory = quiet{}
	settings.SetLite(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEUDPMux(s.mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(quietMax, failedMax, aliveEach)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings))
	return api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
}

// codec is a format as the connection knows it. Parameters are as they were offered, for they must agree.
func (f format) codec() (webrtc.RTPCodecParameters, webrtc.RTPCodecType) {
	c := webrtc.RTPCodecParameters{PayloadType: webrtc.PayloadType(f.payload)}
	c.SDPFmtpLine = f.fmtp
	switch {
	case f.track == sound:
		c.MimeType, c.ClockRate, c.Channels = webrtc.MimeTypeOpus, soundRate, 2
		c.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "transport-cc"}}
		return c, webrtc.RTPCodecTypeAudio
	case f.again:
		c.MimeType, c.ClockRate = webrtc.MimeTypeRTX, pictureRate
	default:
		c.MimeType, c.ClockRate = webrtc.MimeTypeH264, pictureRate
		c.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "transport-cc"}}
	}
	return c, webrtc.RTPCodecTypeVideo
}

// anyLevel raises the level of H.264 parameters to 5.2, where the offer lets both sides have their own: 2160p at 60 pictures a second.
func anyLevel(fmtp string) string {
	const name, level = "profile-level-id=", "34"
	if !strings.Contains(fmtp, "level-asymmetry-allowed=1") {
		return fmtp
	}
	fields := strings.Split(fmtp, ";")
	for i, f := range fields {
		if id, ok := strings.CutPrefix(strings.TrimSpace(f), name); ok && len(id) == 6 {
			fields[i] = name + id[:4] + level
		}
	}
	return strings.Join(fields, ";")
}

// interceptors ask again for what is missing, tell senders how their packets fare, and measure the line for them.
func interceptors(media *webrtc.MediaEngine) (*interceptor.Registry, error) {
	registry := new(interceptor.Registry)
	missing, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(10), nack.WithGeneratorLoggerFactory(quiet{}))
	if err != nil {
		return nil, err
	}
	registry.Add(missing)
	reports, err := report.NewReceiverInterceptor(report.ReceiverInterval(reportEvery), report.WithReceiverLoggerFactory(quiet{}))
	if err != nil {
		return nil, err
	}
	registry.Add(reports)
	return registry, webrtc.ConfigureTWCCSenderWithOptions(media, registry, twcc.WithLoggerFactory(quiet{}))
}

// addresses decides what publishers are told: the operator's choice, or one of the machine's own of each family.
func addresses(public []netip.Addr, bound netip.AddrPort) (told []netip.AddrPort) {
	port := bound.Port()
	add := func(a netip.Addr) { told = append(told, netip.AddrPortFrom(a.Unmap(), port)) }
	for _, a := range public {
		add(a)
	}
	if len(told) > 0 {
		return told
	}
	if !bound.Addr().IsUnspecified() {
		add(bound.Addr())
		return told
	}
	nets, _ := net.InterfaceAddrs()
	var inside []netip.Addr
	for _, n := range nets {
		p, err := netip.ParsePrefix(n.String())
		if err != nil {
			continue
		}
		a := p.Addr().Unmap()
		switch {
		case a.IsLoopback():
			inside = append(inside, a)
		case a.IsLinkLocalUnicast() || slices.ContainsFunc(told, func(b netip.AddrPort) bool { return b.Addr().Is4() == a.Is4() }):
		default:
			add(a)
		}
	}
	if len(told) == 0 { // a machine without a network
		for _, a := range inside {
			add(a)
		}
	}
	return told
}

// withoutSets leaves out the publisher's parameter sets: in an answer they would be ours.
func withoutSets(fmtp string) string {
	fields := strings.Split(fmtp, ";")
	return strings.Join(slices.DeleteFunc(fields, func(f string) bool { return strings.HasPrefix(strings.TrimSpace(f), spropName) }), ";")
}

// withStereo asks for two channels of Opus: browsers send one unless they are asked.
func withStereo(fmtp string) string {
	const both = "stereo=1"
	if slices.Contains(strings.Split(fmtp, ";"), both) {
		return fmtp
	}
	return strings.TrimPrefix(fmtp+";"+both, ";")
}

// finished is an answer with the server's addresses, instead of those that the connection found by itself, and with what the server
// takes beyond what was offered.
func finished(answer string, formats []format, at []netip.AddrPort) (string, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal([]byte(answer)); err != nil {
		return "", fmt.Errorf("an answer of ours cannot be read: %w", err)
	}
	told := false
	for _, m := range d.MediaDescriptions {
		for i, a := range m.Attributes {
			payload, fmtp, ok := strings.Cut(a.Value, " ")
			n := slices.IndexFunc(formats, func(f format) bool { return fmt.Sprint(f.payload) == payload && !f.again })
			if a.Key != "fmtp" || !ok || n < 0 {
				continue
			}
			if formats[n].track == sound {
				fmtp = withStereo(fmtp)
			} else {
				fmtp = withoutSets(anyLevel(fmtp))
			}
			m.Attributes[i].Value = payload + " " + fmtp
		}
		m.Attributes = withoutCandidates(m.Attributes)
		if told || m.MediaName.Port.Value == 0 { // all others are bundled with the first that is taken
			continue
		}
		told = true
		for i, a := range at {
			const best = 2130706431 // of a host candidate (RFC 8445, section 5.1.2.1)
			m.Attributes = append(m.Attributes, sdp.Attribute{
				Key: "candidate", Value: fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, best-i, a.Addr(), a.Port()),
			})
		}
		m.Attributes = append(m.Attributes, sdp.Attribute{Key: "end-of-candidates"})
	}
	text, err := d.Marshal()
	return string(text), err
}

// quiet discards the connection's logs: they name publishers' addresses, and are many.
type quiet struct{}

// NewLogger returns a logger that writes nothing.
func (quiet) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, nil)
}
