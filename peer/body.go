package peer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"shoal/id"
	"shoal/peer/door"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
	"shoal/wire/signal"
)

const (
	// inboxMax bounds what waits for the engine. Whoever brings more waits: links slow their peers down.
	inboxMax = 256
	// sayMax bounds what waits to be told to the tracker. More is lost, as it would be on a broken connection.
	sayMax = 256
	// tickEvery is how often the player moves, tellEvery how often counts are published.
	tickEvery = 20 * time.Millisecond
	tellEvery = 100 * time.Millisecond
	// reportEvery is how often the tracker hears the counts.
	reportEvery = 5 * time.Second
	// fetchesMax bounds the requests to the origin under way.
	fetchesMax = 32
)

// body carries one engine. Only the goroutine of run touches what is in it; others post.
type body struct {
	*visit
	birth   time.Time
	birthUS int64 // of the server's clock
	engine  *swarm.Engine
	outs    []swarm.Output
	later   []swarm.Input // answers to outputs, stepped before anything else
	inbox   chan func()
	say     chan signal.FromViewer

	wg      sync.WaitGroup // links and requests
	ctx     context.Context
	store   *store
	player  *player
	screen  *screen
	lanes   *lanes
	stripes *stripes
	fetches int

	chosen   choice
	playedAt time.Time // when something was played last
	lookedAt time.Time // when it was last asked what is made
	looking  bool      // it is being asked

	stats  Stats
	told   signal.Report // what the tracker heard so far
	tellAt time.Time
	report time.Time
	tape   *bufio.Writer
	record []byte
}

func newBody(v *visit, pass door.Pass, c swarm.Config, chosen choice) *body {
	config := v.peer.config
	b := &body{
		visit: v, birth: pass.At, birthUS: pass.WallMS * 1000, engine: swarm.New(c), inbox: make(chan func(), inboxMax), say: make(chan signal.FromViewer, sayMax),
		store: newStore(config.MemoryBytes), chosen: chosen,
	}
	b.stats.Peer = pass.Peer.String()
	bornUS := pass.WallMS*1000 - pass.At.Sub(v.started).Microseconds()
	b.player = newPlayer(chosen.tracks, config.Latency.Microseconds(), bornUS, &b.stats)
	b.screen = newScreen(config.Sink)
	b.lanes = newLanes(b)
	b.stripes = newStripes(b)
	if config.Tape != nil {
		b.tape = bufio.NewWriter(config.Tape)
		_, _ = b.tape.Write(tape.AppendHead(nil, c)) // bufio keeps the error for Flush
	}
	return b
}

// post has the engine's goroutine do f. It waits for room.
func (b *body) post(ctx context.Context, f func()) {
	select {
	case b.inbox <- f:
	case <-ctx.Done():
	}
}

// now is the engine's time, in whole microseconds: tapes hold no less, and must replay to the same decisions.
func (b *body) now() span.Span { return span.Span(time.Since(b.birth).Truncate(time.Microsecond)) }

// wallUS returns the server's clock.
func (b *body) wallUS() int64 {
	return b.birthUS + time.Since(b.birth).Microseconds()
}

// run is the one goroutine of the engine. When it returns, links and requests have ended.
func (b *body) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	b.ctx = ctx
	defer b.wg.Wait()
	b.wg.Go(func() { b.lanes.outlet.Run(ctx) })
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			b.publish()
			return b.flush()
		case f := <-b.inbox:
			f()
		case <-timer.C:
		}
		b.advance()
		b.lanes.flush()
		timer.Reset(b.nap())
	}
}

// nap returns how long nothing has to be done.
func (b *body) nap() time.Duration {
	nap := tickEvery
	if at, ok := b.engine.Wake(); ok {
		nap = min(nap, time.Duration(at-b.now())+time.Microsecond)
	}
	if b.lanes.waiting() {
		nap = min(nap, drainEvery)
	}
	return max(nap, 0)
}

// advance does what has fallen due.
func (b *body) advance() {
	if at, ok := b.engine.Wake(); ok && b.now() >= at {
		b.step(swarm.Tick{})
	}
	b.lanes.advance()
	b.player.advance(b.wallUS())
	b.serve()
	if head, ok := b.player.playhead(); ok {
		b.step(head)
	}
	now := time.Now()
	b.look(now)
	if now.After(b.tellAt) {
		b.tellAt = now.Add(tellEvery)
		b.lanes.account()
		b.publish()
	}
	if now.After(b.report) {
		b.report = now.Add(reportEvery)
		b.tell()
	}
}

// serve does what the player asks for.
func (b *body) serve() {
	for len(b.player.wants) > 0 {
		w := b.player.wants[0]
		b.player.wants = b.player.wants[1:]
		if w.direct {
			b.fetchWhole(w.part)
		} else {
			b.step(swarm.Wanted{Part: w.part})
		}
	}
}

// step gives in to the engine, and what its outputs bring about at once.
func (b *body) step(in swarm.Input) {
	b.later = append(b.later, in)
	if len(b.later) > 1 {
		return // called from an output: the loop below, further up the stack, goes on with it
	}
	for len(b.later) > 0 {
		now := b.now()
		if b.tape != nil {
			b.record = tape.AppendFramed(b.record[:0], now, b.later[0])
			_, _ = b.tape.Write(b.record) // bufio keeps the error for Flush
		}
		b.outs = b.engine.Step(now, b.later[0], b.outs[:0])
		for _, o := range b.outs {
			b.do(o)
		}
		b.later = b.later[1:]
	}
	b.later = nil
}

func (b *body) flush() error {
	if b.tape == nil {
		return nil
	}
	return b.tape.Flush()
}

// hear takes in what the tracker says. It runs on the talker's goroutine.
func (b *body) hear(ctx context.Context, f door.Frame) {
	if f.Record != nil {
		in := swarm.Offered{From: id.Origin, Digest: sha256.Sum256(f.Record), Data: f.Record}
		b.post(ctx, func() { b.step(in) })
		return
	}
	b.post(ctx, func() { b.heed(f.Message) })
}

func (b *body) heed(m signal.FromTracker) {
	switch m := m.(type) {
	case signal.Peers:
		for _, p := range m.Expect {
			b.lanes.expect(p)
			b.step(swarm.Introduced{Peer: p, Near: slices.Contains(m.Near, p)})
		}
		for _, p := range m.Dial {
			b.step(swarm.Introduced{Peer: p, Dial: true, Near: slices.Contains(m.Near, p)})
		}
	case signal.Signalled:
		b.lanes.heed(m)
	case signal.Gone:
		b.lanes.gone(m.Peer)
	case signal.Seed:
		if b.peer.config.UplinkBytesPerSecond > 0 { // who gives nothing fetches for nobody
			b.stripes.seed(m.Stripes)
		}
		b.step(swarm.Seeding{Stripes: m.Stripes})
	case signal.Relay:
		b.lanes.admit(m)
	case signal.Sharing: // when it is on again the tracker has us join again
		if b.lanes.alone = m.Off; m.Off {
			b.log.Info("the channel is watched from the server only")
			b.lanes.part()
		}
	case signal.Welcome:
		b.viewers.Store(int64(m.Viewers))
		b.lanes.alone = false // unless it is said next
	case signal.Viewers:
		b.viewers.Store(int64(m.N))
	case signal.Ended:
		b.player.ended = true
	}
}

// welcomed begins a session: the first, or one after the tracker came back.
func (b *body) welcomed(pass door.Pass) {
	b.stats.Sessions++
	b.stats.Peer = pass.Peer.String()
	b.lanes.renew(pass.Peer, servers(pass))
	if b.chosen.follows != segment.AllTracks { // the tracker hears it after each hello
		b.follow()
	}
	if b.stats.Sessions > 1 {
		b.step(swarm.Tracked{Up: true})
	}
}

// talk queues m for the tracker, or loses it.
func (b *body) talk(m signal.FromViewer) {
	select {
	case b.say <- m:
	default:
	}
}

// tell reports to the tracker what happened since it last heard.
func (b *body) tell() {
	s := &b.stats
	sum := signal.Report{
		HTTPBytes: s.OriginBytes, PeerBytes: s.PeerBytes, UploadBytes: s.UploadBytes, Verified: s.Verified, Refused: s.Refused,
		Stalls: s.Stalls, StalledMS: uint64(s.StalledMS),
	}
	t := b.told
	b.told = sum
	b.talk(signal.Report{
		HTTPBytes: sum.HTTPBytes - t.HTTPBytes, PeerBytes: sum.PeerBytes - t.PeerBytes, UploadBytes: sum.UploadBytes - t.UploadBytes,
		Verified: sum.Verified - t.Verified, Refused: sum.Refused - t.Refused, Stalls: sum.Stalls - t.Stalls, StalledMS: sum.StalledMS - t.StalledMS,
	})
}

// publish makes the counts visible to Stats.
func (b *body) publish() {
	b.stats.Playing = b.player.playing
	b.stats.BufferMS = b.player.bufferUS() / 1000
	if b.player.started {
		b.stats.LatencyMS = (b.player.nowUS - b.player.posUS) / 1000
	}
	b.stats.Lines = b.chosen.lines
	b.stats.Links = b.lanes.open()
	b.stats.MemoryBytes, b.stats.MemoryMost = b.store.used, b.store.most
	s := b.stats
	b.peer.stats.Store(&s)
}
