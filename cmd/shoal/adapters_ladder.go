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

// liveLadder is the ladder as the conductor asks it.
type liveLadder struct{ ladder *ladder.Ladder }

var _ live.Ladder = liveLadder{}

// Rungs is of live.Ladder.
func (l liveLadder) Rungs(width, height int, rate float64, most int) int {
	return l.ladder.Rungs(ladder.Picture{Width: width, Height: height, Rate: rate}, most)
}

// Climb is of live.Ladder.
func (l liveLadder) Climb(channel id.Name, source ingest.Track, width, height int, rate float64, most int, to live.Landing) (live.Climb, error) {
	c, err := l.ladder.Climb(channel, source, ladder.Picture{Width: width, Height: height, Rate: rate}, most, to)
	if err != nil {
		return nil, err
	}
	return c, nil
}
