package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Settings are what an operator may choose. Each is a flag, an environment variable (SHOAL_ and the name in capitals)
// and a key of shoal.toml (the name with _ for -); the flag wins over the environment, the environment over the file.
type Settings struct {
	HTTP      string   `name:"http" default:":8080" placeholder:"ADDR" env:"SHOAL_HTTP" group:"Addresses" help:"Address of pages, API and HLS. Default: ${default}."`
	RTMP      string   `name:"rtmp" default:":1935" placeholder:"ADDR" env:"SHOAL_RTMP" group:"Addresses" help:"Address that publishers (OBS, ffmpeg) send to. Default: ${default}."`
	TURN      string   `name:"turn" default:":3478" placeholder:"ADDR" env:"SHOAL_TURN" group:"Addresses" help:"Address of STUN and TURN, UDP and TCP; \"off\" leaves viewers without them. Default: ${default}."`
	PublicURL string   `name:"public-url" placeholder:"URL" env:"SHOAL_PUBLIC_URL" group:"Addresses" help:"How viewers reach this server, such as https://live.example.org. Default: http://localhost and the port of --http."`
	PublicIP  []string `name:"public-ip" placeholder:"IP" env:"SHOAL_PUBLIC_IP" group:"Addresses" help:"Addresses of this server as viewers see them, for TURN. Default: those of the network interfaces."`

	TURNPorts string `name:"turn-ports" placeholder:"MIN-MAX" env:"SHOAL_TURN_PORTS" group:"Addresses" help:"UDP ports of relayed connections, for a firewall, such as 50000-50500. Default: any."`

	SharePreset    bool     `name:"share-preset" env:"SHOAL_SHARE_PRESET" group:"Viewers" help:"Let ?share=yes in a link answer the sharing question, for kiosks and tests."`
	TrustedProxies []string `name:"trusted-proxies" default:"127.0.0.0/8,::1/128" placeholder:"CIDR" env:"SHOAL_TRUSTED_PROXIES" group:"Viewers" help:"Networks whose X-Forwarded-For is believed. Default: ${default}."`

	HeldReloads      int `name:"held-reloads" default:"20000" placeholder:"N" env:"SHOAL_HELD_RELOADS" group:"Limits" help:"Playlist and part requests held open at once, in all. Default: ${default}."`
	HeldReloadsPerIP int `name:"held-reloads-per-ip" default:"256" placeholder:"N" env:"SHOAL_HELD_RELOADS_PER_IP" group:"Limits" help:"The same, for one address (a school may be one). Default: ${default}."`
	ViewersPerIP     int `name:"viewers-per-ip" default:"256" placeholder:"N" env:"SHOAL_VIEWERS_PER_IP" group:"Limits" help:"Viewers connected to the tracker at once from one address. Default: ${default}."`
	JoinsPerMinute   int `name:"joins-per-minute" default:"600" placeholder:"N" env:"SHOAL_JOINS_PER_MINUTE" group:"Limits" help:"Viewers that may join a minute from one address. Default: ${default}."`
	TURNMbit         int `name:"turn-mbit" default:"100" placeholder:"N" env:"SHOAL_TURN_MBIT" group:"Limits" help:"Megabits per second that TURN may carry in all. Default: ${default}."`

	Record   string `name:"record" default:"on" enum:"on,off" env:"SHOAL_RECORD" group:"Recordings" help:"Keep broadcasts as recordings: on or off. Default: ${default}."`
	KeepDays int    `name:"keep-days" default:"30" placeholder:"N" env:"SHOAL_KEEP_DAYS" group:"Recordings" help:"Delete recordings after so many days; 0 keeps them. Default: ${default}."`
	KeepGB   int    `name:"keep-gb" default:"50" placeholder:"N" env:"SHOAL_KEEP_GB" group:"Recordings" help:"Delete the oldest recordings when all take more gigabytes; 0 sets no bound. Default: ${default}."`
	Rewind   string `name:"rewind" default:"10m" placeholder:"TIME" env:"SHOAL_REWIND" group:"Recordings" help:"How far back viewers of a running broadcast may go, such as 10m or 2h; 0 turns it off. Default: ${default}."`

	Clips    string `name:"clips" default:"on" enum:"on,off" env:"SHOAL_CLIPS" group:"Recordings" help:"Let viewers make clips of up to five minutes: on or off. Default: ${default}."`
	Download string `name:"download" default:"off" enum:"on,off" env:"SHOAL_DOWNLOAD" group:"Recordings" help:"Let viewers take recordings and clips away as MP4 files: on or off. Default: ${default}."`

	LogLevel  string `name:"log-level" default:"info" enum:"debug,info,warn,error" env:"SHOAL_LOG_LEVEL" group:"Logs" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" default:"text" enum:"text,json" env:"SHOAL_LOG_FORMAT" group:"Logs" help:"Form of the log: text or json."`
	AccessLog bool   `name:"access-log" env:"SHOAL_ACCESS_LOG" group:"Logs" help:"Log every HTTP request, without addresses of viewers."`
}

// turnOff is the value of TURN that leaves the relay out.
const turnOff = "off"

// check returns every wrong value at once, each with its remedy.
func (s *Settings) check() error {
	var wrong []error
	say := func(name, value, remedy string) {
		wrong = append(wrong, fmt.Errorf("%s is %q: %s", name, value, remedy))
	}
	for name, address := range map[string]string{"http": s.HTTP, "rtmp": s.RTMP, "turn": s.TURN} {
		if name == "turn" && address == turnOff {
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
	if _, _, err := s.turnPorts(); err != nil {
		say("turn_ports", s.TURNPorts, "write a range within 1024 to 65535, such as 50000-50500")
	}
	if _, err := s.rewind(); err != nil {
		say("rewind", s.Rewind, "write a time up to 12h, such as 10m or 2h, or 0")
	}
	for name, n := range map[string]int{"keep_days": s.KeepDays, "keep_gb": s.KeepGB} {
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

// rtmpURL returns what publishers send to: the public host, and the port of address.
func rtmpURL(public, address string) string {
	const usualPort = "1935"
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
	return "rtmp://" + host + "/live"
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

func (s *Settings) logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil { // kong's enum admits only levels
		return slog.LevelInfo
	}
	return level
}
