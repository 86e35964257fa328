package origin

import (
	"time"

	"shoal/id"
	"shoal/server/pack"
)

// longAlone is what key frames are supposed to be apart that did not come for settledParts, and of which the encoder said nothing: left to
// themselves encoders send one every 250 frames.
const longAlone = 10 * time.Second

// steps are what is declared when segments outgrow what was, so that it changes seldom, and not with every second of one that grows. The last
// one is the longest that there is (pack.SegmentMax).
var steps = [...]time.Duration{4 * time.Second, longAlone, 16 * time.Second}

// Expect says how long segments will be at most, by all that is known by now. What playlists declare may not change once they are
// given away (RFC 8216bis, 6.2.1), so it is better told early; if it is more than was declared, it is declared at once.
func (b *Broadcast) Expect(longest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if longest <= b.expected {
		return
	}
	b.expected = longest
	b.declareAtLeast(longest)
	b.changed()
}

// Declared returns how long the playlists of an epoch say that segments are at most (EXT-X-TARGETDURATION), in whole seconds: it only grows. It is 0
// until that is settled, and of an epoch that is not kept any more.
func (o *Origin) Declared(channel id.Channel, epoch uint64) time.Duration {
	o.mu.RLock()
	kept := o.channels[channel]
	o.mu.RUnlock()
	for _, b := range kept {
		if b.opening.Epoch == epoch {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.declared {
				return time.Duration(pack.TargetDuration(b.windows())) * time.Second
			}
		}
	}
	return 0
}

// declare settles what playlists say of how long segments are, as soon as the multivariant one is given away: it may not change any
// more. Only a publisher whose key frames come further apart later, and who did not say so, can make it grow. The caller holds mu.
func (b *Broadcast) declare() {
	if !b.declared && !b.settled() {
		return
	}
	longest := time.Duration(0)
	for _, t := range b.tracks {
		longest = max(longest, t.window.Longest)
	}
	switch first := b.furthest(); {
	case b.declared:
		longest = b.outgrown(longest)
	case !first.whole && first.next >= settledParts && b.expected <= longest:
		longest = max(longest, longAlone)
	}
	b.declared = true
	b.declareAtLeast(longest)
}

// outgrown returns what is to be declared once a segment is as long as longest: nothing new as long as that rounds to what is declared.
func (b *Broadcast) outgrown(longest time.Duration) time.Duration {
	if longest.Round(time.Second) <= b.tracks[0].window.SegmentTarget.Round(time.Second) {
		return 0
	}
	for _, step := range steps {
		if longest.Round(time.Second) <= step {
			return step
		}
	}
	return longest
}

func (b *Broadcast) declareAtLeast(longest time.Duration) {
	for _, t := range b.tracks {
		t.window.SegmentTarget = max(t.window.SegmentTarget, longest)
	}
}
