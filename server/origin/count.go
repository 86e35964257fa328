package origin

import (
	"cmp"
	"slices"
	"sync/atomic"

	"shoal/id"
	"shoal/segment"
)

type counter struct {
	channel id.Channel
	track   segment.Track
}

// Written is how many media bytes of a track were written to viewers since the process began.
type Written struct {
	Channel id.Channel
	Track   segment.Track
	Bytes   uint64
}

// Count adds bytes that were really written. The door that wrote them calls it, once per answer or more often.
func (o *Origin) Count(channel id.Channel, track segment.Track, bytes int64) {
	if bytes <= 0 {
		return
	}
	key := counter{channel: channel, track: track}
	o.mu.RLock()
	n := o.written[key]
	o.mu.RUnlock()
	if n == nil {
		o.mu.Lock()
		if n = o.written[key]; n == nil {
			n = new(atomic.Uint64)
			o.written[key] = n
		}
		o.mu.Unlock()
	}
	n.Add(uint64(bytes))
}

// Written returns all counts, in a fixed order.
func (o *Origin) Written() []Written {
	o.mu.RLock()
	defer o.mu.RUnlock()
	all := make([]Written, 0, len(o.written))
	for key, n := range o.written {
		all = append(all, Written{Channel: key.channel, Track: key.track, Bytes: n.Load()})
	}
	slices.SortFunc(all, func(a, b Written) int {
		return cmp.Or(slices.Compare(a.Channel[:], b.Channel[:]), cmp.Compare(a.Track, b.Track))
	})
	return all
}
