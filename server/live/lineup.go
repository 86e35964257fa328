package live

import (
	"math"
	"time"

	"shoal/server/ingest"
)

// Bounds on a publisher's own rung.
const (
	// keySlack is how far apart key frames of the same moment may be shown: less than a frame, more than what milliseconds round.
	keySlack = 10 * time.Millisecond
	// behindMax is how far a rung may be behind the picture, and behindFor how long it may be further: then its viewers are sent elsewhere. Of a
	// step of the picture stepMax counts, for after a pause of all pictures one of them is the first.
	behindMax = 2 * time.Second
	behindFor = 500 * time.Millisecond
	stepMax   = 100 * time.Millisecond
	// againAfter is for how long the key frames of a rung that was left out must line up before it is taken again.
	againAfter = 10 * time.Second
	// trialMax is how long a rung is held back at first until its second key frame is seen to line up: those of the usual 2 s, and a little more.
	// Whoever finds it in playlists is to find more than a first segment.
	trialMax = 2500 * time.Millisecond
	// heldMax and heldBytesMax bound what is held back of a rung: trialMax and what it runs ahead.
	heldMax      = 512
	heldBytesMax = 16 << 20
	// keysHeldMax bounds the key frames that are waited for.
	keysHeldMax = 64
)

// Why a rung is left out.
const (
	whyKeys   = "its key frames are not where those of the first picture are: give all pictures the same key frame interval, and no key frames at scene changes"
	whyBehind = "it has stopped, or is more than 2 s behind the first picture: the encoder or the line is too slow for so many pictures"
	whyAhead  = "it runs ahead of the first picture: restart the encoder"
)

// lineup holds the samples of one rung back until it is known whether its key frames stand where those of the picture do. Each of the
// picture's must have one; the rung may have more. It has no clock but theirs, and takes the samples of the two in any order.
type lineup struct {
	heard time.Duration   // decode time of the picture's newest sample
	since time.Duration   // of its first
	keys  []time.Duration // when the key frames of the picture are shown that the rung has not come to; ascending
	held  []ingest.Sample // of the rung, in its decode order
	size  int             // bytes of held
	came  time.Duration   // decode time of the newest of the rung
	flows bool            // its samples go on
	out   bool            // it is left out
	tried bool            // it has lined up before: no trial

	behind time.Duration // for how long it has been too far behind
	row    time.Duration // since when its key frames line up, while it is left out
	inRow  bool
}

// turn is what becomes of the next sample of a rung.
type turn int

const (
	waits  turn = iota // it is not known yet
	begins             // the rung begins with it
	goes
	drops
)

const before = time.Duration(math.MinInt64) // all times

// newLineup is for a rung that was tried in the run before, or was not.
func newLineup(tried bool) *lineup {
	return &lineup{heard: before, since: before, came: before, tried: tried}
}

// shown is when a sample is shown, or decoded if that is later: where segments begin.
func shown(s ingest.Sample) time.Duration { return max(s.DTS, s.PTS) }

// follow hears of a sample of the picture, and says why the rung is left out, if it is from now on.
func (l *lineup) follow(s ingest.Sample) (why string) {
	if l.since == before {
		l.since = s.DTS
	}
	step := s.DTS - max(l.heard, l.since)
	l.heard = max(l.heard, s.DTS)
	if s.Key {
		l.keys = append(l.keys, shown(s))
	}
	if len(l.keys) > keysHeldMax {
		l.keys, l.inRow = l.keys[1:], false
	}
	if l.heard-max(l.came, l.since) <= behindMax {
		l.behind = 0
		return ""
	}
	if l.behind += min(step, stepMax); l.out || l.behind < behindFor {
		return ""
	}
	return l.leave(whyBehind)
}

// take takes a sample of the rung, and says why it is left out, if it is from now on.
func (l *lineup) take(s ingest.Sample) (why string) {
	l.came = max(l.came, s.DTS)
	l.held = append(l.held, s)
	l.size += len(s.Data)
	if len(l.held) <= heldMax && l.size <= heldBytesMax {
		return ""
	}
	wasOut := l.out
	why = l.leave(whyAhead)
	l.held, l.size = nil, 0
	if wasOut {
		return ""
	}
	return why
}

// leave leaves the rung out.
func (l *lineup) leave(why string) string {
	l.out, l.flows, l.inRow, l.tried = true, false, false, true
	return why
}

// next says what becomes of the next sample of the rung. It is to be called again until that waits. last says that nothing follows. why says
// why the rung is left out, if it is from now on.
func (l *lineup) next(last bool) (s ingest.Sample, t turn, why string) {
	if len(l.held) == 0 {
		return s, waits, ""
	}
	s = l.held[0]
	at := shown(s)
	if l.missed(s) {
		l.keys = l.keys[1:]
		wasOut := l.out
		if why = l.leave(whyKeys); wasOut {
			why = ""
		}
		return s, drops, why
	}
	match := s.Key && len(l.keys) > 0 && l.keys[0] <= at+keySlack
	if l.heard <= at+keySlack && !match && (!last || s.Key) { // a key frame of the picture may still come
		return s, waits, ""
	}
	if match && !l.tried {
		switch l.trial(at, last) {
		case waits:
			return s, waits, ""
		case drops:
			why = l.leave(whyKeys)
		}
	}
	l.held[0] = ingest.Sample{} // its bytes are not to be kept
	l.held, l.size = l.held[1:], l.size-len(s.Data)
	if why != "" {
		l.keys = l.keys[1:]
		return s, drops, why
	}
	if match {
		l.keys = l.keys[1:]
		return s, l.lined(at), ""
	}
	if l.flows {
		return s, goes, ""
	}
	return s, drops, ""
}

// missed reports whether the rung has passed a key frame of the picture without one of its own.
func (l *lineup) missed(s ingest.Sample) bool {
	if len(l.keys) == 0 {
		return false
	}
	if s.Key {
		return l.keys[0] < shown(s)-keySlack
	}
	return l.keys[0] < s.DTS-keySlack
}

// trial says whether the rung begins with its first key frame, as far as the second tells.
func (l *lineup) trial(at time.Duration, last bool) turn {
	if len(l.keys) > 1 {
		for _, s := range l.held[1:] {
			if s.Key && (shown(s)-l.keys[1]).Abs() <= keySlack {
				return begins
			}
			if s.Key && shown(s) > l.keys[1] || s.DTS > l.keys[1]+keySlack {
				return drops
			}
		}
	}
	if last || l.heard > at+trialMax {
		return begins
	}
	return waits
}

// lined takes note of a key frame that stands where it should.
func (l *lineup) lined(at time.Duration) turn {
	if l.flows {
		return goes
	}
	if l.out && !l.inRow {
		l.row, l.inRow = at, true
	}
	if l.out && at-l.row < againAfter {
		return drops
	}
	l.out, l.flows, l.tried = false, true, true
	return begins
}
