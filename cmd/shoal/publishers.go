package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/ingest/gate"
	"shoal/server/ingest/rtmp"
	"shoal/server/ingest/srt"
)

// openPublishers makes the doors of publishers, which all ask the conductor and count together.
func (h *house) openPublishers(secret channel.Secret) error {
	h.visitors = new(gate.Visitors)
	door := publishersDoor{h.live}
	h.rtmp = &rtmp.Server{Listener: h.doors.rtmp, Door: door, Visitors: h.visitors, Meter: h.metrics, Log: h.log}
	if h.doors.rtmps != nil {
		h.rtmps = &rtmp.Server{Listener: h.doors.rtmps, Secure: true, Door: door, Visitors: h.visitors, Meter: h.metrics, Log: h.log}
	}
	if h.doors.srt != nil {
		passphrase, err := srtPassphrases(secret, h.settings.SRTPassphrase)
		if err != nil {
			return err
		}
		h.srt = &srt.Server{
			Socket: h.doors.srt, Door: door, Visitors: h.visitors, Meter: h.metrics, Log: h.log,
			Latency: time.Duration(h.settings.SRTLatency) * time.Millisecond, Passphrase: passphrase,
		}
	}
	var err error
	h.whip, err = h.settings.openWHIP(door, h)
	return err
}

// publishers are the tasks of the doors that are open.
func (h *house) publishers() []task {
	tasks := []task{{"RTMP", h.rtmp.Run}}
	if h.rtmps != nil {
		tasks = append(tasks, task{"RTMPS", h.rtmps.Run})
	}
	if h.srt != nil {
		tasks = append(tasks, task{"SRT", h.srt.Run})
	}
	if h.whip != nil {
		tasks = append(tasks, task{"WHIP", h.whip.Run})
	}
	return tasks
}

// srtPassphrases returns what publishers encrypt with. By default each stream key has its own, made of it and of the data
// directory's secret: the key crosses the line in the clear, in the stream id, and does not tell it.
func srtPassphrases(secret channel.Secret, setting string) (func(key string) string, error) {
	switch setting {
	case turnOff:
		return func(string) string { return "" }, nil
	case "":
	default:
		return func(string) string { return setting }, nil
	}
	of, err := derive(secret, "srt passphrase")
	if err != nil {
		return nil, err
	}
	const size = 18 // bytes: 24 characters
	return func(key string) string {
		mac := hmac.New(sha256.New, of)
		_, _ = mac.Write([]byte(key)) // a hash never fails
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:size])
	}, nil
}

// operatorToken opens what only the operator may ask over HTTP: who can read the data directory can make it.
func operatorToken(secret channel.Secret) (string, error) {
	token, err := derive(secret, "operator")
	return hex.EncodeToString(token), err
}

// srtURL is everything that an encoder needs, in one address. Its latency is in microseconds, as OBS and ffmpeg read it.
func srtURL(at addresses, name id.Name, key, passphrase string) string {
	u := "srt://" + at.SRT + "?mode=caller&latency=" + strconv.Itoa(at.SRTLatency*int(time.Millisecond/time.Microsecond)) +
		"&streamid=publish:" + string(name) + ":" + key
	if passphrase != "" {
		u += "&pbkeylen=16&passphrase=" + url.QueryEscape(passphrase)
	}
	return u
}

// reachable is an address of this machine for one that a server listens on.
func reachable(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsUnspecified() {
		return address
	}
	return net.JoinHostPort("localhost", strconv.Itoa(int(at.Port())))
}
