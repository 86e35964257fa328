package record

import (
	"time"

	"shoal/id"
)

// Keeping is what is kept of a channel's broadcasts.
type Keeping struct {
	Keep   bool          // recordings are kept after the broadcast
	Rewind time.Duration // how far back a running broadcast may be played; 0 means not at all
	Days   int           // recordings are deleted after so many days; 0 means never
	Bytes  int64         // the channel's oldest are deleted beyond so many bytes; 0 means never, but for the bound on all channels
}

// Channels knows what is kept of each channel. It does not wait.
type Channels interface {
	Keeping(channel id.Channel) Keeping
}

// keeping returns what is kept of a channel from now on.
func (r *Recorder) keeping(channel id.Channel) Keeping {
	if r.config.Channels != nil {
		return r.config.Channels.Keeping(channel)
	}
	return Keeping{Keep: r.config.Keep, Rewind: r.config.Rewind, Days: r.config.Days}
}

// plan is what is kept of an epoch: it stays as it was when the epoch began.
type plan struct {
	epoch uint64
	Keeping
}

// plan settles what is kept of an epoch: as is said now.
func (r *Recorder) plan(key Key) Keeping {
	k := r.keeping(key.Channel)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plans[key.Channel] = plan{key.Epoch, k}
	return k
}

// planned returns what is kept of an epoch.
func (r *Recorder) planned(key Key) Keeping {
	if k, ok := r.Planned(key.Channel, key.Epoch); ok {
		return k
	}
	return r.plan(key) // its beginning was missed
}

// Planned returns what is kept of a channel's newest epoch, whatever was set since it began; ok is false for another one, and for one whose beginning
// was not heard of yet.
func (r *Recorder) Planned(channel id.Channel, epoch uint64) (k Keeping, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, known := r.plans[channel]
	return p.Keeping, known && p.epoch == epoch
}

// discardOld deletes what is older than its channel says.
func (r *Recorder) discardOld() {
	for _, s := range r.sealed() {
		days := r.keeping(s.Key.Channel).Days
		if days > 0 && s.Ended.Before(r.now().AddDate(0, 0, -days)) {
			r.remove(s, "it is older than keep_days")
		}
	}
}

// shrinkEach deletes the oldest recordings of each channel that has more than it may have.
func (r *Recorder) shrinkEach() {
	sealed := r.sealed()
	has := make(map[id.Channel]int64)
	for _, s := range sealed {
		has[s.Key.Channel] += s.Bytes
	}
	for channel, t := range r.tapes {
		has[channel] += t.rec.Summary().Bytes
	}
	for _, s := range sealed {
		most := r.keeping(s.Key.Channel).Bytes
		if most > 0 && has[s.Key.Channel] > most && r.remove(s, "recordings of the channel take more than its keep_gb") {
			has[s.Key.Channel] -= s.Bytes
		}
	}
}
