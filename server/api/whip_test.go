package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shoal/server/ingest/whip"
)

// studio is a room for publications that says what it is told to.
type studio struct {
	err     error
	offered whip.Offer
	patched []string
	ended   []string
}

func (s *studio) Offer(_ context.Context, o whip.Offer) (whip.Answer, error) {
	s.offered = o
	return whip.Answer{Session: "s1", Version: `"v1"`, SDP: []byte("v=0\r\n")}, s.err
}

func (s *studio) Patch(session, key, version string, fragment []byte) ([]byte, string, error) {
	s.patched = []string{session, key, version, string(fragment)}
	if version == whip.Any {
		return []byte("a=ice-ufrag:x\r\n"), `"v2"`, s.err
	}
	return nil, version, s.err
}

func (s *studio) End(session, key string) error {
	s.ended = append(s.ended, session+" "+key)
	return s.err
}

func (s *studio) STUN(host string) []string { return []string{"stun:" + host + ":3478"} }

// whipHouse is a house with a studio.
func whipHouse(t *testing.T) (*house, *studio) {
	h, s := newHouse(t), &studio{}
	handler, err := New(h.config, Rooms{Channels: h, Broadcasts: h, Origin: h, Records: h, Stripes: h, Meter: h, Tracker: h, Publications: s, STUN: s}, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	return h, s
}

// speak sends a request as a publisher does.
func (h *house) speak(method, target, key, kind, body string, set ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr, r.Host = "192.0.2.7:5000", "live.example.org"
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for _, s := range set {
		s(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func match(version string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("If-Match", version) }
}

func TestASessionFromOfferToEnd(t *testing.T) {
	h, s := whipHouse(t)
	foreign := func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://other.example")
	}
	w := h.speak("POST", "/whip/fish", "k", "application/sdp", "v=0\r\nx", foreign)
	if w.Code != http.StatusCreated || w.Header().Get("Location") != "/whip/fish/s1" || w.Header().Get("ETag") != `"v1"` || w.Header().Get("Content-Type") != "application/sdp" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if got := w.Header().Get("Link"); got != `<stun:live.example.org:3478>; rel="ice-server"` {
		t.Error(got)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "Location") {
		t.Error("a page of another site cannot read the answer")
	}
	if s.offered.Name != "fish" || s.offered.Key != "k" || s.offered.From.String() != "192.0.2.7" || string(s.offered.SDP) != "v=0\r\nx" {
		t.Errorf("%+v", s.offered)
	}
	const fragment = "application/trickle-ice-sdpfrag"
	if w := h.speak("PATCH", "/whip/fish/s1", "k", fragment, "x", match(`"v1"`)); w.Code != http.StatusNoContent || s.patched[2] != `"v1"` {
		t.Errorf("candidates: %d", w.Code)
	}
	if w := h.speak("PATCH", "/whip/fish/s1", "k", fragment, "x", match("*")); w.Code != http.StatusOK || w.Header().Get("ETag") != `"v2"` || w.Header().Get("Content-Type") != fragment {
		t.Errorf("a restart: %d %v", w.Code, w.Header())
	}
	if w := h.speak("PATCH", "/whip/fish/s1", "k", fragment, "x"); w.Code != http.StatusPreconditionRequired {
		t.Errorf("without a version: %d", w.Code)
	}
	if w := h.speak("DELETE", "/whip/fish/s1", "k", "", ""); w.Code != http.StatusOK || len(s.ended) != 1 || s.ended[0] != "s1 k" {
		t.Errorf("the end: %d %v", w.Code, s.ended)
	}
}

func TestWHIPRefusals(t *testing.T) {
	for want, err := range map[int]error{
		http.StatusTooManyRequests:     fmt.Errorf("%w: %w", whip.ErrFull, whip.ErrBlocked),
		http.StatusUnauthorized:        whip.ErrKey,
		http.StatusConflict:            fmt.Errorf("%w: x", whip.ErrBusy),
		http.StatusServiceUnavailable:  whip.ErrFull,
		http.StatusNotAcceptable:       fmt.Errorf("%w: H.264 it must be", whip.ErrMedia),
		http.StatusBadRequest:          whip.ErrMalformed,
		http.StatusPreconditionFailed:  whip.ErrVersion,
		http.StatusNotFound:            whip.ErrGone,
		http.StatusInternalServerError: errors.New("the key k is odd"),
	} {
		h, s := whipHouse(t)
		s.err = err
		w := h.speak("POST", "/whip/fish", "k", "application/sdp", "x")
		if w.Code != want || !strings.Contains(w.Body.String(), `"message"`) || strings.Contains(w.Body.String(), "odd") {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
		if want == http.StatusBadRequest && !strings.Contains(w.Body.String(), "docs/publishing.md") {
			t.Errorf("it does not say where WHIP is described: %s", w.Body)
		}
		if want == http.StatusNotAcceptable && !strings.Contains(w.Body.String(), "H.264 it must be") {
			t.Errorf("it does not say what is needed: %s", w.Body)
		}
		if want == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
			t.Error("it does not say how to show a key")
		}
	}
	h, s := whipHouse(t)
	for name, c := range map[string]struct {
		w    *httptest.ResponseRecorder
		want int
	}{
		"no key":          {h.speak("POST", "/whip/fish", "", "application/sdp", "x"), http.StatusUnauthorized},
		"another type":    {h.speak("POST", "/whip/fish", "k", "application/json", "x"), http.StatusUnsupportedMediaType},
		"no type":         {h.speak("POST", "/whip/fish", "k", "", "x"), http.StatusUnsupportedMediaType},
		"too large":       {h.speak("POST", "/whip/fish", "k", "application/sdp", strings.Repeat("x", whip.OfferMax+1)), http.StatusRequestEntityTooLarge},
		"another method":  {h.speak("GET", "/whip/fish", "k", "", ""), http.StatusMethodNotAllowed},
		"PUT":             {h.speak("PUT", "/whip/fish/s1", "k", "", ""), http.StatusMethodNotAllowed},
		"turned off":      {newHouse(t).speak("POST", "/whip/fish", "k", "application/sdp", "x"), http.StatusNotFound},
		"asking from far": {h.speak("OPTIONS", "/whip/fish", "", "", ""), http.StatusNoContent},
	} {
		if c.w.Code != c.want {
			t.Errorf("%s: %d", name, c.w.Code)
		}
	}
	if s.offered.Key != "" {
		t.Error("a wrong request was carried to the room")
	}
	for range offersPerMinute {
		h.speak("POST", "/whip/fish", "k", "application/sdp", "x")
	}
	if w := h.speak("POST", "/whip/fish", "k", "application/sdp", "x"); w.Code != http.StatusTooManyRequests {
		t.Errorf("a flood: %d", w.Code)
	}
}
