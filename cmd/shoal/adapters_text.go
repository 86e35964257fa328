package main

import (
	"context"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/api"
	"shoal/server/live"
	"shoal/server/origin"
	"shoal/server/pack/subtitle"
	"shoal/server/record"
)

// texts are the rooms that have to do with subtitles, as the doors ask for them.
type texts struct {
	live   *live.Live
	shelf  *record.Shelf
	origin *origin.Origin
}

var _ api.Texts = texts{}

// Caption is of api.Texts.
func (t texts) Caption(channel id.Channel, language string, at time.Time, cues []subtitle.Cue) error {
	return t.live.Caption(channel, language, at, cues)
}

// Attach is of api.Texts.
func (t texts) Attach(channel id.Channel, epoch uint64, language string, cues []subtitle.Cue) error {
	return t.shelf.Attach(channel, epoch, language, cues)
}

// TextPart is of api.Texts.
func (t texts) TextPart(ctx context.Context, name id.Name, part segment.Part, language string) ([]byte, error) {
	return t.origin.TextPart(ctx, name, part, language)
}

// TextSegment is of api.Texts.
func (t texts) TextSegment(name id.Name, epoch uint64, track segment.Track, msn uint64, language string) ([]byte, error) {
	return t.origin.TextSegment(name, epoch, track, msn, language)
}
