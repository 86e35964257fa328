package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"runtime/debug"
)

type serveCommand struct {
	place    `embed:""`
	Settings `embed:""`
}

// gcPercent is how much garbage may lie about, in percent of what is in use: less than Go's own 100, for what 20,000 connections have
// in use in the HTTP server is 260 MB. GOGC in the environment wins.
const gcPercent = 40

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, w world) (err error) {
	if err := c.check(); err != nil {
		return &misuseError{err}
	}
	log := c.logger(w.err)
	for _, strange := range strangeVariables(os.Environ()) {
		log.Warn(strange)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	h, err := build(ctx, c.Data, c.Settings, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	at := h.addresses()
	if u, err := url.Parse(at.Public); err == nil && u.Scheme == "http" && u.Hostname() != "localhost" {
		log.Warn("without HTTPS browsers on other machines play, but cannot share: docs/operating.md says how to put it in front", "public_url", at.Public)
	}
	log.Info("serving", "version", version, "pages", at.Public, "publish_to", at.RTMP, "data", c.Data)
	return h.Run(ctx, w.reload)
}
