package swarm

import (
	"shoal/span"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm/have"
	"shoal/swarm/pick"
	"shoal/swarm/roster"
	"shoal/swarm/route"
	"shoal/swarm/share"
	"shoal/swarm/trust"
)

// Engine is one viewer's mind in one channel. Make it with New.
type Engine struct {
	config Config
	now    span.Span
	wake   span.Span
	out    []Output // of the step under way

	neighbours roster.Roster[neighbour]
	shelf      have.Shelf
	records    trust.Records
	bans       trust.Bans
	desk       pick.Desk
	upload     share.Desk
	route      *route.Table
	sends      []share.Send // as last let out, to be used again
	slots      share.Slots
	able       int // slots as the coordinator was last told
	follows    segment.Tracks
	rates      [segment.TracksMax]int // bytes per second of each track, smoothed
	slotted    int                    // rate that a slot is a sixteenth of, as last used
	turned     bool                   // other tracks are followed since
	early      []early
	supply     supply
	fresh      bool // there are pieces to announce
	sweptAt    span.Span
	placedAt   span.Span                 // of a recording: when the coordinator was told where we are
	next       [segment.TracksMax]uint64 // the same: the seq that the player asked for last
}

// neighbour is a peer with an open connection.
type neighbour struct {
	greeted   bool           // it said Hello
	tracks    segment.Tracks // that it follows; until it says so it is told of all
	allowance trust.Allowance
	dealtAt   span.Span // of a recording: when a piece was last asked or had
}

// early is a piece that came before the record of its part.
type early struct {
	Arrived
	at span.Span
}

// New returns an engine that has seen nothing yet.
func New(c Config) *Engine {
	e := &Engine{config: c, wake: pick.Never, follows: segment.AllTracks}
	e.route = route.New(c.Seed, e.queueMS)
	e.records.Channel = c.Channel
	e.placedAt = -placeEvery
	e.desk.Recorded, e.shelf.Recorded, e.records.Recorded, e.upload.Recorded, e.route.Idle = c.Recorded, c.Recorded, c.Recorded, c.Recorded, c.Recorded
	e.upload.SetUplink(0, c.UplinkBytesPerSecond)
	return e
}

// Step tells the engine what happened at now (time since its birth; it never runs backwards) and appends what to do
// about it.
func (e *Engine) Step(now span.Span, in Input, out []Output) []Output {
	e.now = max(e.now, now-now%span.Microsecond) // as tapes have it
	if e.wake < e.now {
		e.upload.Late(e.now, e.now-e.wake)
	}
	e.out = out
	e.hear(in)
	e.think()
	out, e.out = e.out, nil
	return out
}

// Wake returns when the engine wants a Tick if nothing else happens; ok is false if never.
func (e *Engine) Wake() (at span.Span, ok bool) { return e.wake, e.wake != pick.Never }

// Pace returns how many bytes per second the line takes without a queue on it, everything included, as far as it has shown; 0 is not
// known. A body that can let packets out one by one lets none out faster.
func (e *Engine) Pace() int { return e.upload.Pace() }

// hear routes an input to who knows what it means.
func (e *Engine) hear(in Input) {
	switch in := in.(type) {
	case Tick:
	case Introduced:
		e.introduced(in)
	case PeerUp:
		e.peerUp(in.Peer)
	case PeerDown:
		e.forget(in.Peer)
	case Said:
		e.said(in)
	case Drained:
		e.upload.Drained(e.now, in.Peer, in.Buffered)
	case Offered:
		e.offered(in)
	case SignatureChecked:
		e.signatureChecked(in)
	case Seeding:
		e.route.Seed(e.now, in.Stripes)
	case Playhead:
		jumped := e.desk.Report(e.now, in.WallMS, in.BufferMS, in.Playing)
		if e.config.Recorded {
			e.place(in.WallMS, jumped)
		}
	case Wanted:
		e.wanted(in.Part)
	case Arrived:
		e.arrived(in)
	case Checked:
		e.checked(in)
	case Tracked:
		e.supply.tracked(in.Up)
	case Fetched:
		if e.recordFetched(in) {
			return
		}
		e.desk.Fetched(e.now, &e.shelf, in.Ref, in.Failed)
	case Evicted:
		e.evicted(in.Part)
	case Following:
		e.follow(in.Tracks)
	case Uplink:
		e.upload.SetUplink(e.now, in.BytesPerSecond)
	case Overhead:
		e.upload.Spend(e.now, in.Bytes)
	}
}

// think does what has fallen due, whatever was heard, and sets when to think again.
func (e *Engine) think() {
	e.wake = pick.Never
	e.expire()
	e.restock()
	e.answer()
	e.plan()
	e.steer()
	e.serve()
	e.announce()
}

func (e *Engine) do(o Output) { e.out = append(e.out, o) }

func (e *Engine) note(what Event, peer id.Peer, part segment.Part) {
	e.do(Note{What: what, Peer: peer, Part: part})
}

// later asks for a Tick at or before at.
func (e *Engine) later(at span.Span) {
	at = max(at, e.now+span.Microsecond)
	e.wake = min(e.wake, at+(span.Microsecond-at%span.Microsecond)%span.Microsecond)
}

// wallMS returns the wall clock now.
func (e *Engine) wallMS() int64 { return e.config.BirthWallMS + int64(e.now/span.Millisecond) }
