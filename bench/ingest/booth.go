package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed booth.html
var boothPage []byte

const (
	// saidMax bounds what a page may say.
	saidMax = 4 << 10
	// endWithin is how long a page may take to end its publication; Chromium is killed then.
	endWithin = 5 * time.Second
)

// booth is where Chromium publishes from: it serves a page that does by itself what a streamer's page does, as soon as it is opened.
type booth struct {
	server *http.Server
	at     string

	mu     sync.Mutex // guards the rest
	opened int
	visits map[string]*stay // by path
}

// stay is one Chromium that publishes.
type stay struct {
	// set once
	card     card
	chromium *exec.Cmd
	leave    chan struct{} // closed when the page shall end its publication
	left     chan struct{} // closed when it has, or says that it failed

	asked, over sync.Once // of leave and left

	mu   sync.Mutex
	said bytes.Buffer // guarded by mu: how it failed
}

func openBooth() (*booth, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // Chromium gives its camera to pages of its own machine, without TLS
	if err != nil {
		return nil, err
	}
	b := &booth{at: "http://" + l.Addr().String(), visits: map[string]*stay{}}
	b.server = &http.Server{Handler: http.HandlerFunc(b.serve), ReadHeaderTimeout: endWithin}
	go func() { _ = b.server.Serve(l) }() // until close
	return b, nil
}

func (b *booth) close() { _ = b.server.Close() }

// enter makes room for a visit and returns the address of its page.
func (b *booth) enter(s *stay) (address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened++
	path := fmt.Sprintf("/%d", b.opened)
	b.visits[path] = s
	return b.at + path
}

func (b *booth) forget(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.visits, strings.TrimPrefix(address, b.at))
}

// serve answers a page: /N is the page itself, and below it what it asks and says.
func (b *booth) serve(w http.ResponseWriter, r *http.Request) {
	number, word, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	b.mu.Lock()
	s := b.visits["/"+number]
	b.mu.Unlock()
	if s == nil {
		http.NotFound(w, r)
		return
	}
	switch word {
	case "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(boothPage)
	case "card":
		_ = json.NewEncoder(w).Encode(map[string]string{"endpoint": s.card.WHIP, "key": s.card.Key})
	case "end":
		select {
		case <-s.leave:
		case <-r.Context().Done():
		}
	case "ended":
		s.over.Do(func() { close(s.left) })
	case "failed":
		text, _ := io.ReadAll(io.LimitReader(r.Body, saidMax))
		s.mu.Lock()
		fmt.Fprintf(&s.said, "%s\n", text)
		s.mu.Unlock()
		s.over.Do(func() { close(s.left) })
		s.kill()
	}
}

// end has the page end its publication, and waits for it.
func (s *stay) end() {
	s.asked.Do(func() { close(s.leave) })
	select {
	case <-s.left:
	case <-time.After(endWithin):
	}
}

// kill ends Chromium with all that it started.
func (s *stay) kill() { _ = syscall.Kill(-s.chromium.Process.Pid, syscall.SIGKILL) }

func (s *stay) story() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.said.Bytes())
}

// publishFromChromium starts a Chromium that publishes until it is ended.
func (h *house) publishFromChromium(ctx context.Context, k card) (*encoder, error) {
	profile, err := os.MkdirTemp(h.dir, "chromium-*")
	if err != nil {
		return nil, err
	}
	s := &stay{card: k, leave: make(chan struct{}), left: make(chan struct{})}
	address := h.booth.enter(s)
	s.chromium = exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir="+profile,
		"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", address)
	s.chromium.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.chromium.Cancel = func() error { s.kill(); return nil }
	if err := s.chromium.Start(); err != nil {
		h.booth.forget(address)
		return nil, errors.Join(err, os.RemoveAll(profile))
	}
	e := &encoder{Cmd: s.chromium, ended: make(chan error, 1), leave: s.end, kill: s.kill}
	go func() {
		err := e.Wait()
		h.booth.forget(address)
		e.said.Write(s.story())
		_ = os.RemoveAll(profile) // its last processes may still write there; the house's directory goes at the end
		e.ended <- err
		close(e.ended)
	}()
	return e, nil
}
