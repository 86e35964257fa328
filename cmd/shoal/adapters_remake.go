package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/ladder"
	"shoal/server/record"
	"shoal/server/remake"
)

// openRemake makes the bench that gives recordings rungs afterwards, unless settings or the machine leave it out.
func (h *house) openRemake(ctx context.Context) error {
	s := h.settings
	text, own := s.RecordingLadder, (*ways)(nil)
	if text == ladderAuto {
		text, own = s.Ladder, h.ways // what the broadcast should have had
	}
	spec, err := ladder.ParseSpec(text)
	if err != nil || spec.Off() {
		return err
	}
	made := h.ladder
	if s.Ladder == turnOff { // it has not looked what the machine can do
		made = ladder.Open(ctx, ladder.Config{Spec: spec, Log: h.log})
	}
	maker := made.Late(spec)
	if !maker.Able() {
		return nil
	}
	h.remake = remake.New(remake.Config{
		Ladder: lateLadder{maker, own}, Shelf: lateShelf{h.shelf, text, h.ways, own}, Signer: h.channels.Signer,
		Live: func() bool { return len(h.origin.Running()) > 0 }, Log: h.log,
	})
	return nil
}

// runRemake runs the bench, or waits in its place if there is none.
func (h *house) runRemake(ctx context.Context) error {
	if h.remake == nil {
		<-ctx.Done()
		return nil
	}
	return h.remake.Run(ctx)
}

// lateLadder is the ladder as the bench asks it.
type lateLadder struct {
	ladder *ladder.Late
	own    *ways // nil: channels have no rungs of their own here
}

var _ remake.Ladder = lateLadder{}

// Lacking is of remake.Ladder.
func (l lateLadder) Lacking(channel id.Channel, p remake.Picture, has []int, most int) (rungs []remake.Rung) {
	var own ladder.Spec
	if l.own != nil {
		own = l.own.rungsOf(channel)
	}
	for _, r := range l.ladder.Lacking(own, ladder.Picture(p), has, most) {
		rungs = append(rungs, remake.Rung(r))
	}
	return rungs
}

// Remake is of remake.Ladder.
func (l lateLadder) Remake(ctx context.Context, r remake.Run) error {
	run := ladder.Run{Source: r.Source, Picture: ladder.Picture(r.Picture), Next: r.Next, Begins: r.Begins, Frame: r.Frame}
	for _, rung := range r.Rungs {
		run.Rungs = append(run.Rungs, ladder.Rung(rung))
	}
	return l.ladder.Remake(ctx, run)
}

// lateShelf is the shelf as the bench asks it.
type lateShelf struct {
	shelf  *record.Shelf
	server string // the ladder of channels that have none of their own
	ways   *ways
	own    *ways // nil: no channel has one here
}

// ladder is under which ladder a channel's recordings are looked at.
func (s lateShelf) ladder(channel id.Channel) string {
	if s.own != nil {
		return cmp.Or(s.own.of(channel).Rungs(), s.server)
	}
	return s.server
}

var _ remake.Shelf = lateShelf{}

// lateSource is a recording's best picture as the bench knows it.
type lateSource struct{ *record.Source }

// Channel is of remake.Source.
func (s lateSource) Channel() id.Channel { return s.Key.Channel }

// Epoch is of remake.Source.
func (s lateSource) Epoch() uint64 { return s.Key.Epoch }

// Lacking is of remake.Shelf.
func (s lateShelf) Lacking(skip func(id.Channel, uint64) bool) remake.Source {
	source := s.shelf.Lacking(s.ladder, func(key record.Key) bool { return skip(key.Channel, key.Epoch) || !s.ways.Laddered(key.Channel) })
	if source == nil {
		return nil
	}
	return lateSource{source}
}

// Add is of remake.Shelf.
func (s lateShelf) Add(source remake.Source, bytes int64) (remake.Addition, error) {
	a, err := s.shelf.Add(recordOf(source), bytes)
	if errors.Is(err, record.ErrKeep) || errors.Is(err, record.ErrFull) {
		return nil, fmt.Errorf("%w: %w", remake.ErrRoom, err)
	}
	if err != nil {
		return nil, err
	}
	return lateAddition{a, s.ladder(source.Channel())}, nil
}

// Done is of remake.Shelf.
func (s lateShelf) Done(source remake.Source) error {
	return s.shelf.Climbed(recordOf(source), s.ladder(source.Channel()))
}

func recordOf(s remake.Source) record.Key { return record.Key{Channel: s.Channel(), Epoch: s.Epoch()} }

// lateAddition is an addition to a recording, for one ladder.
type lateAddition struct {
	*record.Addition
	ladder string
}

// Commit is of remake.Addition.
func (a lateAddition) Commit() error { return a.Addition.Commit(a.ladder) }

// remaking is the bench as the doors ask it. Without one nothing is made.
type remaking struct{ bench *remake.Bench }

var _ api.Remaking = remaking{}

func (r remaking) progress() (p remake.Progress, ok bool) {
	if r.bench == nil {
		return p, false
	}
	return r.bench.Progress()
}

// Share is of api.Remaking.
func (r remaking) Share() (share float64, ok bool) {
	p, ok := r.progress()
	return p.Share, ok
}

// Making is of api.Remaking.
func (r remaking) Making(channel id.Channel, epoch uint64) (share float64, ok bool) {
	p, ok := r.progress()
	if !ok || p.Channel != channel || p.Epoch != epoch {
		return 0, false
	}
	return p.Share, true
}
