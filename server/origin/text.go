package origin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/pack"
	"shoal/server/pack/subtitle"
)

const (
	// TextTrack is the track that subtitles go along with.
	TextTrack segment.Track = 0
	// cuesKept bounds the cues kept of a language: the live window has a few dozen.
	cuesKept = 1000
	// cuesLast is how long a cue is kept that is over: as long as parts are.
	cuesLast = Window + Grace
)

// ErrTexts says that a broadcast has subtitles in as many languages as it may.
var ErrTexts = fmt.Errorf("a broadcast has subtitles in at most %d languages", pack.SubtitlesMax)

// text is the subtitles of one language.
type text struct {
	language string
	cues     []subtitle.Cue // times since the broadcast was opened, by the clock on the wall
}

// Caption adds cues to the broadcast's subtitles in a language, whose times count from at, by the clock on the wall. Without cues it
// announces the language: players ask once which there are. instead ends at that time what is shown then.
func (b *Broadcast) Caption(language string, at time.Time, instead bool, cues []subtitle.Cue) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended.IsZero() {
		return ErrOver
	}
	t := b.text(language)
	if t == nil {
		if len(b.texts) == pack.SubtitlesMax {
			return ErrTexts
		}
		b.texts = append(b.texts, text{language: language})
		t = &b.texts[len(b.texts)-1]
		b.changed()
	}
	since := at.Sub(b.opening.Wall)
	if instead {
		t.cues = subtitle.Cut(t.cues, since)
	}
	for _, c := range cues {
		c.Start, c.End = c.Start+since, c.End+since
		t.cues = append(t.cues, c)
	}
	over := since - cuesLast
	t.cues = slices.DeleteFunc(t.cues, func(c subtitle.Cue) bool { return c.End < over })
	t.cues = slices.Delete(t.cues, 0, max(0, len(t.cues)-cuesKept))
	return nil
}

// text finds a language, or returns nil. The caller holds mu.
func (b *Broadcast) text(language string) *text {
	n := slices.IndexFunc(b.texts, func(t text) bool { return t.language == language })
	if n < 0 {
		return nil
	}
	return &b.texts[n]
}

// languages are those of the subtitles. The caller holds mu.
func (b *Broadcast) languages() (all []string) {
	for _, t := range b.texts {
		all = append(all, t.language)
	}
	return all
}

// TextPart returns the subtitles of a part, as WebVTT. For the part that playlists hint at, the next one, it waits.
func (o *Origin) TextPart(ctx context.Context, name id.Name, p segment.Part, language string) ([]byte, error) {
	var out []byte
	err := o.await(ctx, name, p, func(b *Broadcast, _ *track, s *stored) (err error) {
		if s == nil {
			return ErrNotFound
		}
		out, err = b.textOf(language, s)
		return err
	})
	return out, err
}

// TextSegment returns the subtitles of a finished segment.
func (o *Origin) TextSegment(name id.Name, epoch uint64, n segment.Track, msn uint64, language string) ([]byte, error) {
	b, err := o.epoch(name, epoch)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.find(n)
	if t == nil {
		return nil, ErrNotFound
	}
	parts := t.segment(msn)
	if len(parts) == 0 {
		return nil, ErrNotFound
	}
	return b.textOf(language, parts...)
}

// textOf writes the subtitles of parts that follow each other: on the media's clock, from which the one on the wall is as far as at
// the first of them. The caller holds mu.
func (b *Broadcast) textOf(language string, parts ...*stored) ([]byte, error) {
	t := b.text(language)
	if t == nil {
		return nil, ErrNotFound
	}
	first, last := parts[0].manifest, parts[len(parts)-1].manifest
	from := time.Duration(first.StartUS) * time.Microsecond
	to := time.Duration(last.StartUS+uint64(last.DurationUS)) * time.Microsecond
	shift := from - time.UnixMilli(int64(first.WallMS)).Sub(b.opening.Wall)
	var shown []subtitle.Cue
	for _, c := range t.cues {
		c.Start, c.End = c.Start+shift, c.End+shift
		if c.Start < to && c.End > from {
			shown = append(shown, c)
		}
	}
	return subtitle.Segment(shown, from, to), nil
}
