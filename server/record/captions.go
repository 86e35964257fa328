package record

import (
	"shoal/server/event"
	"shoal/server/pack/caption"
)

// captioned is which captions the newest epoch of a channel carries.
type captioned struct {
	epoch uint64
	seen  caption.Seen
}

// caption notes captions that the pictures of a broadcast carry: before its recording begins, or while it grows.
func (r *Recorder) caption(f event.CaptionsSeen) {
	r.captions[f.Channel] = captioned{f.Epoch, caption.Parse(f.IDs)}
	t := r.tapes[f.Channel]
	if t == nil || t.rec.Key.Epoch != f.Epoch {
		return
	}
	t.rec.mu.Lock()
	defer t.rec.mu.Unlock()
	t.rec.summary.Captions.Seen = caption.Parse(f.IDs)
	clear(t.rec.rendered)
}

// seen is what was noted of a broadcast.
func (r *Recorder) seen(key Key) caption.Seen {
	if c := r.captions[key.Channel]; c.epoch == key.Epoch {
		return c.seen
	}
	return caption.Seen{}
}
