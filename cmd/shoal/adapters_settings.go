package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/bus/local"
	"shoal/server/channel"
	"shoal/server/event"
	"shoal/server/live"
	"shoal/server/record"
	"shoal/server/tracker"
)

const (
	// settingsAgain is how often the channels' settings are read again: the command line changes them beside the server.
	settingsAgain = time.Second
	// settingsWithin is how long that may take. A store that does not answer changes nothing.
	settingsWithin = 5 * time.Second
)

// ways is how each channel is to be treated: by its own settings, else by the server's. Nobody waits for it.
type ways struct {
	registry *channel.Registry
	server   channel.Settings // has all
	facts    *local.Bus
	log      *slog.Logger
	all      atomic.Pointer[map[id.Channel]channel.Settings]
}

// forChannels is what settings that were checked say of every channel that has none of its own.
func (s *Settings) forChannels() (channel.Settings, error) {
	window, err := s.reconnectWindow()
	if err != nil {
		return channel.Settings{}, err
	}
	laddered := recordOn
	if s.Ladder == "" || s.Ladder == turnOff {
		laddered = turnOff
	}
	return channel.Settings{}.With(map[string]string{
		channel.Record: s.Record, channel.Rewind: s.rewindWindow().String(), channel.KeepDays: strconv.Itoa(s.KeepDays), channel.KeepGB: strconv.Itoa(s.KeepGB),
		channel.Clips: s.Clips, channel.Download: s.Download, channel.Ladder: laddered, channel.Return: window.String(), channel.Latency: s.Latency, channel.Sharing: s.Sharing,
	})
}

func openWays(ctx context.Context, registry *channel.Registry, s Settings, facts *local.Bus, log *slog.Logger) (*ways, error) {
	server, err := s.forChannels()
	if err != nil {
		return nil, err
	}
	w := &ways{registry: registry, server: server, facts: facts, log: log}
	return w, w.read(ctx)
}

func (w *ways) read(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, settingsWithin)
	defer stop()
	all, err := w.registry.AllSettings(ctx)
	if err != nil {
		return err
	}
	before := w.all.Swap(&all)
	for ch := range all {
		if before != nil && w.Shares(ch) != w.shares((*before)[ch]) {
			w.facts.Publish(event.SharingSet{Channel: ch})
		}
	}
	return nil
}

// Run reads the settings again and again until ctx is done.
func (w *ways) Run(ctx context.Context) error {
	again := time.NewTicker(settingsAgain)
	defer again.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
			err := w.read(ctx)
			if err != nil && !told && ctx.Err() == nil {
				w.log.Error("the channels' settings cannot be read: they stay as they were", "err", err)
			}
			told = err != nil
		}
	}
}

func (w *ways) of(ch id.Channel) channel.Settings { return (*w.all.Load())[ch] }

var (
	_ record.Channels  = (*ways)(nil)
	_ live.Ways        = (*ways)(nil)
	_ api.Ways         = (*ways)(nil)
	_ tracker.Channels = (*ways)(nil)
)

// on and lasting are a setting of a channel in force.
func (w *ways) on(ch id.Channel, key string) bool {
	return w.of(ch).On(key, w.server.On(key, false))
}

func (w *ways) lasting(ch id.Channel, key string) time.Duration {
	return w.of(ch).Time(key, w.server.Time(key, 0))
}

// Keeping is of record.Channels.
func (w *ways) Keeping(ch id.Channel) record.Keeping {
	s := w.of(ch)
	return record.Keeping{
		Keep: w.on(ch, channel.Record), Rewind: w.lasting(ch, channel.Rewind), Days: s.Number(channel.KeepDays, w.server.Number(channel.KeepDays, 0)),
		Bytes: int64(s.Number(channel.KeepGB, 0)) * 1_000_000_000, // the server's is of all channels together
	}
}

// Idle is of live.Ways.
func (w *ways) Idle(ch id.Channel) time.Duration { return w.lasting(ch, channel.Return) }

// Laddered is of live.Ways.
func (w *ways) Laddered(ch id.Channel) bool { return w.of(ch).On(channel.Ladder, true) }

// Recorded is of api.Ways.
func (w *ways) Recorded(ch id.Channel) bool { return w.on(ch, channel.Record) }

// Clips is of api.Ways.
func (w *ways) Clips(ch id.Channel) bool { return w.on(ch, channel.Clips) }

// Download is of api.Ways.
func (w *ways) Download(ch id.Channel) bool { return w.on(ch, channel.Download) }

// Latency is of api.Ways.
func (w *ways) Latency(ch id.Channel) time.Duration { return w.lasting(ch, channel.Latency) }

// Shares is of api.Ways and tracker.Channels.
func (w *ways) Shares(ch id.Channel) bool { return w.shares(w.of(ch)) }

func (w *ways) shares(s channel.Settings) bool {
	return s.On(channel.Sharing, w.server.On(channel.Sharing, true))
}

// Rewind is of api.Ways.
func (w *ways) Rewind(ch id.Channel) time.Duration { return w.lasting(ch, channel.Rewind) }
