package peer

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/wire/signal"
)

// rungs is a server with two pictures, whose parts come as time passes. The smaller one, track 0, rests at times.
type rungs struct {
	houses [2]*house

	mu      sync.Mutex
	resting bool           // guarded by mu
	follows segment.Tracks // guarded by mu: as the viewer said last
}

func (g *rungs) rest(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resting = on
}

// due returns how many parts of a track are out, and whether it is made now.
func (g *rungs) due(track int) (parts int, made bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.houses[track]
	return min(int(uint64(time.Now().UnixMilli())-h.epochMS)/500, len(h.records)), track > 0 || !g.resting
}

func (g *rungs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/api/v1/channels/demo":
		_, made := g.due(0)
		fmt.Fprintf(w, `{"live":true,"epoch":1,"tracks":[{"track":0,"kind":"video","codec":"avc1","width":426,"height":240,"resting":%v},`+
			`{"track":1,"kind":"video","codec":"avc1","width":854,"height":480}]}`, !made)
	case path == "/api/v1/tracker":
		g.track(w, r)
	case strings.HasPrefix(path, "/hls/demo/1/"):
		var track, seq int
		_, err := fmt.Sscanf(path, "/hls/demo/1/%d/p%d.m4s", &track, &seq)
		if err != nil || track > 1 {
			http.NotFound(w, r)
			return
		}
		if parts, made := g.due(track); !made || seq >= parts {
			http.NotFound(w, r)
			return
		}
		r.URL.Path = fmt.Sprintf("/hls/demo/1/0/p%d.m4s", seq)
		g.houses[track].ServeHTTP(w, r)
	default:
		g.houses[0].ServeHTTP(w, r)
	}
}

func (g *rungs) track(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // a test's end
	h := g.houses[0]
	certificate, err := sign.Certificate(manifest.Certificate{
		Epoch: 1, Session: h.session.Public(), NotBeforeMS: h.epochMS - 1000, NotAfterMS: h.epochMS + manifest.LifetimeMaxMS - 1000,
	}, h.identity)
	if err != nil {
		h.t.Error(err)
	}
	_ = conn.Write(r.Context(), websocket.MessageBinary, certificate.Append([]byte{signal.FrameCertificate}))
	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		defer cancel()
		for {
			_, said, err := conn.Read(ctx)
			if err != nil {
				return
			}
			if m, err := signal.DecodeViewer(said); err == nil {
				if f, is := m.(signal.Follow); is {
					g.mu.Lock()
					g.follows = f.Tracks
					g.mu.Unlock()
				}
			}
		}
	}()
	var told [2]int
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
		g.mu.Lock()
		follows := g.follows
		g.mu.Unlock()
		for track := range told {
			parts, made := g.due(track)
			for ; told[track] < parts; told[track]++ {
				if made && follows.Has(segment.Track(track)) {
					_ = conn.Write(ctx, websocket.MessageBinary, append([]byte{signal.FramePart}, g.houses[track].records[told[track]]...))
				}
			}
		}
	}
}

// Who plays a rung that comes to rest plays another one until it is made again.
func TestRunTurnsFromARungThatRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &rungs{houses: [2]*house{newHouseOf(t, 0, 400, time.Now()), newHouseOf(t, 1, 400, time.Now())}}
		time.Sleep(10 * time.Second)
		p := New(Config{Watch: pipesLink, Height: 300, Net: serve(t, g)})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := p.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for _, step := range []struct {
			rests bool
			lines int
		}{{false, 240}, {true, 480}, {false, 240}} {
			g.rest(step.rests)
			time.Sleep(30 * time.Second)
			before := p.Stats()
			time.Sleep(10 * time.Second)
			after := p.Stats()
			if after.Lines != step.lines || !after.Playing || after.Parts < before.Parts+18 || after.Stalls != before.Stalls {
				t.Errorf("the smaller one rests: %v; plays %d lines, %d parts in ten seconds: %+v", step.rests, after.Lines, after.Parts-before.Parts, after)
			}
		}
		if s := p.Stats(); s.Stalls == 0 || s.StalledMS == 0 || s.StalledMS > 20_000 || s.Refused != 0 {
			t.Errorf("%+v", s)
		}
		cancel()
		wg.Wait()
	})
}
