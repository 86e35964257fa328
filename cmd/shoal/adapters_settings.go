package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/channel"
	"shoal/server/live"
	"shoal/server/record"
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
	server   channelDefaults
	log      *slog.Logger
	all      atomic.Pointer[map[id.Channel]channel.Settings]
}

// channelDefaults is what the server's settings say of every channel.
type channelDefaults struct {
	record, clips, download bool
	rewind, idle            time.Duration
	days                    int
}

// channelDefaults are those of settings that were checked.
func (s *Settings) channelDefaults() channelDefaults {
	window, err := s.reconnectWindow()
	if err != nil {
		window = live.DefaultIdle
	}
	return channelDefaults{
		record: s.Record == recordOn, clips: s.Clips == recordOn, download: s.Download == recordOn, rewind: s.rewindWindow(), idle: window, days: s.KeepDays,
	}
}

func openWays(ctx context.Context, registry *channel.Registry, s Settings, log *slog.Logger) (*ways, error) {
	w := &ways{registry: registry, server: s.channelDefaults(), log: log}
	return w, w.read(ctx)
}

func (w *ways) read(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, settingsWithin)
	defer stop()
	all, err := w.registry.AllSettings(ctx)
	if err == nil {
		w.all.Store(&all)
	}
	return err
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
	_ record.Channels = (*ways)(nil)
	_ live.Ways       = (*ways)(nil)
	_ api.Ways        = (*ways)(nil)
)

// Keeping is of record.Channels.
func (w *ways) Keeping(ch id.Channel) record.Keeping {
	s := w.of(ch)
	return record.Keeping{
		Keep: s.On(channel.Record, w.server.record), Rewind: s.Time(channel.Rewind, w.server.rewind), Days: s.Number(channel.KeepDays, w.server.days),
		Bytes: int64(s.Number(channel.KeepGB, 0)) * 1_000_000_000,
	}
}

// Idle is of live.Ways.
func (w *ways) Idle(ch id.Channel) time.Duration { return w.of(ch).Time(channel.Return, w.server.idle) }

// Laddered is of live.Ways.
func (w *ways) Laddered(ch id.Channel) bool { return w.of(ch).On(channel.Ladder, true) }

// Recorded is of api.Ways.
func (w *ways) Recorded(ch id.Channel) bool { return w.of(ch).On(channel.Record, w.server.record) }

// Clips is of api.Ways.
func (w *ways) Clips(ch id.Channel) bool { return w.of(ch).On(channel.Clips, w.server.clips) }

// Download is of api.Ways.
func (w *ways) Download(ch id.Channel) bool { return w.of(ch).On(channel.Download, w.server.download) }

// Rewind is of api.Ways.
func (w *ways) Rewind(ch id.Channel) time.Duration {
	return w.of(ch).Time(channel.Rewind, w.server.rewind)
}
