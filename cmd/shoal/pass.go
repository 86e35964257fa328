package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/rights"
)

// passes are those of one data directory.
func passes(secret channel.Secret, private []id.Name) (*rights.Passes, error) {
	key, err := derive(secret, "pass")
	if err != nil {
		return nil, err
	}
	return rights.New(key, private, nil), nil
}

// passMax is how long a pass may hold: nobody can take it back.
const passMax = 366 * 24 * time.Hour

type channelPass struct {
	Name            string        `arg:"" help:"Name of the channel."`
	For             time.Duration `name:"for" default:"24h" placeholder:"TIME" help:"How long it admits, such as 90m or 48h. Default: ${default}."`
	channelSettings `embed:""`
}

// Run prints a pass to a private channel.
func (c *channelPass) Run(ctx context.Context, w world) (err error) {
	if c.For < time.Second || c.For > passMax {
		return &misuseError{fmt.Errorf("--for is %v: write a time from 1s to %v", c.For, passMax)}
	}
	registry, done, err := c.registry(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	found, err := registry.named(ctx, c.Name)
	if err != nil {
		return err
	}
	p, err := passes(registry.secret, nil)
	if err != nil {
		return err
	}
	until := time.Now().Add(c.For)
	pass := p.Issue(found.Name, until)
	link := c.addresses().Public + "/c/" + string(found.Name) + "?token=" + pass
	if c.JSON {
		return json.NewEncoder(w.out).Encode(struct {
			Channel id.Name   `json:"channel"`
			Pass    string    `json:"pass"`
			Until   time.Time `json:"until"`
			Watch   string    `json:"watch_url"`
		}{found.Name, pass, until.UTC().Truncate(time.Second), link})
	}
	_, err = fmt.Fprintf(w.out, "Pass   %s\nLink   %s\nUntil  %s. Whoever has it can watch; it cannot be taken back.\n", pass, link, until.Format(time.DateTime))
	if err == nil && !slices.Contains(c.privateNames(), found.Name) {
		_, err = fmt.Fprintf(w.err, "By the settings that this command has, %s is not private: anyone may watch it. Write private = [%q] into shoal.toml.\n", found.Name, found.Name)
	}
	return err
}
