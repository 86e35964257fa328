package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/transport/v4"
	"go.uber.org/goleak"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/peer/door"
	"shoal/segment"
	"shoal/wire/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a server as a peer sees it: one channel with one track, whose parts are all there from the beginning.
type house struct {
	t        *testing.T
	identity sign.Key
	session  sign.Key
	epochMS  uint64 // the wall clock at which the broadcast began
	init     []byte
	records  [][]byte
	bodies   [][]byte
	spoil    func(w http.ResponseWriter, r *http.Request) bool // answers in the origin's stead
	pour     func(w http.ResponseWriter, r *http.Request)      // answers with stripes, unless nil
	seed     uint16                                            // which the tracker wants seeded
	late     chan int                                          // parts that are published once the peer is there; closed after the last
	mu       sync.Mutex
	gets     int
	ranges   []string // "PART RANGE" of every request for a part
}

const housePart = 20_000

func newHouse(t *testing.T, parts int) *house {
	return newHouseOf(t, 0, parts, time.Now().Add(-time.Duration(parts)*500*time.Millisecond))
}

// newHouseOf is newHouse of a track with another number, whose parts begin at a time.
func newHouseOf(t *testing.T, track segment.Track, parts int, began time.Time) *house {
	h := &house{
		t: t, identity: sign.Key(ed25519.NewKeyFromSeed(make([]byte, 32))), session: sign.Key(ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32)))),
		epochMS: uint64(began.UnixMilli()), init: []byte("init segment"),
	}
	var prev id.Digest
	for seq := range parts {
		body := media(housePart, byte(seq))
		size := segment.PieceSize(len(body))
		m := &manifest.Part{
			Channel: id.Channel(h.identity.Public()), Epoch: 1, Track: track, Independent: true, Seq: uint64(seq), Prev: prev, Init: hash(h.init),
			WallMS: h.epochMS + uint64(seq)*500, StartUS: uint64(seq) * 500_000, DurationUS: 500_000, Length: uint32(len(body)), PieceSize: uint32(size),
		}
		for at := 0; at < len(body); at += size {
			m.Hashes = append(m.Hashes, sha256.Sum256(body[at:min(at+size, len(body))]))
		}
		record, digest, err := sign.Part(m, h.session)
		if err != nil {
			t.Fatal(err)
		}
		h.records, h.bodies, prev = append(h.records, record), append(h.bodies, body), digest
	}
	return h
}

// pipes is a network of one server and no sockets, so that a bubble's clock stands still while anything is under way.
type pipes struct {
	transport.Net
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

const pipesLink = "http://127.0.0.1/c/demo"

// serve serves on a network of its own until the test ends.
func serve(t *testing.T, h http.Handler) *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: h}
	go s.Serve(p) //nolint:errcheck // a test's end
	t.Cleanup(func() { _ = s.Close() })
	return p
}

func (p *pipes) Dial(_, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/api/v1/channels/demo":
		fmt.Fprint(w, `{"live":true,"epoch":1,"tracks":[{"track":0,"kind":"video","codec":"avc1"}]}`)
	case path == "/api/v1/channels/demo/join":
		fmt.Fprintf(w, `{"token":"t","peer":"00000000000000ab","tracker":"/api/v1/tracker","channel":"%s","serverTimeMs":%d}`,
			id.Channel(h.identity.Public()), time.Now().UnixMilli())
	case path == "/api/v1/tracker":
		h.track(w, r)
	case strings.HasPrefix(path, "/hls/demo/i"):
		_, _ = w.Write(h.init)
	case strings.HasPrefix(path, "/hls/demo/1/stripes/") && h.pour != nil:
		h.pour(w, r)
	case strings.HasPrefix(path, "/hls/demo/1/0/p"):
		h.media(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (h *house) track(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // a test's end
	certificate, err := sign.Certificate(manifest.Certificate{
		Epoch: 1, Session: h.session.Public(), NotBeforeMS: h.epochMS - 1000, NotAfterMS: h.epochMS + manifest.LifetimeMaxMS - 1000,
	}, h.identity)
	if err != nil {
		h.t.Error(err)
	}
	_ = conn.Write(r.Context(), websocket.MessageBinary, certificate.Append([]byte{signal.FrameCertificate}))
	gone := make(chan struct{})
	go func() { // a pipe holds nothing: what the peer says must be heard at once
		defer close(gone)
		for err := error(nil); err == nil; {
			_, _, err = conn.Read(r.Context())
		}
	}()
	publish := func(record []byte) {
		_ = conn.Write(r.Context(), websocket.MessageBinary, append([]byte{signal.FramePart}, record...))
	}
	if h.late == nil {
		for _, record := range h.records {
			publish(record)
		}
	} else {
		_ = conn.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, `{"t":"seed","stripes":%d}`, h.seed))
		for seq := range h.late {
			publish(h.records[seq])
		}
	}
	<-gone
}

func (h *house) media(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.gets++
	h.ranges = append(h.ranges, strings.TrimPrefix(r.URL.Path, "/hls/demo/1/0/")+" "+r.Header.Get("Range"))
	h.mu.Unlock()
	var seq int
	_, err := fmt.Sscanf(r.URL.Path, "/hls/demo/1/0/p%d.m4s", &seq)
	if err != nil || seq >= len(h.bodies) {
		http.NotFound(w, r)
		return
	}
	if h.spoil == nil || !h.spoil(w, r) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(h.bodies[seq])))
	}
}

// watchHouse watches, in a bubble, until it has been given so many parts.
func watchHouse(t *testing.T, h http.Handler, link string, parts uint64) (Stats, *written) {
	t.Helper()
	var out written
	p := New(Config{Watch: link, Net: serve(t, h), Sink: func(segment.Track) io.Writer { return &out }})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); p.Stats().Parts < parts; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("not within half a minute: %+v", p.Stats())
			break
		}
	}
	cancel()
	wg.Wait()
	return p.Stats(), &out
}

func TestRunPlaysFromTheOriginAlone(t *testing.T) {
	synctest.Test(t, playFromTheOriginAlone)
}

func playFromTheOriginAlone(t *testing.T) {
	h := newHouse(t, 12)
	s, out := watchHouse(t, h, pipesLink, 6)
	if s.Refused != 0 || s.Verified == 0 || s.StartupMS < 0 || s.Sessions != 1 {
		t.Errorf("%+v", s)
	}
	if len(*out) < 7 || string((*out)[0]) != string(h.init) {
		t.Fatalf("%d writes", len(*out))
	}
	first := -1
	for i, body := range h.bodies {
		if string(body) == string((*out)[1]) {
			first = i
		}
	}
	for i, got := range (*out)[1:] {
		if first < 0 || string(got) != string(h.bodies[first+i]) {
			t.Fatalf("write %d is not part %d", i+1, first+i)
		}
	}
}

// TestRunSurvivesAnOriginThatMisbehaves answers every second request in a wrong way. Nothing wrong may count as checked.
func TestRunSurvivesAnOriginThatMisbehaves(t *testing.T) {
	for name, spoil := range map[string]func(w http.ResponseWriter, r *http.Request){
		"fails": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"cuts short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "20000")
			_, _ = w.Write([]byte("x"))
		},
		"ignores ranges": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, housePart)) },
		"never ends":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, endless{}, 8<<20) },
		"sends too much": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(make([]byte, 2*housePart))
		},
		"leads elsewhere": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/nowhere", http.StatusFound) },
	} {
		bubble(t, name, func(t *testing.T) {
			h := newHouse(t, 12)
			h.spoil = func(w http.ResponseWriter, r *http.Request) bool {
				h.mu.Lock()
				odd := h.gets%2 == 1
				h.mu.Unlock()
				if odd && r.Header.Get("Range") != "" {
					spoil(w, r)
					return true
				}
				return false
			}
			s, out := watchHouse(t, h, pipesLink, 5)
			good := map[string]bool{string(h.init): true}
			for _, body := range h.bodies {
				good[string(body)] = true
			}
			for i, got := range *out {
				if !good[string(got)] {
					t.Errorf("write %d was never published: %+v", i, s)
				}
			}
		})
	}
}

// bubble is one case of many, with a clock of its own.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestRunSaysWhyThereIsNoWatching(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":{"code":"not_found","message":"There is no channel of this name."}}`))
	}))
	defer s.Close()
	err := New(Config{Watch: s.URL + "/c/demo"}).Run(context.Background())
	var refusal *door.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "no channel of this name") {
		t.Errorf("%v", err)
	}
	for _, link := range []string{"", "demo", "http://does-not-exist.invalid/c/demo"} {
		if err := New(Config{Watch: link}).Run(context.Background()); err == nil {
			t.Errorf("%q can be watched", link)
		}
	}
}

func TestRunEndsWhileItWaits(t *testing.T) {
	asked := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		_, _ = w.Write([]byte(`{"live":false}`))
	}))
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error)
	go func() { done <- New(Config{Watch: s.URL + "/c/demo"}).Run(ctx) }()
	<-asked
	cancel()
	if err := <-done; err != nil {
		t.Errorf("%v", err)
	}
}
