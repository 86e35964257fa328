package main

import (
	"context"
	_ "embed" // the clip
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/ingest/loop"
	"shoal/server/live"
)

// clip is what the demo channel plays: made by demo/make-clip.sh.
//
//go:embed demo/clip.mp4
var clip []byte

const (
	demoChannel id.Name = "demo"
	// demoKeepGB bounds what a demo that is left alone writes to a directory of the system's.
	demoKeepGB = 2
	// demoReadyWithin is how long the link waits for the first part, which is there in about a second.
	demoReadyWithin = 10 * time.Second
)

type demoCommand struct {
	Data     string `name:"data" placeholder:"DIR" env:"SHOAL_DATA" help:"Data directory. Default: one that is deleted afterwards."`
	Config   string `name:"config" placeholder:"FILE" env:"SHOAL_CONFIG" help:"Settings. Default: shoal.toml in the data directory."`
	Settings `embed:""`
}

func (c *demoCommand) where() place { return place{Data: c.Data, Config: c.Config} }

// Run plays the demo channel until ctx ends.
func (c *demoCommand) Run(ctx context.Context, w world) (err error) {
	if err := c.check(); err != nil {
		return &misuseError{err}
	}
	if c.LogLevel == "info" { // the link should stand alone
		c.LogLevel = "warn"
	}
	if c.Ladder == ladderAuto { // its viewers are on this machine, too, and need it
		c.Ladder = "off"
	}
	c.SharePreset = true
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "shoal-demo-*"); err != nil {
			return fmt.Errorf("there is no room for the demo: %w: name a directory with --data", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		c.KeepGB = min(c.KeepGB, demoKeepGB)
	}
	h, err := c.build(ctx, dir, c.logger(w.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	played, err := loop.Read(clip)
	if err != nil {
		return fmt.Errorf("the demo's clip: %w", err)
	}
	at, err := h.demoChannel(ctx)
	if err != nil {
		return err
	}
	return h.Run(ctx, w.reload,
		task{"the demo's publisher", func(ctx context.Context) error { return h.play(ctx, played, at) }},
		task{"the demo's link", func(ctx context.Context) error { return h.printLink(ctx, w) }},
	)
}

// build takes other ports than the usual ones where these are in use.
func (c *demoCommand) build(ctx context.Context, dir string, log *slog.Logger) (*house, error) {
	s := c.Settings
	for _, port := range []struct {
		address *string
		usual   string
	}{{&s.HTTP, ":8080"}, {&s.RTMP, ":1935"}, {&s.TURN, ":3478"}, {&s.WHIP, ":8189"}} {
		if *port.address == port.usual && inUse(port.usual) {
			*port.address = ":0"
		}
	}
	return build(ctx, dir, s, log)
}

// inUse reports whether somebody listens on an address, by TCP or UDP. Another program may take it right after: build
// then says so.
func inUse(address string) bool {
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	_ = tcp.Close() // nothing was connected
	udp, err := net.ListenPacket("udp", address)
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	_ = udp.Close() // nothing was heard
	return false
}

// demoChannel returns the demo's channel, which is there already if the directory was used before.
func (h *house) demoChannel(ctx context.Context) (live.Channel, error) {
	c, err := h.channels.ByName(ctx, demoChannel)
	if errors.Is(err, channel.ErrNotFound) {
		c, _, err = h.channels.Add(ctx, string(demoChannel))
	}
	return live.Channel{ID: c.ID, Name: c.Name}, err
}

// play publishes the clip as any publisher would.
func (h *house) play(ctx context.Context, played *loop.Clip, at live.Channel) error {
	sink, leave, err := h.live.Start(ctx, at, "the demo's clip")
	if err != nil {
		return err
	}
	err = ignoreCancel(played.Play(ctx, sink))
	leave(err)
	return err
}

// printLink prints the link when there is something to see behind it, and waits with it.
func (h *house) printLink(ctx context.Context, w world) error {
	ready, stop := context.WithTimeout(ctx, demoReadyWithin)
	defer stop()
	for range time.Tick(50 * time.Millisecond) {
		if _, err := h.origin.Master(ready, demoChannel); err == nil || ready.Err() != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	fmt.Fprintf(w.out, "\n  Shoal is playing. Open\n\n      %s/c/%s\n\n  and a second tab of it: say yes to sharing in both. Ctrl-C ends it.\n\n",
		h.addresses().Public, demoChannel)
	<-ctx.Done()
	return nil
}
