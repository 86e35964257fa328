package pack

import (
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack/sei"
)

// soundSlack is what a segment of sound may last longer than that of the picture: a frame, and what RTMP rounds.
const soundSlack = 30 * time.Millisecond

// groups is how far apart a publisher's key frames come at most: as far as it was seen, or as its encoder says in its first picture. Where scenes
// change encoders send more of them, so that what comes first tells little.
type groups struct {
	most time.Duration
	said int // pictures that the encoder's word counts, until it is known how long one lasts
}

// noteGroup takes note of a key frame of a publisher's picture, before it is written.
func (p *Packer) noteGroup(c *cutter, s ingest.Sample, at int64) {
	if !s.Key || c.rung || c.track.Kind != segment.Video {
		return
	}
	if c.opened {
		p.groups.see(fromTicks(at-c.lastKey, c.track.TimeScale))
	}
	switch c.track.Codec.(type) {
	case *codecs.H264:
		p.groups.said = max(p.groups.said, sei.KeyInterval(s.Data, false))
	case *codecs.H265:
		p.groups.said = max(p.groups.said, sei.KeyInterval(s.Data, true))
	}
}

func (g *groups) see(lasts time.Duration) { g.most = min(max(g.most, lasts), SegmentMax) }

// measure turns pictures that the encoder spoke of into time, as a part of so many pictures tells it that lasts so long.
func (g *groups) measure(lasts time.Duration, pictures int) {
	if g.said == 0 || pictures == 0 {
		return
	}
	g.see(min(lasts/time.Duration(pictures), SegmentMax) * time.Duration(g.said))
	g.said = 0
}

// Longest returns how long segments become while key frames come no further apart than is known by now: about the target, or from one key
// frame to the next where that is more.
func (p *Packer) Longest() time.Duration {
	target, group := p.config.SegmentTarget, p.groups.most
	if group == 0 {
		return target
	}
	whole := max(1, (target+group/2-1)/group) // as due cuts a steady stream: at the key frame that is nearest
	return max(target, whole*group+soundSlack)
}

// waitMax is the most that a segment may last which waits for another key frame: what rounds to the same number of seconds as Longest, so that
// what playlists say of segments need not change. It leaves room for sound, which does not end with the picture.
func (p *Packer) waitMax() time.Duration {
	const room = 450 * time.Millisecond
	longest := p.Longest()
	return max(longest, longest.Round(time.Second)+room)
}
