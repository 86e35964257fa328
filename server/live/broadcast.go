package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"shoal/segment"
	"shoal/server/event"
	"shoal/server/ingest"
	"shoal/server/live/pulse"
	"shoal/server/origin"
	"shoal/server/pack"
)

// firstMSN is the media sequence number of an epoch's first segment: the numbers grow from epoch to epoch.
func firstMSN(epoch uint64) uint64 { return epoch << 20 }

// broadcast is one channel from its first publisher to Idle after its last.
type broadcast struct {
	// set once
	live    *Live
	channel Channel
	calls   chan call
	landed  chan func()   // what rungs bring
	done    chan struct{} // closed when the goroutine has ended and the broadcast is forgotten

	state      atomic.Pointer[State]
	publishing atomic.Pointer[publisher] // the same as publisher, for others
	rate       rate
	pulse      pulse.Pulse

	// owned by run
	ctx        context.Context
	publisher  *publisher // nil while none is there
	heard      time.Time  // when something last came from a publisher
	epoch      *epoch     // nil before the first Tracks
	over       bool
	texts      int // of the publisher, since textsSince
	textsSince time.Time
	climb      *climb // nil while no rungs are made
	own        *own   // nil while the publisher brings none
}

// epoch is a run of a broadcast under one epoch number.
type epoch struct {
	number  uint64
	origin  *origin.Broadcast
	packer  *pack.Packer
	tracks  []ingest.Track // the publisher's, and then the rungs
	rungs   int            // how many of tracks; fixed for the epoch
	resting segment.Tracks // those of the rungs of which nothing is to be expected for now
	tried   [RungsMax]bool // the publisher's own rungs that lined up when their last run ended
	arrived []time.Time    // by track: when the sample before the one being written came
	broken  error          // why nothing more can be published

	captions pack.Captions // inside the pictures
}

// call is something to be done by the broadcast's goroutine.
type call struct {
	do    func() error
	reply chan error
}

func newBroadcast(l *Live, channel Channel) *broadcast {
	b := &broadcast{live: l, channel: channel, calls: make(chan call), landed: make(chan func()), done: make(chan struct{}), heard: time.Now()}
	b.state.Store(&State{})
	return b
}

// call has the goroutine do something and returns its error, or ErrOver if the broadcast has ended.
func (b *broadcast) call(do func() error) error {
	c := call{do: do, reply: make(chan error, 1)}
	select {
	case b.calls <- c:
		return <-c.reply
	case <-b.done:
		return ErrOver
	}
}

// run is the broadcast's goroutine.
func (b *broadcast) run(ctx context.Context) {
	b.ctx = ctx
	idle := time.NewTimer(min(idleAgain, b.idle()))
	defer idle.Stop()
	for !b.over {
		select {
		case c := <-b.calls:
			c.reply <- b.contained(c.do)
		case land := <-b.landed:
			land()
		case <-idle.C:
			left := b.idle() - time.Since(b.heard)
			if left > 0 {
				idle.Reset(min(idleAgain, left))
				break
			}
			_ = b.contained(func() error { b.end("its publisher did not come back", "within", b.idle()); return nil })
			b.over = true
		case <-ctx.Done():
			_ = b.contained(func() error { b.flush(); return nil })
			b.over = true
		}
	}
	b.comeDown()
	b.state.Store(&State{})
}

// idleAgain is how often it is looked whether a publisher has been away too long: how long that is may be changed.
const idleAgain = 2 * time.Second

// idle is how long the broadcast waits for its publisher.
func (b *broadcast) idle() time.Duration { return b.live.idle(b.channel.ID) }

// attach makes p the publisher.
func (b *broadcast) attach(p *publisher) error {
	if b.publisher != nil && time.Since(b.heard) < SilentMax && !p.Takeover {
		return fmt.Errorf("%w (from %s): stop that one first, wait until it has been silent for %v, or take over by putting "+
			"?takeover=1 behind the stream key", ErrBusy, b.publisher.From, SilentMax)
	}
	if b.publisher != nil {
		why := ErrTaken
		if !p.Takeover {
			why = errSilent
		}
		b.detach(b.publisher, why)
		if b.over {
			return ErrOver
		}
	}
	b.publisher, b.heard = p, time.Now()
	b.publishing.Store(p)
	b.pulse.Connected(b.heard, p.Protocol)
	p.log().Info("publisher connected")
	return nil
}

// detach lets the publisher go and publishes what it left.
func (b *broadcast) detach(p *publisher, why error) {
	if b.publisher != p {
		return
	}
	b.publisher, b.heard = nil, time.Now()
	b.publishing.Store(nil)
	b.pulse.Left(b.heard)
	p.why = why
	close(p.cut)
	b.tellEnd(p, why)
	if b.epoch == nil {
		b.over = true // no media ever came: nobody waits for more
		return
	}
	b.flush()
	b.changed(func(s *State) { s.Publishing = false })
}

// tracks begins a publication's media, or follows a change of parameters.
func (b *broadcast) tracks(p *publisher, tracks []ingest.Track) error {
	if b.publisher != p {
		return p.gone()
	}
	b.heard = time.Now()
	tracks, own := apart(slices.Clone(tracks))
	err := b.follow(tracks)
	if errors.Is(err, pack.ErrTracksChanged) {
		b.end("the publisher's tracks are of other kinds than before")
	}
	if b.epoch == nil {
		err = b.begin(tracks, own)
	}
	if err != nil {
		return err
	}
	b.pulse.Tracks(slices.Concat(tracks, own))
	b.goUp(tracks, own)
	b.changed(func(s *State) { s.Publishing, s.Tracks = true, b.epoch.tracks })
	return nil
}

// follow goes on in the open epoch, if there is one, behind a discontinuity.
func (b *broadcast) follow(tracks []ingest.Track) error {
	e := b.epoch
	if e == nil {
		return nil
	}
	b.comeDown()
	if b.epoch != e { // its last parts could not be published
		return nil
	}
	all := e.with(tracks)
	if err := e.packer.Discontinuity(all, time.Now()); err != nil {
		return b.check(err)
	}
	e.describe(all)
	e.arrived = make([]time.Time, len(all))
	return nil
}

// begin opens a new epoch.
func (b *broadcast) begin(tracks, own []ingest.Track) error {
	registry := b.live.config.Registry
	signer, err := registry.Signer(b.ctx, b.channel.ID)
	if err != nil {
		return fmt.Errorf("cannot sign for channel %s: %w", b.channel.Name, err)
	}
	number, err := registry.NextEpoch(b.ctx, b.channel.ID)
	if err != nil {
		return fmt.Errorf("cannot begin an epoch of channel %s: %w", b.channel.Name, err)
	}
	now := time.Now()
	e := &epoch{number: number, rungs: b.rungs(tracks, own)}
	e.tracks = e.with(tracks)
	e.arrived = make([]time.Time, len(e.tracks))
	publish := func(part pack.Part) error { return b.publish(e, part) }
	if e.packer, err = pack.New(b.live.config.Pack, e.tracks, firstMSN(number), now, publish); err != nil {
		return err
	}
	e.origin, err = b.live.config.Origin.Open(origin.Opening{
		Channel: b.channel.ID, Name: b.channel.Name, Epoch: number, Tracks: len(e.tracks),
		Signer: signer, Wall: now, Master: masterOf(e.tracks, e.captions), Target: b.live.config.Pack.SegmentTarget,
	})
	if err != nil {
		return err
	}
	b.epoch = e
	b.pulse.Captions(nil)
	b.changed(func(s *State) { *s = State{Live: true, Epoch: number, Started: now} })
	b.onAir(true)
	b.log().Info("broadcast started", "epoch", number, "tracks", len(tracks), "rungs", e.rungs)
	b.live.config.Facts.Publish(event.BroadcastStarted{Channel: b.channel.ID, Name: b.channel.Name, Epoch: number, At: now})
	return nil
}

// sample packs one sample.
func (b *broadcast) sample(p *publisher, s ingest.Sample) error {
	if b.publisher != p {
		return p.gone()
	}
	if b.epoch == nil {
		return errors.New("a sample came before the tracks")
	}
	now := time.Now()
	b.heard = now
	b.rate.add(now, len(s.Data))
	b.pulse.Sample(now, s)
	if s.Track >= b.epoch.base() {
		return b.own.take(s)
	}
	err := b.check(b.epoch.packer.Write(s))
	if err == nil {
		b.epoch.arrived[s.Track] = now
		b.climb.sample(s)
		b.own.follow(s)
		b.captions()
	}
	return err
}

// publish is where the Packer's parts go.
func (b *broadcast) publish(e *epoch, part pack.Part) error {
	if e.isRung(part.Track) {
		b.publishRung(e, part)
		return nil
	}
	if e.broken == nil {
		e.origin.Expect(e.packer.Longest()) // before whoever waits for the first segment is told
		e.broken = e.origin.Publish(part)
	}
	if arrived := e.arrived[part.Track]; e.broken == nil && b.live.config.Meter != nil && !arrived.IsZero() {
		b.live.config.Meter.PartPublished(b.channel.ID, time.Since(arrived))
	}
	return e.broken
}

// check ends an epoch that can publish nothing more, so that the next Tracks begins another.
func (b *broadcast) check(err error) error {
	if b.epoch != nil && b.epoch.broken != nil {
		b.end("a part could not be published", "err", b.epoch.broken)
	}
	return err
}

// flush publishes what is pending.
func (b *broadcast) flush() {
	b.comeDown()
	if b.epoch == nil {
		return
	}
	if err := b.check(b.epoch.packer.Flush()); err != nil {
		b.log().Error("the last part is lost", "err", err)
	}
}

// end closes the epoch.
func (b *broadcast) end(why string, args ...any) {
	b.comeDown()
	e := b.epoch
	if e == nil {
		return
	}
	b.epoch = nil
	if err := e.packer.Flush(); err != nil {
		b.log().Error("the last part is lost", "err", err)
	}
	if err := e.origin.End(); err != nil {
		b.log().Error("cannot sign the end of the broadcast", "err", err)
	}
	b.changed(func(s *State) { *s = State{} })
	b.onAir(false)
	b.log().Info("broadcast ended", append([]any{"epoch", e.number, "because", why}, args...)...)
	b.live.config.Facts.Publish(event.BroadcastEnded{Channel: b.channel.ID, Epoch: e.number, At: time.Now()})
}
