package live

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"shoal/server/ingest"
)

// publisher is one publication: the Sink that hands what it is given to the broadcast's goroutine.
type publisher struct {
	Request
	broadcast *broadcast
	cut       chan struct{} // closed when another has its place, or nobody

	mute bool // its texts cannot be taken, and that was told; owned by the protocol's goroutine

	why error // why cut was closed; owned by the broadcast's goroutine
}

var _ ingest.Sink = (*publisher)(nil)

// log names the channel and who publishes.
func (p *publisher) log() *slog.Logger {
	log := p.broadcast.log().With("from", p.From)
	if p.Protocol == "" { // inside the house
		return log
	}
	return log.With("protocol", p.Protocol)
}

// Tracks is of ingest.Sink.
func (p *publisher) Tracks(tracks []ingest.Track) error {
	return p.broadcast.call(func() error { return p.broadcast.tracks(p, tracks) })
}

// Sample is of ingest.Sink.
func (p *publisher) Sample(s ingest.Sample) error {
	return p.broadcast.call(func() error { return p.broadcast.sample(p, s) })
}

// leave ends the publication. why is nil for a regular end.
func (p *publisher) leave(why error) {
	_ = p.broadcast.call(func() error { p.broadcast.detach(p, why); return nil }) // ErrOver: it is gone already
}

// lost notes packets that the line lost.
func (p *publisher) lost(packets int) { p.broadcast.pulse.Lost(packets) }

// leftOut notes how many sounds there is no room for.
func (p *publisher) leftOut(sounds int) { p.broadcast.pulse.LeftOut(sounds) }

// rungOut notes why a picture beside the first is left out.
func (p *publisher) rungOut(n int, why string) {
	if p.broadcast.publishing.Load() == p {
		p.broadcast.rungOut(n, why)
	}
}

// text takes a text that came beside the picture. What cannot be said is left out: a broadcast does not end for it.
func (p *publisher) text(language, text string) {
	b := p.broadcast
	err := b.call(func() error { return b.text(p, language, text) })
	if err != nil && !errors.Is(err, ErrOver) && !p.mute { // once: a publisher goes on saying it
		p.mute = true
		b.log().Warn("a publisher's subtitles are left out", "language", language, "err", err)
	}
}

// gone is why a publisher that has lost its place may not go on.
func (p *publisher) gone() error {
	if p.why != nil {
		return p.why
	}
	return ErrOver
}

// tellEnd logs the end of a publication, once for all rooms: a warning if somebody may want to do something about it.
func (b *broadcast) tellEnd(p *publisher, why error) {
	h := b.pulse.Health(b.heard)
	log := p.log().With("lasted", b.heard.Sub(h.Connected).Round(time.Second))
	if h.PacketsLost > 0 {
		log = log.With("lost_packets", h.PacketsLost)
	}
	switch {
	case why == nil:
		log.Info("publisher stopped")
	case errors.Is(why, context.Canceled): // nobody's fault: it will be back when the server is
		log.Info("publisher disconnected", "because", "the server stops")
	case errors.Is(why, ErrRevoked), errors.Is(why, ErrTaken) && !errors.Is(why, errSilent): // as somebody asked for
		log.Info("publisher disconnected", "because", why)
	default:
		log.Warn("publisher lost", "because", why)
	}
}
