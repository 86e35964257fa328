package live_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"go.uber.org/goleak"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/origin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	name = id.Name("reef")
	key  = "the stream key"
)

// registry knows one channel.
type registry struct {
	identity sign.Key

	mu      sync.Mutex
	epoch   uint64
	broken  error
	removed bool
	stale   bool // key was replaced
}

func (r *registry) Admit(_ context.Context, k string) (id.Channel, id.Name, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return id.Channel(r.identity.Public()), name, k == key && !r.stale, r.broken
}

func (r *registry) Exists(context.Context, id.Channel) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.removed, r.broken
}

func (r *registry) NextEpoch(context.Context, id.Channel) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	return r.epoch, r.broken
}

func (r *registry) Signer(context.Context, id.Channel) (sign.Signer, error) { return r.identity, nil }

func (r *registry) breaks(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
}

// bench is a Live with a real origin, on a bubble's clock.
type bench struct {
	way      way
	t        *testing.T
	registry *registry
	origin   *origin.Origin
	live     *live.Live
	channel  id.Channel

	mu    sync.Mutex
	facts []event.Fact
	took  []time.Duration
	spoil bool // the next part finds a fault of ours
	fault []string
	rungs *rungs // what makes rungs, if anything does
	log   strings.Builder
}

// Write is where the log goes.
func (h *bench) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(line)
}

func (h *bench) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

func (h *bench) Publish(f event.Fact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts = append(h.facts, f)
}

func (h *bench) PartPublished(_ id.Channel, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spoil {
		h.spoil = false
		panic("nobody thought of this")
	}
	h.took = append(h.took, took)
}

func (h *bench) IngestFault(protocol string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault = append(h.fault, protocol)
}

// bubble runs a test on a clock of its own, with everything started before and stopped after.
func bubble(t *testing.T, test func(t *testing.T, h *bench)) {
	synctest.Test(t, func(t *testing.T) {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		h := &bench{t: t, registry: &registry{identity: sign.Key(private)}}
		h.channel = id.Channel(h.registry.identity.Public())
		quiet := slog.New(slog.DiscardHandler)
		h.origin = origin.New(origin.Config{Facts: h, Log: quiet})
		h.rungs = &rungs{h: h}
		h.way.idle.Store(int64(live.DefaultIdle))
		h.live = live.New(live.Config{Registry: h.registry, Origin: h.origin, Facts: h, Meter: h, Ladder: h.rungs, Ways: &h.way, Log: slog.New(slog.NewTextHandler(h, nil))})
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, run := range []func(context.Context) error{h.live.Run, h.origin.Run} {
			wg.Go(func() {
				if err := run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		test(t, h)
		cancel()
		wg.Wait()
		if s := h.live.State(h.channel); s.Live {
			t.Errorf("after Run: %+v", s)
		}
	})
}

// way is what the channel has of its own.
type way struct {
	idle atomic.Int64
	flat atomic.Bool // no rungs
}

func (w *way) Idle(id.Channel) time.Duration { return time.Duration(w.idle.Load()) }
func (w *way) Laddered(id.Channel) bool      { return !w.flat.Load() }

// publisher sends a picture of 25 frames a second with a key frame every second, and sound, as they would come.
type publisher struct {
	h     *bench
	sink  ingest.Sink
	leave func(error)
	lost  func(packets int) // where a test needs it
	at    time.Duration     // in the publication
}

const frame = 40 * time.Millisecond

func (h *bench) tracks() []ingest.Track {
	return []ingest.Track{
		{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.H264{
			SPS: []byte{
				0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
				0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
			},
			PPS: []byte{0x08, 0x06, 0x07, 0x08},
		}},
		{Kind: segment.Audio, TimeScale: 48000, Codec: &codecs.MPEG4Audio{
			Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2},
		}},
	}
}

func (h *bench) connect() (*publisher, error) {
	place, err := h.live.Admit(h.t.Context(), live.Request{Key: key, From: "192.0.2.7"})
	return &publisher{h: h, sink: place.Sink, leave: place.Leave}, err
}

// begin connects and tells of the tracks.
func (h *bench) begin() *publisher {
	h.t.Helper()
	p, err := h.connect()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := p.sink.Tracks(h.tracks()); err != nil {
		h.t.Fatal(err)
	}
	return p
}

// send sends for so long.
func (p *publisher) send(lasts time.Duration) error {
	for until := p.at + lasts; p.at < until; p.at += frame {
		key := p.at%time.Second == 0
		for track, data := range [][]byte{make([]byte, 900), make([]byte, 100)} {
			s := ingest.Sample{Track: track, DTS: p.at, PTS: p.at, Key: key || track == 1, Data: data}
			if err := p.sink.Sample(s); err != nil {
				return err
			}
		}
		time.Sleep(frame)
	}
	return nil
}

func (p *publisher) mustSend(lasts time.Duration) {
	p.h.t.Helper()
	if err := p.send(lasts); err != nil {
		p.h.t.Fatal(err)
	}
}

// of returns the facts of one kind, oldest first.
func of[T event.Fact](h *bench) (all []T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.facts {
		if f, ok := f.(T); ok {
			all = append(all, f)
		}
	}
	return all
}

// records returns the parsed records of a track in an epoch.
func (h *bench) records(epoch uint64, track segment.Track) (all []*manifest.Part) {
	h.t.Helper()
	for _, f := range of[event.PartPublished](h) {
		if f.Part.Epoch != epoch || f.Part.Track != track {
			continue
		}
		p, err := manifest.ParsePart(f.Manifest)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func (h *bench) expectFacts(started, ended int) {
	h.t.Helper()
	synctest.Wait()
	if s, e := len(of[event.BroadcastStarted](h)), len(of[event.BroadcastEnded](h)); s != started || e != ended {
		h.t.Errorf("%d broadcasts started and %d ended; want %d and %d", s, e, started, ended)
	}
}

var errLine = errors.New("the line broke")
