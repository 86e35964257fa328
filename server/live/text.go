package live

import (
	"errors"
	"fmt"
	"time"

	"shoal/id"
	"shoal/server/pack/subtitle"
)

// ErrNotLive says that a channel has no broadcast that something could be added to.
var ErrNotLive = errors.New("the channel is not live")

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
		return b.epoch.origin.Caption(language, at, cues)
	})
	if errors.Is(err, ErrOver) {
		return ErrNotLive
	}
	if err != nil {
		return fmt.Errorf("channel %s: %w", b.channel.Name, err)
	}
	return nil
}
