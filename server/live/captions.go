package live

import "shoal/server/event"

// captions tells of captions inside the pictures that were not seen before.
func (b *broadcast) captions() {
	e := b.epoch
	seen := e.packer.Captions()
	if seen == e.captions.Seen {
		return
	}
	e.captions.Seen = seen
	e.describe(e.tracks)
	ids := seen.IDs()
	b.changed(func(s *State) { s.Captions = ids })
	b.pulse.Captions(ids)
	b.log().Info("the picture carries captions", "epoch", e.number, "captions", ids)
	b.live.config.Facts.Publish(event.CaptionsSeen{Channel: b.channel.ID, Epoch: e.number, IDs: ids})
}
