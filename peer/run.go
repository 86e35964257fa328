package peer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"shoal/peer/door"
	"shoal/peer/link"
	"shoal/swarm"
)

const (
	// pollEvery is how often a channel that is not live is asked again.
	pollEvery = time.Second
	// backFirst is the pause before the next attempt to join, each time twice as long up to a bound: as long as it takes to let all
	// viewers in at backViewers a second, between backLeast and backMost. Few are back soon, and many do not come all at once.
	backFirst   = 200 * time.Millisecond
	backLeast   = time.Second
	backMost    = 10 * time.Second
	backViewers = 200
	// idleConnsMax bounds the connections to the origin that are kept open.
	idleConnsMax = 16
)

// Peer is one viewer in one channel. Make it with New.
type Peer struct {
	config Config
	stats  atomic.Pointer[Stats]
}

// New returns a peer that Run brings to life.
func New(c Config) *Peer {
	p := &Peer{config: c.filled()}
	p.stats.Store(&Stats{StartupMS: -1})
	return p
}

// Stats returns what has happened so far; it may be a tenth of a second old.
func (p *Peer) Stats() Stats { return *p.stats.Load() }

// Run watches until ctx is done, and returns when all that it started has ended. It waits for a channel that is not live
// yet, and comes back to a tracker that went away. An error says why there is no watching.
func (p *Peer) Run(ctx context.Context) error {
	place, err := door.Parse(p.config.Watch)
	if err == nil {
		place, err = place.With(p.config.Pass)
	}
	if err != nil {
		return err
	}
	reach, err := link.ReachOf(ctx, place.Host())
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: idleConnsMax, ResponseHeaderTimeout: 30 * time.Second, Proxy: http.ProxyFromEnvironment}
	if n := p.config.Net; n != nil {
		transport.DialContext = func(_ context.Context, network, address string) (net.Conn, error) { return n.Dial(network, address) }
	}
	defer transport.CloseIdleConnections()
	s := &visit{
		peer: p, place: place, reach: reach, client: &http.Client{Transport: transport}, log: p.config.Log,
	}
	if err := s.run(ctx); err != nil && !errors.Is(err, ctx.Err()) {
		return err
	}
	return nil
}

// visit is one Run: who comes and goes at the door while one body lives inside.
type visit struct {
	peer    *Peer
	place   door.Place
	reach   link.Reach
	client  *http.Client
	log     *slog.Logger
	started time.Time // when the channel was found to be live
	back    time.Duration
	viewers atomic.Int64 // as the tracker said last
}

func (v *visit) run(ctx context.Context) error {
	chosen, err := v.live(ctx)
	if err != nil {
		return err
	}
	v.started = time.Now()
	pass, err := v.join(ctx)
	if err != nil {
		return err
	}
	var seed [8]byte
	_, _ = rand.Read(seed[:]) // never fails
	b := newBody(v, pass, swarm.Config{
		Self: pass.Peer, Channel: pass.Channel, Seed: binary.BigEndian.Uint64(seed[:]), BirthWallMS: pass.WallMS,
		UplinkBytesPerSecond: v.peer.config.UplinkBytesPerSecond,
	}, chosen)
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { v.talk(ctx, b, pass) })
	return b.run(ctx)
}

// live waits until the channel is, and returns what to play.
func (v *visit) live(ctx context.Context) (choice, error) {
	told := ""
	for {
		state, err := v.place.State(ctx, v.client)
		var refusal *door.Refusal
		if errors.As(err, &refusal) && refusal.Final() {
			return choice{}, err
		}
		if err == nil && state.Live && len(state.Tracks) > 0 {
			return choose(state.Tracks, v.peer.config.Height), nil
		}
		because := "it is not live"
		if err != nil {
			because = err.Error()
		}
		if because != told && ctx.Err() == nil {
			v.log.Info("waiting for the channel", "because", because)
			told = because
		}
		if err := rest(ctx, pollEvery); err != nil {
			return choice{}, err
		}
	}
}

// join joins, as often as it takes. Only a channel that does not exist, or is not open to this viewer, ends it.
func (v *visit) join(ctx context.Context) (door.Pass, error) {
	for {
		pass, err := v.place.Join(ctx, v.client, door.Share)
		if err == nil {
			return pass, nil
		}
		var refusal *door.Refusal
		if errors.As(err, &refusal) && refusal.Final() {
			return door.Pass{}, err
		}
		v.log.Info("cannot join yet", "err", err)
		if err := v.pause(ctx); err != nil {
			return door.Pass{}, err
		}
	}
}

// talk converses with the tracker, joining anew whenever the conversation ends.
func (v *visit) talk(ctx context.Context, b *body, pass door.Pass) {
	for {
		b.post(ctx, func() { b.welcomed(pass) })
		began := time.Now()
		err := door.Talk(ctx, v.client, pass, b.say, b.hear)
		b.post(ctx, func() { b.step(swarm.Tracked{}) })
		if ctx.Err() != nil {
			return
		}
		v.log.Info("the conversation with the tracker ended", "err", err)
		if time.Since(began) > backMost {
			v.back = 0
		}
		if v.pause(ctx) != nil {
			return
		}
		if pass, err = v.join(ctx); err != nil {
			return // the channel is gone, or we are
		}
	}
}

func (v *visit) pause(ctx context.Context) error {
	v.back = min(max(2*v.back, backFirst), longestBack(int(v.viewers.Load())))
	return rest(ctx, v.back/2+mrand.N(v.back/2))
}

// longestBack returns the longest pause where there are so many viewers.
func longestBack(viewers int) time.Duration {
	return min(max(time.Duration(viewers)*time.Second/backViewers, backLeast), backMost)
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// servers turns what the join gave into what links need.
func servers(pass door.Pass) (out []link.Server) {
	for _, s := range pass.Servers {
		out = append(out, link.Server(s))
	}
	return out
}
