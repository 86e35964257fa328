package main

import (
	"context"
	"time"

	"shoal/id"
	"shoal/server/ladder"
	"shoal/server/origin"
	"shoal/server/record"
	"shoal/server/still"
)

// openStills makes the desk that makes posters and storyboards, if there is an ffmpeg.
func (h *house) openStills(ctx context.Context) {
	h.stills = still.New(still.Config{
		Darkroom: ladder.OpenDarkroom(ctx, "", h.log), Live: stillLive{h.origin}, Shelf: stillShelf{h.shelf},
		Rewind: h.settings.rewindWindow(), Log: h.log,
	})
}

// stillLive is the origin as the desk of stills asks it.
type stillLive struct{ origin *origin.Origin }

var _ still.Live = stillLive{}

// Running is of still.Live.
func (l stillLive) Running() (shows []still.Show) {
	for _, r := range l.origin.Running() {
		shows = append(shows, still.Show{Channel: r.Channel, Name: r.Name, Epoch: r.Epoch, Started: r.Started})
	}
	return shows
}

// Newest is of still.Live.
func (l stillLive) Newest(channel id.Channel, epoch uint64) (init, part []byte, wall time.Time, ok bool) {
	return l.origin.NewestKey(channel, epoch)
}

// stillShelf is the shelf as the desk of stills asks it.
type stillShelf struct{ shelf *record.Shelf }

var _ still.Shelf = stillShelf{}

// Bare is of still.Shelf.
func (s stillShelf) Bare() (still.Film, func(still.Stills) error) {
	film := s.shelf.Bare()
	if film == nil {
		return nil, nil
	}
	return film, func(made still.Stills) error { return s.shelf.Keep(film, made.Poster, made.Sheets, made.Track) }
}
