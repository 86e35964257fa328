package pack

import (
	"fmt"
	"slices"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

// rungScale is the time scale of every rung, in ticks per second.
const rungScale = 90_000

// Rung is a track that is made of another one while it plays: what it is shows later. Describe tells.
func Rung() ingest.Track { return ingest.Track{Kind: segment.Video} }

// IsRung reports whether t is a Rung that was not described.
func IsRung(t ingest.Track) bool {
	return t.Kind == segment.Video && t.Codec == nil && t.TimeScale == 0
}

// Describe says what a rung is, before its samples. What was written of it stays as it was. fresh says that what comes does not
// go on where the rung stopped: then what is pending becomes a part, and the rung goes on with the next segment. Its samples
// have the times of the track that it is made of, and may come later.
func (p *Packer) Describe(track int, t ingest.Track, fresh bool) error {
	if track < 0 || track >= len(p.tracks) || !p.tracks[track].rung {
		return fmt.Errorf("track %d is no rung", track)
	}
	c := p.tracks[track]
	if t.Kind != segment.Video || t.Codec == nil || t.TimeScale != rungScale {
		return fmt.Errorf("rung %d has no codec, or a time scale other than %d", track, rungScale)
	}
	init, err := c.initFor(t)
	if err != nil {
		return err
	}
	if c.opened && fresh {
		if err := c.flush(); err != nil {
			return err
		}
		c.waitsForCut = true
	}
	c.track, c.init = t, init
	return nil
}

// cutNear is how long after a segment's start the key frame of a rung may be shown that begins there: a run's first one is a
// little late, and no encoder sends key frames closer together.
const cutNear = 400 * time.Millisecond

// goesOn reports whether a sample of a rung can be taken: not before the rung is described and the track that it is made of has
// begun; and where it was interrupted not before a segment begins.
func (p *Packer) goesOn(c *cutter, s ingest.Sample) bool {
	if c.init == nil || !p.inRun {
		return false
	}
	if !c.waitsForCut {
		return true
	}
	shown := max(s.DTS, s.PTS) + p.offset + time.Second/time.Duration(2*c.track.TimeScale) // rounding
	for _, k := range slices.Backward(p.cuts) {
		if k.at > shown {
			continue
		}
		if !s.Key || shown-k.at > cutNear || c.opened && k.msn <= c.msn {
			return false
		}
		c.msn, c.index, c.opened, c.waitsForCut = k.msn, 0, false, false
		return true
	}
	return false
}
