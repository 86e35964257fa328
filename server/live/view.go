package live

import (
	"log/slog"
	"time"

	"shoal/server/ingest"
	"shoal/server/origin"
	"shoal/server/pack"
)

// masterOf writes the multivariant playlist of these tracks: origin knows parts, not codecs.
func masterOf(tracks []ingest.Track, captions pack.Captions) origin.MasterWriter {
	return func(windows []pack.Window, texts []string) []byte {
		return pack.MasterPlaylist(tracks, windows, captions, texts)
	}
}

// changed replaces the state that others see.
func (b *broadcast) changed(change func(*State)) {
	s := *b.state.Load()
	change(&s)
	b.state.Store(&s)
}

// snapshot returns the state, with the rate as of now.
func (b *broadcast) snapshot() State {
	s := *b.state.Load()
	if s.Publishing {
		s.BitsPerSecond = b.rate.bitsPerSecond(time.Now())
	}
	return s
}

func (b *broadcast) log() *slog.Logger { return b.live.log.With("channel", string(b.channel.Name)) }
