package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/record"
	"shoal/server/store/sqlite"
)

// channelCommand are the tools for channels. They work on the data directory itself, beside a running server or without one.
type channelCommand struct {
	Add    channelAdd    `cmd:"" help:"Add a channel, and print how to publish to it."`
	List   channelList   `cmd:"" help:"List the channels."`
	NewKey channelNewKey `cmd:"" name:"new-key" aliases:"rekey" help:"Replace a channel's stream key. The old one admits nobody from then on, and whoever publishes with it is cut within two seconds."`
	Remove channelRemove `cmd:"" help:"Remove a channel: nobody can publish to it or watch it any more. Its recordings are kept unless you say otherwise."`
	Set    channelSet    `cmd:"" help:"Give a channel settings of its own, such as record=off rewind=2h."`
	Show   channelShow   `cmd:"" help:"Show where to publish to a channel and to watch it, its settings, and whose they are."`
	Pass   channelPass   `cmd:"" help:"Make a pass to a private channel (--private), and print the link that holds it."`
	Health channelHealth `cmd:"" help:"Say how a channel's stream comes in, and what to do about it."`
}

// channelSettings is what each of the tools takes.
type channelSettings struct {
	place    `embed:""`
	Settings `embed:""`
	JSON     bool `name:"json" help:"Print JSON."`
}

// registry opens the channels of the data directory, which is made only if make says so: a misspelt one must not look like
// a server without channels. The caller closes them.
func (c *channelSettings) registry(ctx context.Context, make bool) (r *channelTools, done func() error, err error) {
	if err := c.check(); err != nil {
		return nil, nil, &misuseError{err}
	}
	_, none := os.Stat(filepath.Join(c.Data, sqlite.File))
	fresh := errors.Is(none, fs.ErrNotExist)
	if fresh && !make {
		return nil, nil, &misuseError{fmt.Errorf("%s is no data directory: give the one that the server has in --data", c.whole())}
	}
	if err := makeDataDir(c.Data); err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, c.Data)
	if err != nil {
		return nil, nil, err
	}
	r = &channelTools{fresh: fresh}
	if r.secret, err = channel.OpenSecret(c.Data); err == nil {
		r.Registry, err = channel.Open(ctx, channel.Config{Rows: store, Secret: r.secret})
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return r, store.Close, nil
}

// channelTools are the channels of a data directory, and its secret.
type channelTools struct {
	*channel.Registry
	secret channel.Secret
	fresh  bool // the directory was made for them, or was empty
}

// whole is the data directory with its whole path: a mistaken one often is a relative one.
func (c *channelSettings) whole() string {
	path, err := filepath.Abs(c.Data)
	if err != nil {
		return c.Data
	}
	return path
}

type channelAdd struct {
	Name            string   `arg:"" help:"Name in links: a-z, 0-9, - and _."`
	Changes         []string `arg:"" optional:"" name:"key=value" help:"Settings of its own, as channel set takes them: sharing=off, record=off."`
	channelSettings `embed:""`
}

// Run adds the channel.
func (c *channelAdd) Run(ctx context.Context, w world) (err error) {
	changes, err := changesIn(c.Changes)
	if err != nil {
		return err
	}
	if _, err := (channel.Settings{}).With(changes); err != nil { // before there is a channel
		return &misuseError{err}
	}
	if _, err := channel.ParseName(c.Name); err != nil { // before there is a data directory
		return &misuseError{err}
	}
	registry, done, err := c.registry(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	added, key, err := registry.Add(ctx, c.Name)
	if errors.Is(err, channel.ErrTaken) {
		return fmt.Errorf("%w: choose another, or draw a new stream key for it with `shoal channel new-key %s`", err, c.Name)
	}
	if err != nil {
		return err
	}
	if _, err := registry.Change(ctx, added.ID, changes); err != nil {
		return fmt.Errorf("the channel is added, but has no settings of its own yet: %w: `shoal channel set %s` gives it some, `shoal channel new-key %s` a stream key", err, added.Name, added.Name)
	}
	if registry.fresh {
		fmt.Fprintf(w.err, "%s is a new data directory. `shoal serve --data %s` serves it; if a server runs with another one, it does not know this channel: add it again with that one in --data.\n",
			c.whole(), c.Data)
	}
	return c.print(ctx, w, added.Name, key, registry.secret)
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
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	name := found.Name
	key, err := registry.RotateKey(ctx, found.ID)
	if err != nil {
		return err
	}
	return c.print(ctx, w, name, key, registry.secret)
}

type channelRemove struct {
	Name             string `arg:"" help:"Name of the channel."`
	DeleteRecordings bool   `name:"delete-recordings" help:"Delete its recordings and clips, too."`
	channelSettings  `embed:""`
}

// Run removes the channel. A running server cuts its publisher within two seconds.
func (c *channelRemove) Run(ctx context.Context, w world) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	if err := registry.Remove(ctx, found.ID); err != nil {
		return err
	}
	kept := filepath.Join(c.Data, recordingsDir, found.ID.String())
	says := "Its recordings, if it has any, stay in " + kept + "; nobody can watch them there."
	if c.DeleteRecordings {
		if err := record.DeleteChannel(filepath.Join(c.Data, recordingsDir), found.ID); err != nil {
			return fmt.Errorf("the channel is removed, but its recordings cannot be deleted: %w: delete %s yourself", err, kept)
		}
		says = "Its recordings are deleted; of a broadcast that was running, once it has ended."
	}
	if c.JSON {
		return json.NewEncoder(w.out).Encode(map[string]any{"removed": found.Name, "recordings_deleted": c.DeleteRecordings})
	}
	_, err = fmt.Fprintf(w.out, "Channel %s is removed. Its stream key and its links are of no use any more.\n%s\n", found.Name, says)
	return err
}

// named returns the channel of a name that was typed.
func (t *channelTools) named(ctx context.Context, typed string) (channel.Channel, error) {
	name, err := id.ParseName(typed)
	if err != nil {
		return channel.Channel{}, fmt.Errorf("%q is not a channel name: `shoal channel list` shows them", typed)
	}
	found, err := t.ByName(ctx, name)
	if err != nil {
		return channel.Channel{}, fmt.Errorf("channel %s: %w: `shoal channel list` shows them", name, err)
	}
	return found, nil
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
			rows = append(rows, row{ch.Name, ch.ID.String(), ch.Created, c.addresses().Public + "/c/" + string(ch.Name)})
		}
		return json.NewEncoder(w.out).Encode(rows)
	}
	if len(channels) == 0 {
		_, err := fmt.Fprintf(w.out, "There is no channel yet. Add one: shoal channel add NAME --data %s\n", c.Data)
		return err
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, ch := range channels {
		fmt.Fprintf(table, "%s\t%s\t%s\n", ch.Name, ch.Created.Local().Format(time.DateTime), c.addresses().Public+"/c/"+string(ch.Name))
	}
	return table.Flush()
}
