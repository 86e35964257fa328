package pack

import (
	"time"

	"shoal/segment"
)

func (p *Packer) newestCut() cut { return p.cuts[len(p.cuts)-1] }

// addCut starts a segment at a time of the epoch.
func (p *Packer) addCut(at time.Duration) cut {
	k := cut{msn: p.newestCut().msn + 1, at: at}
	if len(p.cuts) == cutsMax {
		p.cuts = append(p.cuts[:0], p.cuts[1:]...)
	}
	p.cuts = append(p.cuts, k)
	return k
}

// cutBefore returns the newest segment start at or before at that is beyond segment msn.
func (p *Packer) cutBefore(at time.Duration, msn uint64) (cut, bool) {
	for i := len(p.cuts) - 1; i >= 0 && p.cuts[i].msn > msn; i-- {
		if p.cuts[i].at <= at {
			return p.cuts[i], true
		}
	}
	return cut{}, false
}

// leader is the track whose samples decide where segments start: the first video track that is not silent.
func (p *Packer) leader() *cutter {
	for _, kind := range []segment.Kind{segment.Video, segment.Audio} {
		for _, c := range p.tracks {
			if c.track.Kind == kind && p.newest-c.heard() <= silenceMax {
				return c
			}
		}
	}
	return p.tracks[0]
}

// segmentOf tells whether h starts a segment in track c, and which. full says that a part ends before h anyway.
func (p *Packer) segmentOf(c *cutter, h held, full bool) (msn uint64, ok bool) {
	at := fromTicks(h.at, c.track.TimeScale)
	open := at - fromTicks(c.segStart, c.track.TimeScale)
	if p.leader() == c && p.due(c, h, at, full, open) {
		return p.addCut(c.shown(h)).msn, true
	}
	if !c.starts(h) && open < SegmentMax {
		return 0, false
	}
	k, ok := p.cutBefore(c.shown(h), c.msn)
	return k.msn, ok
}

// due tells whether the leader should start a segment with h: at the key frame that makes the segment's length nearest
// to the target, or before the segment would grow longer than any should if the next one comes late; in sound between two whole parts.
func (p *Packer) due(c *cutter, h held, at time.Duration, full bool, open time.Duration) bool {
	if open >= SegmentMax {
		return true
	}
	open = min(open, at-p.newestCut().at)
	switch {
	case c.track.Kind == segment.Audio:
		return full && open+fromTicks(c.limit, c.track.TimeScale)/2 > p.config.SegmentTarget
	case h.key:
		group := fromTicks(h.at-c.lastKey, c.track.TimeScale)
		return open+group/2 >= p.config.SegmentTarget || open+p.groups.most > p.waitMax()
	}
	return false
}
