package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"shoal/id"
	"shoal/server/channel"
)

// card is how to publish to a channel, and how to watch it.
type card struct {
	Channel   id.Name `json:"channel"`
	StreamKey string  `json:"stream_key,omitempty"` // "": it is not known any more
	RTMP      string  `json:"rtmp_url"`
	RTMPS     string  `json:"rtmps_url,omitempty"` // where it is on
	SRT       string  `json:"srt_url,omitempty"`   // where it is on; complete, with key and passphrase, if the key is known
	WHIP      string  `json:"whip_url"`            // the stream key is its bearer token
	Watch     string  `json:"watch_url"`
	HLS       string  `json:"hls_url"`
	Live      string  `json:"live_url"`
	Settings  string  `json:"settings_url"`
}

// addresses are those of the server that runs here, or ran here last; without one, those of the settings.
func (c *channelSettings) addresses() addresses {
	if at, ok := savedAddresses(c.Data); ok {
		return at
	}
	at := addresses{Public: c.publicURL(c.HTTP)}
	at.RTMP = rtmpURL(at.Public, c.Settings.RTMP)
	if c.Settings.RTMPS != turnOff {
		at.RTMPS = rtmpsURL(at.Public, c.Settings.RTMPS)
	}
	if c.Settings.SRT != turnOff {
		at.SRT, at.SRTLatency, at.SRTPassphrase = publicHost(at.Public, c.Settings.SRT, ""), c.SRTLatency, c.SRTPassphrase
	}
	return at
}

// card describes a channel; key is "" if it is not known any more.
func (c *channelSettings) card(name id.Name, key string, secret channel.Secret) (card, error) {
	at := c.addresses()
	fill := url.Values{"channel": {string(name)}}
	if key != "" {
		fill.Set("key", key)
	}
	filled := "#" + fill.Encode() // which browsers send to nobody
	k := card{
		Channel: name, StreamKey: key, RTMP: at.RTMP, RTMPS: at.RTMPS, WHIP: at.Public + "/whip/" + string(name),
		Watch: at.Public + "/c/" + string(name), HLS: at.Public + "/hls/" + string(name) + "/master.m3u8",
		Live: at.Public + "/live" + filled, Settings: at.Public + "/settings" + filled,
	}
	switch {
	case at.SRT == "":
	case key == "":
		k.SRT = "srt://" + at.SRT
	default:
		passphrase, err := srtPassphrases(secret, at.SRTPassphrase)
		if err != nil {
			return card{}, err
		}
		k.SRT = srtURL(at, name, key, passphrase(key))
	}
	return k, nil
}

// print writes the card of a new key as JSON or for people, with the addresses of a server that is just starting, too.
func (c *channelSettings) print(ctx context.Context, w world, name id.Name, key string, secret channel.Secret) error {
	doubts := c.doubts(awaitServer(ctx, c.Data, w.err), string(name))
	k, err := c.card(name, key, secret)
	if err != nil {
		return err
	}
	if err := c.printCard(w, k); err != nil {
		return err
	}
	_, err = io.WriteString(w.err, doubts) // behind the card, which would push them off a screen
	return err
}

func (c *channelSettings) printCard(w world, k card) error {
	if c.JSON {
		out := json.NewEncoder(w.out)
		out.SetEscapeHTML(false) // addresses are copied from it by hand, too
		return out.Encode(k)
	}
	more := ""
	if k.RTMPS != "" {
		more += fmt.Sprintf("\nOver TLS (RTMPS): the same with Server %s\n", k.RTMPS)
	}
	if k.SRT != "" {
		more += fmt.Sprintf("\nOver SRT (OBS: Server, with an empty Stream key; ffmpeg: -f mpegts):\n  %s\n", k.SRT)
	}
	_, err := fmt.Fprintf(w.out, `Channel %s is ready.

In OBS: Settings > Stream > Service: Custom
  Server      %s
  Stream key  %s
and Settings > Output > Keyframe interval: 2 s

With ffmpeg:
  ffmpeg -re -i FILE -c:v libx264 -preset veryfast -g 60 -c:a aac -f flv %[2]s/%[3]s
%[6]s
Over WHIP (OBS 30 and later: Service: WHIP):
  Server        %[7]s
  Bearer token  the stream key

With a browser, its camera or screen (the link holds the stream key):
  %[8]s

Its settings, such as what is kept and for how long (this link holds the key, too):
  %[9]s

Watch it
  in a browser      %[4]s
  in other players  %[5]s

This is the only time the stream key is shown: whoever has it can publish.
`, k.Channel, k.RTMP, k.StreamKey, k.Watch, k.HLS, more, k.WHIP, k.Live, k.Settings)
	return err
}
