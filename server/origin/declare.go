package origin

import "time"

// longAlone is what key frames are supposed to be apart that did not come for settledParts: encoders left to themselves send one
// every 250 frames.
const longAlone = 10 * time.Second

// declare settles what playlists say of how long segments are, as soon as the multivariant one is given away: it may not change any
// more (RFC 8216bis, 6.2.1). Only a publisher whose key frames come further apart later can make it grow. The caller holds mu.
func (b *Broadcast) declare() {
	if b.declared || !b.settled() {
		return
	}
	b.declared = true
	var lasts time.Duration
	for _, t := range b.tracks {
		lasts = max(lasts, t.window.Longest)
	}
	if first := b.furthest(); !first.whole && first.next >= settledParts {
		lasts = max(lasts, longAlone)
	}
	for _, t := range b.tracks {
		t.window.SegmentTarget = max(t.window.SegmentTarget, lasts)
	}
}
