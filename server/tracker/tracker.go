package tracker

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"shoal/id"
	"shoal/server/event"
	"shoal/wire/signal"
)

// Config is what an operator may choose about the tracker. Zero limits are the package's.
type Config struct {
	// Origins are the hosts, besides the tracker's own, whose pages may connect ("watch.example.org", "*.example.org").
	Origins []string
	// Relays are the public addresses of our TURN server; candidates of other relays are not carried.
	Relays []netip.Addr
	// Relay renews what lets viewers use it; nil is none. What they are given is good for RelayFor.
	Relay    Relay
	RelayFor time.Duration
	// Channels knows which channels' viewers may share; nil is all of them.
	Channels Channels
	// Own are this machine's addresses: viewers on the machine itself, who come over loopback, may name them. nil asks the system.
	Own                                []netip.Addr
	ConnectionsMax, ConnectionsPerHome int
	Log                                *slog.Logger
	Now                                func() time.Time // nil is time.Now
}

// Facts is where the tracker hears what happens.
type Facts interface {
	// Subscribe returns a channel of all facts from now on, until stop is called.
	Subscribe() (facts <-chan event.Fact, stop func())
}

// Broadcasts knows the live edge.
type Broadcasts interface {
	// Recent returns the binary certificates of the channel's current broadcast, and the binary records of its recent parts,
	// in each track's order. Both are empty when there is none.
	Recent(channel id.Channel) (certificates, parts [][]byte)
}

// Channels knows what their streamers and the operator want of them. It does not wait.
type Channels interface {
	// Shares reports whether a channel's viewers may share. event.SharingSet says that this changed.
	Shares(channel id.Channel) bool
}

// Relay says who may use it.
type Relay interface {
	// Credentials returns what admits a peer of a channel for a while from now.
	Credentials(channel id.Channel, peer id.Peer) (username, password string)
}

// Meter counts what viewers report, bounded to what can be.
type Meter interface {
	Reported(channel id.Channel, report signal.Report)
}

// Tracker is one life of the tracker. Its methods may be called at once.
type Tracker struct {
	config     Config
	facts      Facts
	broadcasts Broadcasts
	meter      Meter
	key        [sha256.Size]byte
	now        func() time.Time
	log        *slog.Logger
	limits     *limits
	directory  *directory

	mu       sync.Mutex
	phase    phase           // guarded by mu
	rooms    map[place]*room // guarded by mu; a room for each place with a viewer
	closing  chan struct{}   // closed when Run ends
	handlers sync.WaitGroup  // connections and rooms; Add needs mu held and phase open
}

type phase uint8

const (
	unopened phase = 0
	open     phase = 1
	closed   phase = 2
)

// New returns a tracker with a key of its own. It serves while Run runs.
func New(c Config, facts Facts, broadcasts Broadcasts, meter Meter) *Tracker {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ConnectionsMax == 0 {
		c.ConnectionsMax = ConnectionsMax
	}
	if c.ConnectionsPerHome == 0 {
		c.ConnectionsPerHome = ConnectionsPerHome
	}
	if c.Own == nil {
		c.Own = machine()
	}
	t := &Tracker{
		config: c, facts: facts, broadcasts: broadcasts, meter: meter, now: c.Now, log: c.Log,
		limits: newLimits(c.ConnectionsMax, c.ConnectionsPerHome), directory: newDirectory(),
		rooms: map[place]*room{}, closing: make(chan struct{}),
	}
	_, _ = rand.Read(t.key[:]) // never fails
	return t
}

// machine returns the addresses of this machine, or none if the system does not tell: then viewers on it meet by other means.
func machine() (own []netip.Addr) {
	nets, _ := net.InterfaceAddrs()
	for _, n := range nets {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			own = append(own, p.Addr())
		}
	}
	return own
}

func (t *Tracker) mac(b []byte) hash.Hash {
	h := hmac.New(sha256.New, t.key[:])
	h.Write(b)
	return h
}

// Run hears facts and serves until ctx ends, then tells every viewer to come again and waits until all connections are closed.
// A Tracker runs once; to restart, make a new one.
func (t *Tracker) Run(ctx context.Context) error {
	facts, stop := t.facts.Subscribe()
	defer stop()
	t.mu.Lock()
	if t.phase != unopened {
		t.mu.Unlock()
		return errors.New("a tracker runs once: make a new one")
	}
	t.phase = open
	t.mu.Unlock()
	defer t.close()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			t.limits.sweep(t.now())
		case f, ok := <-facts:
			if !ok {
				return errors.New("the bus ended before the tracker: stop the tracker first")
			}
			t.hear(f)
		}
	}
}

func (t *Tracker) close() {
	t.mu.Lock()
	t.phase = closed
	t.mu.Unlock()
	close(t.closing)
	t.handlers.Wait()
}

// hear gives a fact to the room it concerns. A channel without viewers has none, and nobody to tell.
func (t *Tracker) hear(f event.Fact) {
	var channel id.Channel
	switch f := f.(type) {
	case event.CertificateSigned:
		channel = f.Channel
	case event.PartPublished:
		channel = f.Channel
	case event.BroadcastEnded:
		channel = f.Channel
	case event.SharingSet: // recordings, too
		for _, r := range t.everyRoom() {
			if r.channel == f.Channel {
				r.post(happened{f})
			}
		}
		return
	case event.Missed:
		for _, r := range t.everyRoom() {
			r.post(happened{f})
		}
		return
	default:
		return
	}
	t.mu.Lock()
	r := t.rooms[place{channel: channel}]
	t.mu.Unlock()
	if r != nil {
		r.post(happened{f})
	}
}

func (t *Tracker) everyRoom() []*room {
	t.mu.Lock()
	defer t.mu.Unlock()
	rooms := make([]*room, 0, len(t.rooms))
	for _, r := range t.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// enterRoom returns the room of a place, which lives until as many left as entered.
func (t *Tracker) enterRoom(at place) *room {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[at]
	if r == nil {
		r = newRoom(t, at)
		t.rooms[at] = r
		t.handlers.Add(1) // the connection that calls is counted, so this cannot race with Wait
		go func() {
			defer t.handlers.Done()
			r.run()
		}()
	}
	r.users++
	return r
}

func (t *Tracker) leaveRoom(r *room) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.users--; r.users == 0 {
		delete(t.rooms, r.place)
		close(r.empty)
	}
}

// Counts tells how many are connected to a channel.
type Counts struct {
	Viewers int // who watch
	Sharing int // of those, who share
	Links   int // connections between them, each counted at both ends, as they say
}

// Counts counts who is connected to what is live of a channel.
func (t *Tracker) Counts(channel id.Channel) Counts {
	t.mu.Lock()
	r := t.rooms[place{channel: channel}]
	t.mu.Unlock()
	if r == nil {
		return Counts{}
	}
	return Counts{int(r.viewers.Load()), int(r.sharing.Load()), int(r.links.Load())}
}

// Viewers counts who watches a channel now.
func (t *Tracker) Viewers(channel id.Channel) int { return t.Counts(channel).Viewers }
