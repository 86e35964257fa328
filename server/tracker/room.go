package tracker

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"shoal/coord"
	"shoal/id"
	"shoal/segment"
	"shoal/server/event"
	"shoal/wire/signal"
)

// room is one place with at least one viewer. One goroutine, run, owns all of it but the fields that say otherwise; it
// never waits for a viewer, so letters never wait long.
type room struct {
	tracker *Tracker
	place
	users   int           // guarded by tracker.mu: connections that entered
	empty   chan struct{} // closed when users comes back to 0
	letters chan letter

	viewers, sharing, links atomic.Int64 // for Counts

	began   time.Time
	mind    *coord.Mind
	members map[id.Peer]*viewer
	tips    map[segment.Track]segment.Part // the last part told, at most segment.TracksMax
	late    []late                         // at most lateMax, oldest first
	told    signal.Viewers
	alone   bool // nobody is introduced: the channel's viewers may not share
	outputs []coord.Output
}

// letter is something for the owner of a room.
type letter interface{ letter() }

type joined struct{ v *viewer }
type left struct {
	v    *viewer
	done chan<- struct{} // closed once the viewer is forgotten
}
type said struct {
	v *viewer
	m signal.FromViewer
}
type happened struct{ f event.Fact }

func (joined) letter()   {}
func (left) letter()     {}
func (said) letter()     {}
func (happened) letter() {}

func newRoom(t *Tracker, at place) *room {
	begin := coord.New
	if at.epoch > 0 {
		begin = coord.NewRecorded
	}
	return &room{
		tracker: t, place: at, empty: make(chan struct{}), letters: make(chan letter, lettersMax),
		began: t.now(), mind: begin(random()), members: map[id.Peer]*viewer{}, tips: map[segment.Track]segment.Part{},
	}
}

// post gives a letter to the owner. It waits while too many lie there; letters to a room that ended are dropped.
func (r *room) post(l letter) {
	select {
	case r.letters <- l:
	case <-r.empty:
	}
}

func (r *room) run() {
	beat := time.NewTicker(viewersEvery)
	defer beat.Stop()
	for {
		select {
		case <-r.empty:
			return
		case <-beat.C:
			r.step(coord.Tick{})
			r.rest()
		case l := <-r.letters:
			r.open(l)
		}
	}
}

func (r *room) open(l letter) {
	switch l := l.(type) {
	case joined:
		r.join(l.v)
	case left:
		r.leave(l.v)
		close(l.done)
	case said:
		if r.members[l.v.peer] == l.v {
			r.hear(l.v, l.m)
		}
	case happened:
		r.happen(l.f)
	}
}

func (r *room) join(v *viewer) {
	if old := r.members[v.peer]; old != nil {
		old.end(websocket.StatusPolicyViolation, "replaced", "The same session connected again.")
		r.leave(old)
	}
	r.heed() // before it: who just came is told once
	r.members[v.peer] = v
	r.viewers.Store(int64(len(r.members)))
	v.say(signal.Welcome{Peer: v.peer, Viewers: len(r.members), ServerTimeMS: uint64(r.tracker.now().UnixMilli())})
	if r.alone {
		v.say(signal.Sharing{Off: true})
	}
	if v.mode != Share {
		return
	}
	r.brief(v) // also who is alone checks what it plays
	if r.alone {
		return
	}
	r.tracker.directory.add(v.peer, r.channel, []netip.Addr{v.at})
	r.step(coord.Joined{Peer: v.peer, Prefix: prefixOf(v.from), Share: true})
}

func (r *room) leave(v *viewer) {
	if r.members[v.peer] != v {
		return
	}
	r.forget(v)
	r.step(coord.Left{Peer: v.peer})
}

func (r *room) forget(v *viewer) {
	delete(r.members, v.peer)
	r.viewers.Store(int64(len(r.members)))
	r.links.Add(int64(-v.linked))
	v.linked = 0
	r.tracker.directory.remove(v.peer)
}

func (r *room) hear(v *viewer, m signal.FromViewer) {
	if m, ok := m.(signal.Report); ok { // watchers report too: what comes from the server, and how they fare
		r.report(v, m)
		return
	}
	if v.mode != Share || r.alone && !ofRecords(m) {
		return
	}
	switch m := m.(type) {
	case signal.Signal:
		r.carry(v, m)
	case signal.Linked:
		n := min(m.Peers, coord.MetMax)
		r.links.Add(int64(n - v.linked))
		v.linked = n
		r.apply(v)
	case signal.Able:
		r.step(coord.Able{Peer: v.peer, Slots: m.Slots})
	case signal.Records:
		r.wean(v, m.FromPeers)
	case signal.Follow:
		v.wants = m.Tracks
		r.turn(v)
	case signal.At:
		r.step(coord.At{Peer: v.peer, PositionMS: int64(m.PositionMS % placesMS)})
	case signal.More:
		r.step(coord.MorePlease{Peer: v.peer})
	case signal.Refused:
		r.step(coord.Complained{By: v.peer, About: m.Peer})
	}
}

// apply tells coord how many connections a viewer says it has, unless that just changed: each change may move stripes, and
// a viewer that flickers must not make the others run. rest does the others.
func (r *room) apply(v *viewer) {
	now := r.tracker.now()
	if v.linked == v.applied || v.linked > 0 && v.applied > 0 || now.Sub(v.linkedAt) < linkedPause {
		return
	}
	v.applied, v.linkedAt = v.linked, now
	r.step(coord.Linked{Peer: v.peer, N: v.linked})
}

// turn has a viewer follow what it says it does, unless that just changed; rest does it then.
func (r *room) turn(v *viewer) {
	now := r.tracker.now()
	if v.wants == v.follows || now.Sub(v.turnedAt) < turnPause {
		return
	}
	found := v.wants &^ v.follows
	v.follows, v.turnedAt = v.wants, now
	r.recount(v, found)
	r.step(coord.Follows{Peer: v.peer, Tracks: v.follows})
}

func (r *room) report(v *viewer, m signal.Report) {
	now := r.tracker.now()
	if !v.reports.take(now, rate{reportsPerSecond, reportsAtOnce}) {
		return
	}
	r.tracker.meter.Reported(r.channel, credible(m, now.Sub(v.reported)))
	v.reported = now
}

// rest does what is done now and then: late changes, and the counts if they changed.
func (r *room) rest() {
	r.heed() // a fact may be lost
	now := r.tracker.now()
	for _, v := range r.members {
		if now.Sub(v.began) > viewersEvery {
			v.fresh = nil
		}
		r.apply(v)
		r.turn(v)
		r.carryLate(v)
		r.renew(now, v)
	}
	count := signal.Viewers{N: len(r.members), Sharing: r.mind.Sharing()}
	if count != r.told {
		r.told = count
		r.tell(count)
	}
}

// renew gives a viewer new credentials of the relay in time: the first ones are as old as its token, which may be TokenLife, and half of
// what is left is for chance.
func (r *room) renew(now time.Time, v *viewer) {
	c := r.tracker.config
	if c.Relay == nil || v.mode != Share || r.alone || now.Sub(v.renewed) < (c.RelayFor-TokenLife)/2 {
		return
	}
	v.renewed = now
	username, password := c.Relay.Credentials(r.channel, v.peer)
	v.say(signal.Relay{Username: username, Credential: password})
}

// step lets coord think and does what it says.
func (r *room) step(in coord.Input) {
	r.outputs = r.mind.Step(r.tracker.now().Sub(r.began), in, r.outputs[:0])
	r.sharing.Store(int64(r.mind.Sharing()))
	for _, o := range r.outputs {
		if _, ban := o.(coord.Ban); r.alone && !ban {
			continue // what moves from who was isolated to who will be
		}
		switch o := o.(type) {
		case coord.Introduce:
			r.introduce(o)
		case coord.Parted:
			for _, p := range o.To {
				if q := r.members[p]; q != nil {
					delete(q.carried, o.Peer)
					q.say(signal.Gone{Peer: o.Peer})
				}
			}
		case coord.Seed:
			if v := r.members[o.Peer]; v != nil {
				v.say(signal.Seed{Stripes: o.Stripes})
			}
		case coord.Ban:
			if v := r.members[o.Peer]; v != nil {
				v.end(websocket.StatusPolicyViolation, "banned", "Others refused what this session sent. It may come back in ten minutes.")
				r.forget(v)
			}
		}
	}
	clear(r.outputs)
}

// introduce tells both sides. They may have met before, and lost each other: then they have as many tries again.
func (r *room) introduce(o coord.Introduce) {
	if v := r.members[o.Newcomer]; v != nil {
		for _, p := range o.To {
			delete(v.carried, p)
		}
		v.say(signal.Peers{Dial: o.To, Near: o.Near})
	}
	for _, p := range o.To {
		if q := r.members[p]; q != nil {
			delete(q.carried, o.Newcomer)
			said := signal.Peers{Expect: []id.Peer{o.Newcomer}}
			if slices.Contains(o.Near, p) {
				said.Near = said.Expect
			}
			q.say(said)
		}
	}
}

// placesMS is what coord believes of a position: a year. A viewer tells the time of day when what it plays was sent; only how far
// viewers are apart matters, so the year can go.
const placesMS = 365 * 24 * 3600 * 1000
