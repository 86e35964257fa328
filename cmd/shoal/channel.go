package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/store/sqlite"
)

// channelCommand are the tools for channels. They work on the data directory itself, beside a running server or without one.
type channelCommand struct {
	Add    channelAdd    `cmd:"" help:"Add a channel, and print how to publish to it."`
	List   channelList   `cmd:"" help:"List the channels."`
	NewKey channelNewKey `cmd:"" name:"new-key" help:"Replace a channel's stream key. The old one admits nobody from then on."`
	Pass   channelPass   `cmd:"" help:"Make a pass to a private channel (--private), and print the link that holds it."`
}

// channelSettings is what each of the tools takes.
type channelSettings struct {
	place    `embed:""`
	Settings `embed:""`
	JSON     bool `name:"json" help:"Print JSON."`
}

// registry opens the channels of the data directory, which is made only if make says so: a misspelt one must not look like
// a server without channels. The caller closes them.
func (c *channelSettings) registry(ctx context.Context, make bool) (r *channel.Registry, done func() error, err error) {
	if err := c.check(); err != nil {
		return nil, nil, &misuseError{err}
	}
	if _, err := os.Stat(c.Data); !make && errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &misuseError{fmt.Errorf("there is no data directory %s: give the one that the server has in --data", c.Data)}
	}
	if err := makeDataDir(c.Data); err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, c.Data)
	if err != nil {
		return nil, nil, err
	}
	secret, err := channel.OpenSecret(c.Data)
	if err == nil {
		r, err = channel.Open(ctx, channel.Config{Rows: store, Secret: secret})
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return r, store.Close, nil
}

// card is how to publish to a channel, and how to watch it.
type card struct {
	Channel   id.Name `json:"channel"`
	StreamKey string  `json:"stream_key"`
	RTMP      string  `json:"rtmp_url"`
	Watch     string  `json:"watch_url"`
	HLS       string  `json:"hls_url"`
	WHIP      string  `json:"whip_url"`
	Live      string  `json:"live_url"`
}

// card describes a channel by the addresses of the server that runs here, or ran here last; without one, by the settings.
func (c *channelSettings) card(name id.Name, key string) card {
	at, ok := savedAddresses(c.Data)
	if !ok {
		at.Public = c.publicURL(c.HTTP)
		at.RTMP = rtmpURL(at.Public, c.Settings.RTMP)
	}
	return card{
		Channel: name, StreamKey: key, RTMP: at.RTMP,
		Watch: at.Public + "/c/" + string(name), HLS: at.Public + "/hls/" + string(name) + "/master.m3u8",
		WHIP: at.Public + "/whip/" + string(name), Live: at.Public + "/live#" + url.Values{"channel": {string(name)}, "key": {key}}.Encode(),
	}
}

// print writes the card as JSON or for people.
func (c *channelSettings) print(w world, k card) error {
	if c.JSON {
		return json.NewEncoder(w.out).Encode(k)
	}
	_, err := fmt.Fprintf(w.out, `Channel %s is ready.

In OBS: Settings > Stream > Service: Custom
  Server      %s
  Stream key  %s
and Settings > Output > Keyframe interval: 2 s

With ffmpeg:
  ffmpeg -re -i FILE -c:v libx264 -preset veryfast -g 60 -c:a aac -f flv %[2]s/%[3]s

With a browser, its camera or screen (the link holds the stream key):
  %[6]s

Watch it
  in a browser      %[4]s
  in other players  %[5]s

This is the only time the stream key is shown: whoever has it can publish.
`, k.Channel, k.RTMP, k.StreamKey, k.Watch, k.HLS, k.Live)
	return err
}

type channelAdd struct {
	Name            string `arg:"" help:"Name in links: a-z, 0-9, - and _."`
	channelSettings `embed:""`
}

// Run adds the channel.
func (c *channelAdd) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	added, key, err := registry.Add(ctx, c.Name)
	if errors.Is(err, channel.ErrTaken) {
		return fmt.Errorf("%w: choose another, or draw a new stream key for it with `shoal channel new-key %s`", err, c.Name)
	}
	if errors.Is(err, channel.ErrInvalid) {
		return &misuseError{err}
	}
	if err != nil {
		return err
	}
	return c.print(w, c.card(added.Name, key))
}

type channelNewKey struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run replaces the key.
func (c *channelNewKey) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	name, err := id.ParseName(c.Name)
	if err != nil {
		return fmt.Errorf("%q is not a channel name: `shoal channel list` shows them", c.Name)
	}
	found, err := registry.ByName(ctx, name)
	if err != nil {
		return fmt.Errorf("channel %s: %w: `shoal channel list` shows them", name, err)
	}
	key, err := registry.RotateKey(ctx, found.ID)
	if err != nil {
		return err
	}
	return c.print(w, c.card(name, key))
}

type channelList struct {
	channelSettings `embed:""`
}

// Run lists the channels.
func (c *channelList) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	channels, err := registry.List(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		type row struct {
			Channel id.Name   `json:"channel"`
			ID      string    `json:"id"`
			Created time.Time `json:"created"`
			Watch   string    `json:"watch_url"`
		}
		rows := make([]row, 0, len(channels))
		for _, ch := range channels {
			rows = append(rows, row{ch.Name, ch.ID.String(), ch.Created, c.card(ch.Name, "").Watch})
		}
		return json.NewEncoder(w.out).Encode(rows)
	}
	if len(channels) == 0 {
		_, err := fmt.Fprintf(w.out, "There is no channel yet. Add one: shoal channel add NAME --data %s\n", c.Data)
		return err
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, ch := range channels {
		fmt.Fprintf(table, "%s\t%s\t%s\n", ch.Name, ch.Created.Local().Format(time.DateTime), c.card(ch.Name, "").Watch)
	}
	return table.Flush()
}
