package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/ladder"
)

// Settings are what an operator may choose. Each is a flag, an environment variable (SHOAL_ and the name in capitals)
// and a key of shoal.toml (the name with _ for -); the flag wins over the environment, the environment over the file.
type Settings struct {
	HTTP      string   `name:"http" default:":8080" placeholder:"ADDR" env:"SHOAL_HTTP" group:"Addresses" help:"Address of pages, API and HLS. Default: ${default}."`
	RTMP      string   `name:"rtmp" default:":1935" placeholder:"ADDR" env:"SHOAL_RTMP" group:"Addresses" help:"Address that publishers (OBS, ffmpeg) send to. Default: ${default}."`
	RTMPS     string   `name:"rtmps" default:"off" placeholder:"ADDR" env:"SHOAL_RTMPS" group:"Addresses" help:"Address of RTMP over TLS, such as :1936; needs --tls-cert and --tls-key. Default: ${default}."`
	SRT       string   `name:"srt" default:"off" placeholder:"ADDR" env:"SHOAL_SRT" group:"Addresses" help:"Address of SRT, such as :9000 (UDP). Default: ${default}."`
	TURN      string   `name:"turn" default:":3478" placeholder:"ADDR" env:"SHOAL_TURN" group:"Addresses" help:"Address of STUN and TURN, UDP and TCP; \"off\" leaves viewers without them. Default: ${default}."`
	WHIP      string   `name:"whip" default:":8189" placeholder:"ADDR" env:"SHOAL_WHIP" group:"Addresses" help:"UDP address that publishers send to over WebRTC (WHIP: browsers, OBS); \"off\" takes none. Default: ${default}."`
	PublicURL string   `name:"public-url" placeholder:"URL" env:"SHOAL_PUBLIC_URL" group:"Addresses" help:"How viewers reach this server, such as https://live.example.org. Default: http://localhost and the port of --http."`
	PublicIP  []string `name:"public-ip" placeholder:"IP" env:"SHOAL_PUBLIC_IP" group:"Addresses" help:"Addresses of this server as viewers see them, for TURN. Default: those of the network interfaces."`

	TURNPorts string `name:"turn-ports" placeholder:"MIN-MAX" env:"SHOAL_TURN_PORTS" group:"Addresses" help:"UDP ports of relayed connections, for a firewall, such as 50000-50500. Default: any."`

	TLSCert         string `name:"tls-cert" placeholder:"FILE" env:"SHOAL_TLS_CERT" group:"Publishers" help:"Certificate (PEM, with its chain) for --rtmps; read again when it changes."`
	TLSKey          string `name:"tls-key" placeholder:"FILE" env:"SHOAL_TLS_KEY" group:"Publishers" help:"Key of --tls-cert (PEM)."`
	SRTLatency      int    `name:"srt-latency" default:"200" placeholder:"MS" env:"SHOAL_SRT_LATENCY" group:"Publishers" help:"Milliseconds that a lost SRT packet is waited for; a publisher may ask for more. Default: ${default}."`
	SRTPassphrase   string `name:"srt-passphrase" placeholder:"TEXT" env:"SHOAL_SRT_PASSPHRASE" group:"Publishers" help:"One SRT passphrase for all (10 to 79 characters), or \"off\" for none. Default: one for each stream key, which channel add prints."`
	ReconnectWindow string `name:"reconnect-window" default:"90s" placeholder:"TIME" env:"SHOAL_RECONNECT_WINDOW" group:"Publishers" help:"How long a broadcast waits for its publisher to come back, such as 90s or 5m. Default: ${default}."`

	Latency        string   `name:"latency" default:"3s" placeholder:"TIME" env:"SHOAL_LATENCY" group:"Viewers" help:"How far behind live viewers are, from 2s to 10s: nearer is more immediate, further bears poorer lines. Default: ${default}."`
	Sharing        string   `name:"sharing" default:"ask" enum:"ask,off" env:"SHOAL_SHARING" group:"Viewers" help:"Whether viewers may share with each other: ask (who says yes) or off (all watch from the server). Default: ${default}."`
	SharePreset    bool     `name:"share-preset" env:"SHOAL_SHARE_PRESET" group:"Viewers" help:"Let ?share=yes in a link answer the sharing question, for kiosks and tests."`
	Sites          []string `name:"sites" default:"*" placeholder:"HOST" env:"SHOAL_SITES" group:"Viewers" help:"Other sites whose pages may play and share channels, such as example.org, *.example.org or localhost:3000; none for none. Default: ${default}, any."`
	Private        []string `name:"private" placeholder:"NAME" env:"SHOAL_PRIVATE" group:"Viewers" help:"Channels that are watched with a pass only: shoal channel pass makes one."`
	TrustedProxies []string `name:"trusted-proxies" default:"127.0.0.0/8,::1/128" placeholder:"CIDR" env:"SHOAL_TRUSTED_PROXIES" group:"Viewers" help:"Networks whose X-Forwarded-For is believed. Default: ${default}."`

	HeldReloads      int `name:"held-reloads" default:"20000" placeholder:"N" env:"SHOAL_HELD_RELOADS" group:"Limits" help:"Playlist and part requests held open at once, in all. Default: ${default}."`
	HeldReloadsPerIP int `name:"held-reloads-per-ip" default:"256" placeholder:"N" env:"SHOAL_HELD_RELOADS_PER_IP" group:"Limits" help:"The same, for one address (a school may be one). Default: ${default}."`
	ViewersPerIP     int `name:"viewers-per-ip" default:"256" placeholder:"N" env:"SHOAL_VIEWERS_PER_IP" group:"Limits" help:"Viewers connected to the tracker at once from one address. Default: ${default}."`
	JoinsPerMinute   int `name:"joins-per-minute" default:"600" placeholder:"N" env:"SHOAL_JOINS_PER_MINUTE" group:"Limits" help:"Viewers that may join a minute from one address. Default: ${default}."`
	TURNMbit         int `name:"turn-mbit" default:"100" placeholder:"N" env:"SHOAL_TURN_MBIT" group:"Limits" help:"Megabits per second that TURN may carry in all. Default: ${default}."`

	Ladder string `name:"ladder" default:"auto" placeholder:"RUNGS" env:"SHOAL_LADDER" group:"Picture" help:"Smaller rungs of the picture, made with ffmpeg: \"auto\" as this machine can, \"off\", or such as \"720p,360p@600\" (kbit/s). Default: ${default}."`

	RecordingLadder string `name:"recording-ladder" default:"auto" placeholder:"RUNGS" env:"SHOAL_RECORDING_LADDER" group:"Recordings" help:"Smaller rungs that recordings get afterwards, while nothing is live: \"auto\" those of --ladder that the broadcast had not, \"off\", or such as \"720p,360p@600\". Default: ${default}."`

	Record   string `name:"record" default:"on" enum:"on,off" env:"SHOAL_RECORD" group:"Recordings" help:"Keep broadcasts as recordings: on or off. Default: ${default}."`
	KeepDays int    `name:"keep-days" default:"30" placeholder:"N" env:"SHOAL_KEEP_DAYS" group:"Recordings" help:"Delete recordings after so many days; 0 keeps them. Default: ${default}."`
	KeepGB   int    `name:"keep-gb" default:"50" placeholder:"N" env:"SHOAL_KEEP_GB" group:"Recordings" help:"Delete the oldest recordings when all take more gigabytes; 0 sets no bound. Default: ${default}."`
	Rewind   string `name:"rewind" default:"10m" placeholder:"TIME" env:"SHOAL_REWIND" group:"Recordings" help:"How far back viewers of a running broadcast may go, such as 10m or 2h; 0 turns it off. Default: ${default}."`

	UploadGB        int `name:"upload-gb" default:"20" placeholder:"N" env:"SHOAL_UPLOAD_GB" group:"Recordings" help:"Gigabytes that one uploaded video may have; 0 takes none. Default: ${default}."`
	UploadChannelGB int `name:"upload-channel-gb" default:"50" placeholder:"N" env:"SHOAL_UPLOAD_CHANNEL_GB" group:"Recordings" help:"Gigabytes of a channel's uploads that are under way at once. Default: ${default}."`

	Clips    string `name:"clips" default:"on" enum:"on,off" env:"SHOAL_CLIPS" group:"Recordings" help:"Let viewers make clips of up to five minutes: on or off. Default: ${default}."`
	Download string `name:"download" default:"off" enum:"on,off" env:"SHOAL_DOWNLOAD" group:"Recordings" help:"Let viewers take recordings and clips away as MP4 files: on or off. Default: ${default}."`

	LogLevel  string `name:"log-level" default:"info" enum:"debug,info,warn,error" env:"SHOAL_LOG_LEVEL" group:"Logs" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" default:"text" enum:"text,json" env:"SHOAL_LOG_FORMAT" group:"Logs" help:"Form of the log: text or json."`
	AccessLog bool   `name:"access-log" env:"SHOAL_ACCESS_LOG" group:"Logs" help:"Log every HTTP request, without addresses of viewers."`
}

// turnOff is the value of TURN that leaves the relay out, and of the other addresses that may be left out.
const turnOff = "off"

// ladderAuto is the value of Ladder that leaves the choice to the machine.
const ladderAuto = "auto"

// Bounds on settings.
const (
	srtLatencyMin, srtLatencyMax       = 20, 8000 // milliseconds
	srtPassphraseMin, srtPassphraseMax = 10, 79   // characters, as SRT takes them
	reconnectMin, reconnectMax         = time.Second, time.Hour
)

// check returns every wrong value at once, each with its remedy.
func (s *Settings) check() error {
	var wrong []error
	say := func(name, value, remedy string) {
		wrong = append(wrong, fmt.Errorf("%s is %q: %s", name, value, remedy))
	}
	for name, address := range map[string]string{"http": s.HTTP, "rtmp": s.RTMP, "rtmps": s.RTMPS, "srt": s.SRT, "turn": s.TURN, "whip": s.WHIP} {
		if address == turnOff && name != "http" && name != "rtmp" {
			continue
		}
		if err := checkAddress(address); err != nil {
			say(name, address, "write HOST:PORT or :PORT, such as \":8080\" or \"127.0.0.1:8080\"")
		}
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			say("public_url", s.PublicURL, "write scheme and host only, such as https://live.example.org")
		}
	}
	for _, ip := range s.PublicIP {
		if _, err := netip.ParseAddr(ip); err != nil {
			say("public_ip", ip, "write an IP address, such as 203.0.113.7 (a host name may change under a running relay)")
		}
	}
	for _, network := range s.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			say("trusted_proxies", network, "write a network, such as 10.0.0.0/8")
		}
	}
	for _, name := range s.Private {
		if _, err := id.ParseName(name); err != nil {
			say("private", name, "write names of channels, as `shoal channel list` shows them")
		}
	}
	for _, site := range s.Sites {
		if _, err := path.Match(site, ""); err != nil || site == "" || strings.Contains(site, "/") {
			say("sites", site, "write a host, such as example.org or *.example.org, with its port if the address shows one, such as localhost:3000; or * for any, or none")
		}
	}
	if _, _, err := s.turnPorts(); err != nil {
		say("turn_ports", s.TURNPorts, "write a range within 1024 to 65535, such as 50000-50500")
	}
	s.checkPublishers(say)
	if _, err := ladder.ParseSpec(s.Ladder); err != nil {
		say("ladder", s.Ladder, err.Error()+`; or write "auto" or "off"`)
	}
	if _, err := ladder.ParseSpec(s.RecordingLadder); err != nil {
		say("recording_ladder", s.RecordingLadder, err.Error()+`; or write "auto" or "off"`)
	}
	if _, err := s.rewind(); err != nil {
		say("rewind", s.Rewind, "write a time up to 12h, such as 10m or 2h, or 0")
	}
	if d, err := time.ParseDuration(s.Latency); err != nil || d < channel.LatencyMin || d > channel.LatencyMax {
		say("latency", s.Latency, "write a time from 2s to 10s, such as 3s or 4.5s")
	}
	for name, n := range map[string]int{"keep_days": s.KeepDays, "keep_gb": s.KeepGB, "upload_gb": s.UploadGB, "upload_channel_gb": s.UploadChannelGB} {
		if n < 0 || n > keepMost {
			say(name, strconv.Itoa(n), "write a number from 0 (no bound) to 1000000")
		}
	}
	for name, n := range map[string]int{
		"held_reloads": s.HeldReloads, "held_reloads_per_ip": s.HeldReloadsPerIP,
		"viewers_per_ip": s.ViewersPerIP, "joins_per_minute": s.JoinsPerMinute, "turn_mbit": s.TURNMbit,
	} {
		if n < 1 {
			say(name, strconv.Itoa(n), "write a number above 0")
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(wrong...)
}

// checkPublishers looks at what publishers use.
func (s *Settings) checkPublishers(say func(name, value, remedy string)) {
	if s.RTMPS != turnOff && (s.TLSCert == "" || s.TLSKey == "") {
		say("rtmps", s.RTMPS, "RTMP over TLS needs a certificate: set tls_cert and tls_key, or rtmps to \"off\"")
	}
	if s.SRTLatency < srtLatencyMin || s.SRTLatency > srtLatencyMax {
		say("srt_latency", strconv.Itoa(s.SRTLatency), fmt.Sprintf("write milliseconds, %d to %d", srtLatencyMin, srtLatencyMax))
	}
	if n := len(s.SRTPassphrase); s.SRTPassphrase != "" && s.SRTPassphrase != turnOff && (n < srtPassphraseMin || n > srtPassphraseMax) {
		say("srt_passphrase", "(hidden)", fmt.Sprintf("write %d to %d characters, or \"off\"", srtPassphraseMin, srtPassphraseMax))
	}
	if d, err := s.reconnectWindow(); err != nil || d < reconnectMin || d > reconnectMax {
		say("reconnect_window", s.ReconnectWindow, fmt.Sprintf("write a time such as 90s or 5m, %v to %v", reconnectMin, reconnectMax))
	}
}

// reconnectWindow reads a time; a bare number is seconds.
func (s *Settings) reconnectWindow() (time.Duration, error) {
	if n, err := strconv.Atoi(s.ReconnectWindow); err == nil {
		return time.Duration(min(n, int(reconnectMax/time.Second)+1)) * time.Second, nil
	}
	return time.ParseDuration(s.ReconnectWindow)
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err
}

// publicURL returns how viewers reach a server that listens on address, without a closing slash.
func (s *Settings) publicURL(address string) string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	host, port, err := net.SplitHostPort(address)
	if ip, ipErr := netip.ParseAddr(host); err != nil || ipErr != nil || ip.IsUnspecified() || ip.IsLoopback() && ip.Is4() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// publicHost returns the public host with the port of address, which is left out if it is the usual one.
func publicHost(public, address, usualPort string) string {
	host := "localhost"
	if u, err := url.Parse(public); err == nil {
		host = u.Host
		if u.Port() != "" {
			host = strings.TrimSuffix(host, ":"+u.Port())
		}
	}
	if _, port, err := net.SplitHostPort(address); err == nil && port != usualPort {
		host += ":" + port
	}
	return host
}

// rtmpURL returns what publishers send to: the public host, and the port of address.
func rtmpURL(public, address string) string {
	return "rtmp://" + publicHost(public, address, "1935") + "/live"
}

// rtmpsURL is rtmpURL over TLS. Encoders take 443 for its usual port.
func rtmpsURL(public, address string) string {
	return "rtmps://" + publicHost(public, address, "443") + "/live"
}

// turnPorts returns the range of ports for relayed connections, or 0 and 0 for any.
func (s *Settings) turnPorts() (least, most int, err error) {
	if s.TURNPorts == "" {
		return 0, 0, nil
	}
	from, to, _ := strings.Cut(s.TURNPorts, "-")
	least, err = strconv.Atoi(from)
	if err == nil {
		most, err = strconv.Atoi(to)
	}
	if err == nil && (least < 1024 || most < least || most > 65535) {
		err = errors.New("not a range of ports")
	}
	return least, most, err
}

func (s *Settings) publicIPs() []netip.Addr {
	var ips []netip.Addr
	for _, text := range s.PublicIP {
		if ip, err := netip.ParseAddr(text); err == nil { // check has named the others
			ips = append(ips, ip)
		}
	}
	return ips
}

func (s *Settings) trustedProxies() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range s.TrustedProxies {
		if network, err := netip.ParsePrefix(text); err == nil { // check has named the others
			networks = append(networks, network.Masked())
		}
	}
	return networks
}

// privateNames returns the channels that want a pass.
func (s *Settings) privateNames() []id.Name {
	var names []id.Name
	for _, text := range s.Private {
		if name, err := id.ParseName(text); err == nil { // check has named the others
			names = append(names, name)
		}
	}
	return names
}

// noSites is the value of Sites that keeps all other sites out.
const noSites = "none"

// sites returns the hosts of other sites that are admitted, as patterns.
func (s *Settings) sites() []string {
	return slices.DeleteFunc(slices.Clone(s.Sites), func(site string) bool { return site == noSites })
}

func (s *Settings) logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil { // kong's enum admits only levels
		return slog.LevelInfo
	}
	return level
}
