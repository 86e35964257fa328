package main

import (
	"context"
	"log/slog"

	"shoal/id"
	"shoal/server/ingest"
	"shoal/server/ladder"
	"shoal/server/live"
)

// openLadder finds out what rungs this machine can make.
func (s *Settings) openLadder(ctx context.Context, meter ladder.Meter, log *slog.Logger) (*ladder.Ladder, error) {
	spec, err := ladder.ParseSpec(s.Ladder)
	if err != nil {
		return nil, err
	}
	return ladder.Open(ctx, ladder.Config{Spec: spec, Meter: meter, Log: log}), nil
}

// rungsOf are the rungs that a channel has of its own; none leaves it to the server's setting.
func (w *ways) rungsOf(ch id.Channel) ladder.Spec {
	text := w.of(ch).Rungs()
	if text == "" {
		return ladder.Spec{}
	}
	spec, err := ladder.ParseSpec(text)
	if err != nil { // the two agree on what rungs there can be: their test sees to it
		w.log.Error("a channel's rungs cannot be read: it has the server's", "rungs", text, "err", err)
	}
	return spec
}

// liveLadder is the ladder as the conductor asks it.
type liveLadder struct {
	ladder *ladder.Ladder
	ways   *ways
}

var _ live.Ladder = liveLadder{}

// Rungs is of live.Ladder.
func (l liveLadder) Rungs(channel id.Channel, width, height int, rate float64, most int) int {
	return l.ladder.Rungs(l.ways.rungsOf(channel), ladder.Picture{Width: width, Height: height, Rate: rate}, most)
}

// Without is of live.Ladder.
func (l liveLadder) Without(channel id.Channel, width, height int, rate float64) string {
	return l.ladder.Without(l.ways.rungsOf(channel), ladder.Picture{Width: width, Height: height, Rate: rate})
}

// Climb is of live.Ladder.
func (l liveLadder) Climb(channel live.Channel, source ingest.Track, width, height int, rate float64, most int, to live.Landing) (live.Climb, error) {
	c, err := l.ladder.Climb(channel.Name, l.ways.rungsOf(channel.ID), source, ladder.Picture{Width: width, Height: height, Rate: rate}, most, to)
	if err != nil {
		return nil, err
	}
	return c, nil
}
