package live

import (
	"slices"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// RungsMax bounds the rungs of a broadcast's picture, made or the publisher's own.
const RungsMax = ingest.RungsMax

// madeCodec is what rungs are made in, as playlists begin to name it.
const madeCodec = "avc1"

// Ladder makes smaller rungs of a picture while it plays.
type Ladder interface {
	// Rungs returns how many it would make of a channel's picture now, at most most. rate is in frames a second; 0: not known.
	Rungs(channel id.Channel, width, height int, rate float64, most int) int
	// Without says in a sentence why it would make none, and what would help; "" if nothing stands against it now.
	Without(channel id.Channel, width, height int, rate float64) string
	// Climb begins to make at most so many of one run of a picture, and tells to of them. It does not wait.
	Climb(channel Channel, source ingest.Track, width, height int, rate float64, most int, to Landing) (Climb, error)
}

// Climb makes the rungs of one run.
type Climb interface {
	// Sample hands over the run's next sample. It does not wait, and changes nothing.
	Sample(ingest.Sample)
	// Close says that none follows. What is under way may still come, within a moment, until Done is closed.
	Close()
	Done() <-chan struct{}
}

// Landing hears of the rungs of one Climb, one call after the other.
type Landing interface {
	// Rung describes rung n (0 is the largest) before its samples. fresh says that these do not go on where the rung stopped.
	Rung(n int, t ingest.Track, fresh bool)
	Sample(n int, s ingest.Sample)
	// Rest says that nothing is to be expected of rung n for now.
	Rest(n int)
}

// climb is the making of one run's rungs, as the broadcast's goroutine knows it. A nil climb makes none.
type climb struct {
	broadcast *broadcast
	epoch     *epoch
	source    int // the track that they are made of
	makes     Climb
}

var _ Landing = (*climb)(nil)

func (c *climb) sample(s ingest.Sample) {
	if c != nil && s.Track == c.source {
		c.makes.Sample(s)
	}
}

// Rung is of Landing.
func (c *climb) Rung(n int, t ingest.Track, fresh bool) {
	c.land(func() {
		if err := c.broadcast.rungBegins(c.epoch, c.epoch.rung(n), t, fresh); err != nil {
			c.broadcast.log().Warn("a rung cannot be packed", "track", c.epoch.rung(n), "err", err)
		}
	})
}

// Sample is of Landing.
func (c *climb) Sample(n int, s ingest.Sample) {
	c.land(func() { c.broadcast.rungSample(c.epoch, c.epoch.rung(n), s) })
}

// Rest is of Landing.
func (c *climb) Rest(n int) {
	c.land(func() { c.broadcast.rungRests(c.epoch, c.epoch.rung(n)) })
}

// land hands something to the broadcast's goroutine, which takes it until comeDown has seen the climb's end.
func (c *climb) land(do func()) { c.broadcast.landed <- do }

// picture returns the track that rungs are made of: the publisher's only picture.
func picture(tracks []ingest.Track) (source int, ok bool) {
	source = -1
	for n, t := range tracks {
		if t.Kind == segment.Video && source >= 0 {
			return 0, false // a publisher who sends several has a ladder of his own
		}
		if t.Kind == segment.Video {
			source = n
		}
	}
	return source, source >= 0
}

// rungs returns how many rungs an epoch that begins with these tracks gets: the publisher's own, or those that are made. Their number is
// fixed for it, as playlists are read once; which of them are there may change.
func (b *broadcast) rungs(tracks, own []ingest.Track) int {
	room := min(RungsMax, segment.TracksMax-len(tracks))
	if fit := fitting(tracks, own); fit > 0 {
		return max(0, min(fit, room))
	}
	source, ok := picture(tracks)
	if !ok || !b.laddered() {
		return 0
	}
	width, height, rate := pack.Picture(tracks[source])
	return max(0, b.live.config.Ladder.Rungs(b.channel.ID, width, height, rate, room))
}

// laddered reports whether rungs may be made of the channel's picture.
func (b *broadcast) laddered() bool {
	w := b.live.config.Ways
	return b.live.config.Ladder != nil && (w == nil || w.Laddered(b.channel.ID))
}

// goUp begins with the rungs of a run.
func (b *broadcast) goUp(tracks, own []ingest.Track) {
	taken := b.bring(tracks, own)
	if taken == 0 {
		taken = b.make(tracks)
	}
	b.pulse.Alone(b.without(tracks, own))
	for n := taken; n < b.epoch.rungs; n++ {
		b.rest(b.epoch, segment.Track(b.epoch.rung(n)))
		b.pulse.Beside(n, "")
	}
}

// without says what would help if no rung stands beside the picture, or one that not everybody can play.
func (b *broadcast) without(tracks, own []ingest.Track) string {
	source, ok := picture(tracks)
	switch {
	case len(own) > 0:
		return "Or send one picture of your own ladder in H.264."
	case !ok:
		return ""
	case !b.laddered():
		return "Or have smaller pictures turned on, which are H.264 (the setting ladder; the server needs ffmpeg)."
	}
	width, height, rate := pack.Picture(tracks[source])
	if why := b.live.config.Ladder.Without(b.channel.ID, width, height, rate); why != "" {
		return why
	}
	return "A smaller picture, which would be H.264, is not made just now: the machine is too slow for it, or the broadcast began without one."
}

// make begins to make the rungs of a run, and returns how many are to come.
func (b *broadcast) make(tracks []ingest.Track) int {
	source, ok := picture(tracks)
	if !ok || b.epoch.rungs == 0 || !b.laddered() {
		return 0
	}
	width, height, rate := pack.Picture(tracks[source])
	c := &climb{broadcast: b, epoch: b.epoch, source: source}
	var err error
	if c.makes, err = b.live.config.Ladder.Climb(b.channel, tracks[source], width, height, rate, b.epoch.rungs, c); err != nil {
		b.log().Warn("no rungs are made", "err", err)
		return 0
	}
	b.climb = c
	for n := range b.epoch.rungs { // as long as nothing else is heard of them
		b.pulse.Beside(n, madeCodec)
	}
	return b.epoch.rungs
}

// comeDown ends the rungs of a run, and takes what is still under way.
func (b *broadcast) comeDown() {
	b.own.finish()
	b.own = nil
	c := b.climb
	if c == nil {
		return
	}
	b.climb = nil
	c.makes.Close()
	for {
		select {
		case land := <-b.landed:
			land()
		case <-c.makes.Done():
			return
		}
	}
}

// rungBegins hears what a rung is.
func (b *broadcast) rungBegins(e *epoch, n int, t ingest.Track, fresh bool) error {
	if b.epoch != e || n >= len(e.tracks) {
		return nil
	}
	if err := e.packer.Describe(n, t, fresh); err != nil {
		return err
	}
	all := slices.Clone(e.tracks)
	all[n] = t
	e.describe(all)
	b.changed(func(s *State) { s.Tracks = all })
	b.pulse.Beside(n-e.base(), pack.CodecName(t))
	return nil
}

// rungSample packs a sample of a rung. What is wrong with it costs the rung alone.
func (b *broadcast) rungSample(e *epoch, n int, s ingest.Sample) {
	if b.epoch != e || n >= len(e.tracks) {
		return
	}
	s.Track = n
	e.arrived[n] = time.Now()
	if err := e.packer.Write(s); err != nil {
		b.log().Warn("a picture of a rung is lost", "track", n, "err", err)
	}
}

func (b *broadcast) rungRests(e *epoch, n int) {
	if b.epoch == e && n < len(e.tracks) {
		b.rest(e, segment.Track(n))
		b.pulse.Beside(n-e.base(), "")
	}
}

// rest sends the viewers of a rung elsewhere until its next part.
func (b *broadcast) rest(e *epoch, n segment.Track) {
	e.origin.Rest(n)
	b.resting(e, e.resting|1<<n)
}

// resting notes which rungs rest.
func (b *broadcast) resting(e *epoch, tracks segment.Tracks) {
	if e.resting != tracks {
		e.resting = tracks
		b.changed(func(s *State) { s.Resting = tracks })
	}
}

// publishRung publishes a rung's part. If it cannot be, the rung rests: the source is not to be harmed.
func (b *broadcast) publishRung(e *epoch, part pack.Part) {
	if err := e.origin.Publish(part); err != nil {
		b.log().Warn("a part of a rung is not published", "track", part.Track, "err", err)
		b.rest(e, part.Track)
		return
	}
	b.resting(e, e.resting&^(1<<part.Track))
}

// rung is the number of the track that rung n is.
func (e *epoch) rung(n int) int { return e.base() + n }

// base is how many tracks are no rungs.
func (e *epoch) base() int { return len(e.tracks) - e.rungs }

func (e *epoch) isRung(n segment.Track) bool { return int(n) >= e.base() }

// with returns the publisher's tracks and behind them the epoch's rungs, as far as they are known.
func (e *epoch) with(tracks []ingest.Track) []ingest.Track {
	all := slices.Clone(tracks)
	for range e.rungs {
		all = append(all, pack.Rung())
	}
	return all
}

// describe notes what the tracks are, for the multivariant playlist.
func (e *epoch) describe(all []ingest.Track) {
	e.tracks = all
	e.origin.Describe(masterOf(all, e.captions))
}
