package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
		choices, err := c.choicesOf(ctx, registry, found.Name, s)
		if err != nil {
			return err
		}
		return c.printChoices(w, choices)
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
