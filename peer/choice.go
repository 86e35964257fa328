package peer

import (
	"fmt"
	"slices"
	"time"

	"shoal/peer/door"
	"shoal/segment"
	"shoal/swarm"
	"shoal/wire/signal"
)

const (
	// dryFor is how long nothing must have played before it is asked what is made now, and dryEvery how often it is asked then.
	dryFor   = 2 * time.Second
	dryEvery = 5 * time.Second
	// betterEvery is how often it is asked whether the picture that is meant is made again: servers try that once a minute at most.
	betterEvery = 15 * time.Second
)

// choice is what is played of what is there.
type choice struct {
	tracks  []segment.Track
	follows segment.Tracks // what is followed then
	lines   int            // of the picture; 0: there is none, or it is not known
	waits   bool           // the picture that is meant rests, or is yet to come
}

// choose chooses the largest picture within a bound, or the smallest there is, and the first sound. A rung that rests is chosen only where there is
// no other picture. Who has nothing to choose between follows all, as everybody else there does.
func choose(tracks []door.Track, height int) (c choice) {
	var picture, meant, sound *door.Track
	pictures, sounds, coming := 0, 0, false
	for i := range tracks {
		t := &tracks[i]
		switch t.Kind {
		case segment.Video.String():
			pictures++
			if t.Codec == "" {
				coming = coming || !t.Resting
				continue
			}
			if meant == nil || better(t, meant, height) {
				meant = t
			}
			if picture == nil || t.Resting == picture.Resting && better(t, picture, height) || picture.Resting && !t.Resting {
				picture = t
			}
		case segment.Audio.String():
			sounds++
			if sound == nil {
				sound = t
			}
		}
	}
	for _, t := range []*door.Track{picture, sound} {
		if t != nil {
			c.tracks = append(c.tracks, t.Track)
			c.follows |= 1 << (t.Track % segment.TracksMax)
		}
	}
	if pictures < 2 && sounds < 2 {
		c.follows = segment.AllTracks
	}
	if picture != nil {
		c.lines = picture.Lines()
	}
	c.waits = meant != picture || coming && height > 0 && c.lines > height
	return c
}

// better reports whether picture t is to be chosen rather than u.
func better(t, u *door.Track, height int) bool {
	a, b := t.Lines(), u.Lines()
	if height <= 0 || a <= height && b <= height {
		return a > b
	}
	return a < b // one is too large, or both are
}

// look asks what is made now when another picture may have to be played, or may be had again.
func (b *body) look(now time.Time) {
	if b.player.playing || b.player.ended || b.playedAt.IsZero() {
		b.playedAt = now
	}
	every := betterEvery
	switch {
	case b.chosen.follows == segment.AllTracks || b.looking: // there is nothing to choose between
		return
	case now.Sub(b.playedAt) > dryFor:
		every = dryEvery
	case !b.chosen.waits:
		return
	}
	if now.Sub(b.lookedAt) < every {
		return
	}
	b.looking, b.lookedAt = true, now
	b.wg.Go(func() {
		state, err := b.place.State(b.ctx, b.client)
		b.post(b.ctx, func() {
			b.looking = false
			if err == nil && state.Live && len(state.Tracks) > 0 {
				b.turn(choose(state.Tracks, b.peer.config.Height))
			}
		})
	})
}

// turn plays what is chosen now, if that is something else than before.
func (b *body) turn(c choice) {
	same := slices.Equal(c.tracks, b.chosen.tracks)
	b.chosen = c
	if same {
		return
	}
	b.log.Info("another picture is played from now on: a rung rests, or is made again", "tracks", fmt.Sprint(c.tracks), "lines", c.lines)
	b.player.turn(c.tracks)
	b.follow()
}

// follow says which tracks are followed.
func (b *body) follow() {
	b.talk(signal.Follow{Tracks: b.chosen.follows})
	b.stripes.follow(b.chosen.follows)
	b.step(swarm.Following{Tracks: b.chosen.follows})
}
