package api

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/id"
	"shoal/segment"
	"shoal/server/channel"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/origin"
	"shoal/server/tracker"
)

// house is a server of one channel, "fish", whose rooms are made up.
type house struct {
	t       *testing.T
	handler http.Handler
	config  Config
	metrics *Metrics

	mu      sync.Mutex
	live    bool
	away    bool   // live, and nobody publishes
	awaited bool   // its broadcast was cut off
	epoch   uint64 // of what is live; 0 is 7
	resting segment.Tracks
	asked   origin.Reload
	text    string        // of Media, if it is not the usual one
	answer  error         // of Master, Media and Part
	hold    chan struct{} // Media waits for it, unless nil
	ice     bool
	log     journal
	now     time.Time
	waited  []any // keys of who waited in the lobby
}

var fish = channel.Channel{ID: id.Channel{1, 2, 3}, Name: "fish"}

func newHouse(t *testing.T, set ...func(*Config)) *house {
	h := &house{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), ice: true}
	h.config = Config{
		PublicURL: "http://localhost:8080", HeldReloads: 100, HeldReloadsPerIP: 2, JoinsPerMinute: 3,
		Log: slog.New(slog.NewTextHandler(&h.log, nil)), Now: func() time.Time { return h.now },
		Web: fstest.MapFS{
			"index.html": {Data: []byte("<p>index")}, "watch.html": {Data: []byte("<p>watch")}, "embed.html": {Data: []byte("<p>embed")},
			"favicon.svg": {Data: []byte("<svg/>")}, "assets/engine-1.wasm": {Data: []byte("plain")},
			"assets/engine-1.wasm.br": {Data: []byte("brotli")}, "assets/engine-1.wasm.gz": {Data: []byte("gzip")},
		},
	}
	for _, s := range set {
		s(&h.config)
	}
	rooms := Rooms{Channels: h, Broadcasts: h, Origin: h, Records: h, Stripes: h, Meter: h, Tracker: h, Relay: h, Keys: h, Publishers: h, Lobby: h}
	h.metrics = NewMetrics("test", func() []Census {
		return []Census{{
			Name: "fish", Live: live.State{Live: true, BitsPerSecond: 5}, Viewers: tracker.Counts{Viewers: 3, Sharing: 2, Links: 4},
			Written: []TrackBytes{{1, 77}},
		}}
	})
	handler, err := New(h.config, rooms, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	return h
}

// request sends one request as a viewer on this machine would, changed by set.
func (h *house) request(method, target string, set ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:5000", "localhost:8080"
	for _, s := range set {
		s(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

func (h *house) ByName(_ context.Context, name id.Name) (channel.Channel, error) {
	if name != fish.Name {
		return channel.Channel{}, channel.ErrNotFound
	}
	return fish, nil
}

func (h *house) List(context.Context) ([]channel.Channel, error) {
	return []channel.Channel{fish}, nil
}

func (h *house) State(id.Channel) live.State {
	if !h.live {
		return live.State{Awaited: h.awaited}
	}
	return live.State{Live: true, Publishing: !h.away, Epoch: cmp.Or(h.epoch, 7), Started: h.now, Tracks: []ingest.Track{
		{Kind: segment.Video, Codec: &codecs.VP9{Width: 640, Height: 360, BitDepth: 8}},
		{Kind: segment.Audio, Codec: &codecs.Opus{ChannelCount: 2}},
	}, Resting: h.resting}
}

func (h *house) Master(context.Context, id.Name) ([]byte, error) {
	return []byte("#EXTM3U master"), h.answer
}

func (h *house) Media(ctx context.Context, _ id.Name, _ segment.Track, reload origin.Reload) ([]byte, error) {
	h.mu.Lock()
	h.asked = reload
	h.mu.Unlock()
	if h.hold != nil {
		select {
		case <-h.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if h.text == "panic" {
		panic("as the test asks for")
	}
	return []byte(cmp.Or(h.text, "#EXTM3U media")), h.answer
}

func (h *house) Waits(_ id.Name, _ segment.Track, _ origin.Reload) bool { return h.hold != nil }

func (h *house) Part(_ context.Context, _ id.Name, p segment.Part) (*origin.Content, error) {
	if h.answer != nil {
		return nil, h.answer
	}
	if p != (segment.Part{Epoch: 7, Track: 1, Seq: 9}) {
		return nil, origin.ErrNotFound
	}
	return origin.NewContent(fish.ID, p.Track, []byte("0123"), []byte("456789")), nil
}

func (h *house) Segment(_ id.Name, epoch uint64, track segment.Track, msn uint64) (*origin.Content, error) {
	if epoch != 7 || msn != 7<<20 {
		return nil, origin.ErrNotFound
	}
	return origin.NewContent(fish.ID, track, []byte("segment")), nil
}

func (h *house) Init(_ id.Name, digits string) (*origin.Content, error) {
	if digits != strings.Repeat("a", origin.InitDigits) {
		return nil, origin.ErrNotFound
	}
	return origin.NewContent(fish.ID, 1, []byte("init")), nil
}

func (h *house) Manifest(_ context.Context, _ id.Name, p segment.Part) ([]byte, error) {
	if p != (segment.Part{Epoch: 7, Track: 1, Seq: 9}) {
		return nil, origin.ErrNotFound
	}
	return []byte("record"), nil
}

func (h *house) Certificate(_ id.Name, epoch uint64) ([]byte, error) {
	if epoch != 7 {
		return nil, origin.ErrNotFound
	}
	return []byte("certificates"), nil
}

func (h *house) Count(_ id.Channel, track segment.Track, bytes int64) {
	h.log.WriteString("counted ")
	h.log.WriteString(string(rune('0'+track)) + " ")
	h.log.WriteString(time.Duration(bytes).String() + "\n")
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusTeapot) // a handshake is the tracker's own to test
}

func (h *house) Issue(_ id.Channel, mode tracker.Mode) (string, id.Peer, error) {
	return "token-" + string(mode), 0xabc, nil
}

func (h *house) IssueRecorded(_ id.Channel, epoch uint64, mode tracker.Mode) (string, id.Peer, error) {
	return "token-" + string(mode) + "-" + strconv.FormatUint(epoch, 10), 0xabc, nil
}

func (h *house) Viewers(id.Channel) int { return 12 }

func (h *house) ICE(_ id.Channel, _ id.Peer, host string) []ICEServer {
	return []ICEServer{{URLs: []string{"stun:" + host + ":3478"}}}
}

// journal is what was logged and counted, by several requests at once.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) WriteString(s string) { _, _ = j.Write([]byte(s)) }

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Reset()
}
