package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"shoal/server/bus/local"
	"shoal/server/event"
	"shoal/server/record"
)

// recordingsDir is where recordings and clips rest, in the data directory.
const recordingsDir = "recordings"

// The value of Record, Clips and Download that turns them on.
const (
	recordOn = "on"
	// keepMost bounds KeepDays and KeepGB: beyond it a calendar and 64 bits end.
	keepMost = 1_000_000
)

// recorderFacts is the bus as the recorder hears it.
type recorderFacts struct{ bus *local.Bus }

var _ record.Facts = recorderFacts{}

// Subscribe takes the longest queue: while the disk is slow, facts wait here and bytes at the origin.
func (f recorderFacts) Subscribe() (<-chan event.Fact, func()) {
	return f.bus.Subscribe(local.QueueMax)
}

// openRecordings opens the shelf, and makes the recorder and those that work on what is recorded.
func (h *house) openRecordings(ctx context.Context) (err error) {
	if h.shelf, err = record.Open(filepath.Join(h.dir, recordingsDir), h.log); err != nil {
		return err
	}
	s := h.settings
	h.recorder = record.NewRecorder(record.Config{
		Shelf: h.shelf, Facts: recorderFacts{h.bus}, Origin: h.origin, Keep: s.Record == recordOn, Rewind: s.rewindWindow(),
		Days: s.KeepDays, Bytes: int64(s.KeepGB) * 1_000_000_000, Channels: h.ways, Log: h.log,
	})
	h.metrics.Recording(h.recorder, h.shelf)
	h.openStills(ctx)
	if err := h.openRemake(ctx); err != nil {
		return err
	}
	return h.openUploads()
}

// rewind returns how far back a running broadcast may be played.
func (s *Settings) rewind() (time.Duration, error) {
	d, err := time.ParseDuration(s.Rewind)
	if err != nil {
		return 0, err
	}
	if d < 0 || d > record.LastsMax {
		return 0, errors.New("out of range")
	}
	return d, nil
}

// rewindWindow is rewind of settings that were checked.
func (s *Settings) rewindWindow() time.Duration {
	d, err := s.rewind()
	if err != nil {
		return 0
	}
	return d
}
