package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"shoal/id"
	"shoal/server/channel"
)

type channelSet struct {
	Name            string   `arg:"" help:"Name of the channel."`
	Changes         []string `arg:"" name:"key=value" help:"What to change: record=off, rewind=2h, keep_days=7. Nothing behind = leaves it to the server's flag again."`
	channelSettings `embed:""`
}

// Run changes settings of the channel. A running server follows within two seconds, or with the next broadcast.
func (c *channelSet) Run(ctx context.Context, w world) (err error) {
	changes, err := changesIn(c.Changes)
	if err != nil {
		return err
	}
	return c.withChannel(ctx, c.Name, func(registry *channelTools, found channel.Channel) error {
		s, err := registry.Change(ctx, found.ID, changes)
		if errors.Is(err, channel.ErrSetting) {
			return &misuseError{err}
		}
		if err != nil {
			return err
		}
		return c.printChoices(w, found.Name, s)
	})
}

// changesIn reads settings as they are typed.
func changesIn(pairs []string) (map[string]string, error) {
	changes := make(map[string]string)
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if _, twice := changes[key]; !ok || twice {
			return nil, &misuseError{fmt.Errorf("%q: write each setting once, as KEY=VALUE, such as record=off", pair)}
		}
		changes[key] = value
	}
	return changes, nil
}

type channelShow struct {
	Name            string `arg:"" help:"Name of the channel."`
	channelSettings `embed:""`
}

// Run prints the settings of the channel.
func (c *channelShow) Run(ctx context.Context, w world) error {
	return c.withChannel(ctx, c.Name, func(registry *channelTools, found channel.Channel) error {
		s, err := registry.Settings(ctx, found.ID)
		if err != nil {
			return err
		}
		return c.printChoices(w, found.Name, s)
	})
}

// withChannel hands a channel of the data directory to do.
func (c *channelSettings) withChannel(ctx context.Context, name string, do func(*channelTools, channel.Channel) error) (err error) {
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, name)
	if err != nil {
		return err
	}
	return do(registry, found)
}

// printChoices writes a channel's settings as they are in force, and whose they are: of the server's, what this command knows.
func (c *channelSettings) printChoices(w world, name id.Name, s channel.Settings) error {
	server, err := c.spelled()
	if err != nil {
		return err
	}
	if c.JSON {
		own, chosen := make(map[string]string), make(map[string]string)
		for _, key := range channel.SettingKeys() {
			if value, ok := s.Own(key); ok {
				own[key] = value
			}
			if value, ok := s.Chosen(key); ok {
				chosen[key] = value
			}
		}
		return json.NewEncoder(w.out).Encode(struct {
			Channel id.Name           `json:"channel"`
			Own     map[string]string `json:"own"`
			Chosen  map[string]string `json:"streamer"`
			Server  map[string]string `json:"server"`
		}{name, own, chosen, server})
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, key := range channel.SettingKeys() {
		value, of := s.Value(key, server[key]), "the server's"
		if _, own := s.Own(key); own {
			of = "its own"
		}
		if chosen, is := s.Chosen(key); is && chosen == value {
			of = "the streamer's"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\ttakes effect %s\n", key, value, of, channel.TakesEffect(key))
	}
	return table.Flush()
}

// spelled is what the server has, as far as this command knows, each as `channel set` takes it.
func (c *channelSettings) spelled() (map[string]string, error) {
	all, err := c.forChannels()
	if err == nil && all.On(channel.Ladder, false) {
		all, err = all.With(map[string]string{channel.Ladder: c.Ladder}) // and not merely that there is one
	}
	if err != nil {
		return nil, err
	}
	server := make(map[string]string)
	for _, key := range channel.SettingKeys() {
		server[key], _ = all.Own(key)
	}
	return server, nil
}
