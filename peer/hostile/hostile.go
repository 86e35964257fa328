package hostile

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/peer/door"
	"shoal/peer/link"
	"shoal/segment"
	"shoal/wire/signal"
)

const (
	inboxMax  = 256
	sayMax    = 64
	lanesMax  = 64
	partsMax  = 48 // recent parts, about 12 s of two tracks
	backEvery = time.Second
	harmEvery = 50 * time.Millisecond
)

// Peer is a hostile peer. Make it with New.
type Peer struct {
	config Config
	counts atomic.Pointer[Counts]
}

// New returns a peer that Run brings to life.
func New(c Config) *Peer {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p := &Peer{config: c}
	p.counts.Store(&Counts{})
	return p
}

// Counts returns what has happened so far.
func (p *Peer) Counts() Counts { return *p.counts.Load() }

// body is one Run. Only its loop touches what is in it; others post.
type body struct {
	Config
	place  door.Place
	reach  link.Reach
	client *http.Client
	net    *link.Net
	ctx    context.Context
	wg     sync.WaitGroup
	inbox  chan func()
	say    chan signal.FromViewer
	lanes  map[id.Peer]*lane
	parts  map[segment.Part]*part
	order  []segment.Part
	record []byte // the newest, of a part
	counts Counts
}

// lane is a link and what waits to be sent on it.
type lane struct {
	link *link.Link
	up   bool
	owed []piece
}

type piece struct {
	part  segment.Part
	index int
}

// part is one that the channel published.
type part struct {
	*manifest.Part
	data []byte // nil until the origin gave it
}

// Run does harm until ctx is done.
func (p *Peer) Run(ctx context.Context) error {
	place, err := door.Parse(p.config.Watch)
	if err != nil {
		return err
	}
	reach, err := link.ReachOf(ctx, place.Host())
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithCancel(ctx)
	b := &body{
		Config: p.config, place: place, reach: reach, client: &http.Client{Transport: transport}, ctx: ctx,
		inbox: make(chan func(), inboxMax), say: make(chan signal.FromViewer, sayMax),
		lanes: map[id.Peer]*lane{}, parts: map[segment.Part]*part{},
	}
	defer b.wg.Wait()
	defer cancel()
	b.wg.Go(b.come)
	harm := time.NewTicker(harmEvery)
	defer harm.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-b.inbox:
			f()
		case <-harm.C:
			b.harm()
		}
		counts := b.counts
		p.counts.Store(&counts)
	}
}

func (b *body) post(ctx context.Context, f func()) {
	select {
	case b.inbox <- f:
	case <-ctx.Done():
	}
}

// come joins and talks with the tracker, and comes back as somebody else whenever it is sent away.
func (b *body) come() {
	for b.ctx.Err() == nil {
		if pass, err := b.place.Join(b.ctx, b.client, door.Share); err == nil {
			b.post(b.ctx, func() { b.begin(pass) })
			err = door.Talk(b.ctx, b.client, pass, b.say, b.hear)
			b.Log.Info("the conversation with the tracker ended", "err", err)
		} else {
			b.Log.Info("cannot join", "err", err)
		}
		select {
		case <-b.ctx.Done():
		case <-time.After(backEvery):
		}
	}
}

func (b *body) begin(pass door.Pass) {
	b.counts.Sessions++
	var servers []link.Server
	for _, s := range pass.Servers {
		servers = append(servers, link.Server(s))
	}
	b.net = link.Open(link.Config{Reach: b.reach, Servers: servers, Log: b.Log})
}

func (b *body) hear(ctx context.Context, f door.Frame) {
	b.post(ctx, func() {
		if f.Record != nil {
			b.published(f.Record)
			return
		}
		b.heed(f.Message)
	})
}

func (b *body) heed(m signal.FromTracker) {
	switch m := m.(type) {
	case signal.Peers:
		for _, p := range m.Dial {
			b.start(p, true)
		}
	case signal.Signalled:
		if m.Kind == signal.Offer {
			b.start(m.From, false)
		}
		if l := b.lanes[m.From]; l != nil {
			l.link.Hear(m.Body)
		}
	}
}

func (b *body) start(p id.Peer, dial bool) {
	if b.lanes[p] != nil || len(b.lanes) >= lanesMax || b.net == nil {
		return
	}
	l := &lane{}
	if dial {
		l.link = b.net.Dial(p, b)
	} else {
		l.link = b.net.Answer(p, b)
	}
	b.lanes[p] = l
	b.wg.Go(func() {
		err := l.link.Run(b.ctx)
		b.post(b.ctx, func() {
			b.Log.Info("link ended", "peer", p, "up", l.up, "err", err)
			if l.up {
				b.counts.DroppedBy++
			}
			if b.lanes[p] == l {
				delete(b.lanes, p)
			}
		})
	})
}

// Signal carries a link's words to its peer.
func (b *body) Signal(ctx context.Context, l *link.Link, s signal.Body) {
	b.post(ctx, func() {
		select {
		case b.say <- signal.Signal{To: l.Peer, Body: s}:
		default:
		}
	})
}

// Up says that a link is open.
func (b *body) Up(ctx context.Context, l *link.Link) {
	b.post(ctx, func() {
		if lane := b.lanes[l.Peer]; lane != nil && lane.link == l {
			lane.up = true
			b.counts.Linked++
			b.greet(lane)
		}
	})
}

// Message takes in one message of a peer.
func (b *body) Message(ctx context.Context, l *link.Link, data []byte) {
	b.post(ctx, func() {
		if lane := b.lanes[l.Peer]; lane != nil && lane.link == l {
			b.asked(lane, data)
		}
	})
}
