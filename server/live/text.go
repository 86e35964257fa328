package live

import (
	"errors"
	"fmt"
	"time"

	"shoal/id"
	"shoal/server/event"
	"shoal/server/pack/subtitle"
)

// ErrNotLive says that a channel has no broadcast that something could be added to.
var ErrNotLive = errors.New("the channel is not live")

// textStays is how long a text is shown that a publisher sent without an end and that no other one follows.
const textStays = 8 * time.Second

// textsMax bounds the texts of a publisher within a minute: a word at a time, quickly spoken.
const textsMax = 600

var errTexts = fmt.Errorf("more than %d texts within a minute", textsMax)

// say adds cues to the subtitles of the open epoch. instead ends what is shown at that time.
func (b *broadcast) say(language string, at time.Time, instead bool, cues []subtitle.Cue) error {
	e := b.epoch
	if err := e.origin.Caption(language, at, instead, cues); err != nil {
		return err
	}
	b.live.config.Facts.Publish(event.TextSaid{
		Channel: b.channel.ID, Epoch: e.number, Language: language, At: at, Instead: instead, Cues: subtitle.File(cues),
	})
	return nil
}

// pictured returns the time of day that the newest picture had at a time on our clock: what a publisher's line holds up is late by our
// clock, and its own clock may go otherwise. While nobody publishes it is our time.
func (b *broadcast) pictured(at time.Time) time.Time {
	if b.publisher == nil {
		return at
	}
	return b.epoch.packer.Wall().Add(-time.Since(at))
}

// text takes a text that came beside a publisher's pictures: it stands until the next one, an empty one takes it away.
func (b *broadcast) text(p *publisher, language, text string) error {
	now := time.Now()
	if b.publisher != p || b.epoch == nil {
		return nil // it came too late, or before there is anything to see
	}
	if now.Sub(b.textsSince) > time.Minute {
		b.textsSince, b.texts = now, 0
	}
	if b.texts++; b.texts > textsMax {
		return errTexts
	}
	cues := subtitle.Plain(text, 0, textStays)
	if len(cues) == 0 && text != "" {
		return nil
	}
	return b.say(language, b.pictured(now), true, cues)
}

// Caption adds cues to the subtitles of a channel's broadcast in a language; their times count from at. Without cues it announces
// the language.
func (l *Live) Caption(channel id.Channel, language string, at time.Time, cues []subtitle.Cue) error {
	l.mu.Lock()
	b := l.broadcasts[channel]
	l.mu.Unlock()
	if b == nil {
		return ErrNotLive
	}
	err := b.call(func() error {
		if b.epoch == nil {
			return ErrNotLive
		}
		return b.say(language, b.pictured(at), false, cues)
	})
	if errors.Is(err, ErrOver) {
		return ErrNotLive
	}
	if err != nil {
		return fmt.Errorf("channel %s: %w", b.channel.Name, err)
	}
	return nil
}
