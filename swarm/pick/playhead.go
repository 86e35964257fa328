package pick

import (
	"shoal/span"

	"shoal/swarm/have"
)

// Never is a time that does not come.
const Never = span.Span(1<<63 - 1)

// Playhead is where the player is, and so when each part is due.
type Playhead struct {
	at       span.Span // when it was reported
	wallMS   int64
	bufferMS int64
	playing  bool
	jumped   span.Span // when it was last at another place than was to be expected
}

// jumpMS is how far from where it should be a player is that has jumped.
const jumpMS = 2000

// report takes what the player said at now, and reports whether it has jumped.
func (h *Playhead) report(now span.Span, wallMS, bufferMS int64, playing bool) (jumped bool) {
	expected := h.WallMS(now)
	at := h.jumped
	if jumped = max(wallMS, expected)-min(wallMS, expected) > jumpMS; jumped {
		at = now
	}
	*h = Playhead{at: now, wallMS: wallMS, bufferMS: bufferMS, playing: playing, jumped: at}
	return jumped
}

// Playing reports whether the player plays.
func (h *Playhead) Playing() bool { return h.playing }

// WallMS returns the wall-clock time on screen at now. It does not run past the end of the buffer.
func (h *Playhead) WallMS(now span.Span) int64 {
	if !h.playing {
		return h.wallMS
	}
	return h.wallMS + min(int64((now-h.at)/span.Millisecond), h.bufferMS)
}

// BufferEnd returns when the buffer runs dry if nothing is added to it.
func (h *Playhead) BufferEnd() span.Span {
	return h.at + span.Span(h.bufferMS)*span.Millisecond
}

// extend takes in that the player was given a part. What continues the buffer will be in it before the next report.
func (h *Playhead) extend(p *have.Part) {
	begins := p.WallMS() - h.wallMS
	if h.playing && begins >= 0 && begins <= h.bufferMS+seamMS {
		h.bufferMS = max(h.bufferMS, begins+p.DurationMS())
	}
}

// seamMS is the widest gap that still is none: players report in whole milliseconds, and tracks begin apart.
const seamMS = 100

// Due returns when the player needs an opened part: when the frame on screen gets there.
func (h *Playhead) Due(p *have.Part) span.Span {
	due := Never
	if h.playing {
		due = h.at + span.Span(p.WallMS()-h.wallMS)*span.Millisecond
	}
	if p.Wanted {
		due = min(due, h.Wants(p))
	}
	return due
}

// Wants returns when the player runs dry without a part that it asked for: at once if it does not play.
func (h *Playhead) Wants(p *have.Part) span.Span {
	if !h.playing {
		return p.WantedAt
	}
	return max(p.WantedAt, h.BufferEnd())
}

// Needs reports whether the player still has to get an opened part: it was not given it, and it is not in its buffer.
func (h *Playhead) Needs(p *have.Part) bool {
	if p.Wanted {
		return true
	}
	return h.playing && !p.Given && p.WallMS()+p.DurationMS() > h.wallMS+h.bufferMS
}
