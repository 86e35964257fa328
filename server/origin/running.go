package origin

import (
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/pack"
)

// Running is a broadcast that has not ended.
type Running struct {
	Channel id.Channel
	Name    id.Name
	Epoch   uint64
	Started time.Time // wall-clock time of its first sample
}

// Running returns the newest broadcast of each channel, unless it has ended.
func (o *Origin) Running() (all []Running) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, kept := range o.channels {
		if len(kept) == 0 {
			continue
		}
		b := kept[len(kept)-1]
		b.mu.Lock()
		if b.ended.IsZero() {
			all = append(all, Running{b.opening.Channel, b.opening.Name, b.opening.Epoch, b.opening.Wall})
		}
		b.mu.Unlock()
	}
	return all
}

// NewestKey returns the newest part of a broadcast's first picture that begins with a key frame, its init segment, which both are
// not to be changed, and its wall-clock time. ok is false while there is none.
func (o *Origin) NewestKey(channel id.Channel, epoch uint64) (init, data []byte, wall time.Time, ok bool) {
	o.mu.RLock()
	kept := o.channels[channel]
	o.mu.RUnlock()
	if len(kept) == 0 || kept[len(kept)-1].opening.Epoch != epoch {
		return nil, nil, time.Time{}, false
	}
	b := kept[len(kept)-1]
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tracks {
		last := t.last()
		if last == nil {
			continue
		}
		if is, err := pack.ReadTrack(last.init); err != nil || is.Kind != segment.Video {
			continue
		}
		for n := len(t.parts) - 1; n >= 0; n-- {
			if s := t.parts[n]; s.manifest.Independent {
				return s.init, s.data, time.UnixMilli(int64(s.manifest.WallMS)), true
			}
		}
		return nil, nil, time.Time{}, false
	}
	return nil, nil, time.Time{}, false
}
