package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/wire/signal"
)

const (
	trackerPath = "/api/v1/tracker"
	joinSuffix  = "/join"
	// joinMax bounds the answer to a join that is read.
	joinMax = 64 << 10
	// frameMax bounds a frame of the tracker's: a part record with its kind.
	frameMax = 64 << 10
)

// door is what one viewer has before it instead of the server: a proxy that can keep the tracker from it, and that may rewrite
// what the tracker says.
type door struct {
	server  *url.URL
	rewrite func(signal.FromTracker) signal.FromTracker // nil says everything as it is; what it returns nil for is not said
	proxy   *httputil.ReverseProxy
	http    *http.Server
	at      string

	mu   sync.Mutex
	self id.Peer // as the server named the viewer last
	shut bool
	open map[context.Context]context.CancelFunc // conversations with the tracker
}

func openDoor(server string, rewrite func(signal.FromTracker) signal.FromTracker) (*door, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{server: u, rewrite: rewrite, at: "http://" + l.Addr().String(), open: map[context.Context]context.CancelFunc{}}
	d.proxy = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(u) },
		FlushInterval:  -1, // inflows and parts as they come
		ModifyResponse: d.joined,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	d.http = &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	go func() { _ = d.http.Serve(l) }() // Close ends it
	return d, nil
}

func (d *door) Close() {
	d.keep(true)
	_ = d.http.Close() // nobody is behind it any more
}

// keep keeps the tracker from the viewer, or no longer.
func (d *door) keep(shut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = shut
	for _, end := range d.open {
		if shut {
			end()
		}
	}
}

func (d *door) name() id.Peer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.self
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	shut := d.shut
	d.mu.Unlock()
	switch tracker := r.URL.Path == trackerPath; {
	case shut && (tracker || strings.HasSuffix(r.URL.Path, joinSuffix)):
		w.WriteHeader(http.StatusBadGateway)
	case tracker:
		d.carry(w, r)
	default:
		d.proxy.ServeHTTP(w, r)
	}
}

// joined notes the viewer's name before it can be told to anybody.
func (d *door) joined(answer *http.Response) error {
	if !strings.HasSuffix(answer.Request.URL.Path, joinSuffix) || answer.StatusCode != http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, joinMax))
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(text))
	var pass struct{ Peer string }
	if err := json.Unmarshal(text, &pass); err != nil {
		return err
	}
	self, err := id.ParsePeer(pass.Peer)
	d.mu.Lock()
	d.self = self
	d.mu.Unlock()
	return err
}

// carry carries a conversation with the tracker.
func (d *door) carry(w http.ResponseWriter, r *http.Request) {
	ctx, end := context.WithCancel(r.Context())
	defer end()
	d.mu.Lock()
	d.open[ctx] = end
	d.mu.Unlock()
	defer func() { d.mu.Lock(); delete(d.open, ctx); d.mu.Unlock() }()
	viewer, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		return
	}
	defer viewer.CloseNow() //nolint:errcheck // it is over
	tracker, _, err := websocket.Dial(ctx, d.server.JoinPath(trackerPath).String(), &websocket.DialOptions{Subprotocols: []string{signal.Subprotocol}})
	if err != nil {
		return
	}
	defer tracker.CloseNow() //nolint:errcheck // it is over
	tracker.SetReadLimit(frameMax)
	var both sync.WaitGroup
	both.Go(func() { pass(ctx, end, viewer, tracker, nil) })
	both.Go(func() { pass(ctx, end, tracker, viewer, d.rewrite) })
	both.Wait()
}

// pass carries frames one way until either side ends.
func pass(ctx context.Context, end context.CancelFunc, from, to *websocket.Conn, rewrite func(signal.FromTracker) signal.FromTracker) {
	defer end()
	for {
		kind, data, err := from.Read(ctx)
		if err != nil {
			return
		}
		if rewrite != nil && kind == websocket.MessageText {
			if m, err := signal.DecodeTracker(data); err == nil {
				if m = rewrite(m); m == nil {
					continue
				}
				data = signal.EncodeTracker(m)
			}
		}
		if to.Write(ctx, kind, data) != nil {
			return
		}
	}
}

// only returns the introductions to those that may meet.
func only(m signal.Peers, may func(id.Peer) bool) signal.Peers {
	not := func(p id.Peer) bool { return !may(p) }
	return signal.Peers{Dial: slices.DeleteFunc(m.Dial, not), Expect: slices.DeleteFunc(m.Expect, not), Near: slices.DeleteFunc(m.Near, not)}
}
