package api

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"shoal/server/origin"
)

// Wait is of Lobby: it answers at once, each by itself, and closes.
func (h *house) Wait(key any, conn net.Conn, _ []byte, ask func(context.Context) []byte, left func()) {
	h.mu.Lock()
	h.waited = append(h.waited, key)
	h.mu.Unlock()
	go func() {
		_, _ = conn.Write(ask(context.Background())) // who reads it says what came
		left()
		_ = conn.Close()
	}()
}

// onTime has answers over real connections begin now: they may take a minute from then on.
func onTime(c *Config) { c.Now = time.Now }

// waitFor waits until it is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for within := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(within) {
			t.Fatal("in vain")
		}
	}
}

// over sends one request over a real connection.
func over(t *testing.T, s *httptest.Server, method, target string, headers ...string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // nothing hangs on it
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: localhost:8080\r\n%s\r\n", method, target, strings.Join(headers, "")); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Body.Close() }) // nothing hangs on it
	return r
}

// What waits in the lobby is answered as what is there already is: the same status and headers.
func TestWhoWaitsIsAnsweredAsOthersAre(t *testing.T) {
	h := newHouse(t, onTime)
	s := httptest.NewServer(h.handler)
	defer s.Close()
	opened := make(chan struct{})
	close(opened)
	const target = "/hls/fish/1.m3u8?_HLS_msn=7&_HLS_part=3"
	for _, c := range []struct {
		text   string
		err    error
		header string
	}{
		{"#EXTM3U", nil, ""},
		{"#EXTM3U" + strings.Repeat("#", squeezeLeast), nil, ""},
		{"#EXTM3U" + strings.Repeat("#", squeezeLeast), nil, "Accept-Encoding: gzip\r\n"},
		{"", origin.ErrTimeout, ""},
		{"", origin.ErrNotFound, ""},
	} {
		h.text, h.answer = c.text, c.err
		h.hold = nil
		want := over(t, s, "GET", target, c.header)
		h.hold = opened
		h.waited = nil
		got := over(t, s, "GET", target, c.header)
		h.mu.Lock()
		n := len(h.waited)
		h.mu.Unlock()
		if n != 1 {
			t.Fatalf("%v: %d waited", c, n)
		}
		for _, r := range []*http.Response{want, got} {
			if r.Header.Get("Date") == "" {
				t.Error("an answer without a date")
			}
			r.Header.Del("Date")
		}
		if got.StatusCode != want.StatusCode || got.ContentLength != want.ContentLength || !reflect.DeepEqual(got.Header, want.Header) {
			t.Errorf("%v: %d %v, not %d %v", c, got.StatusCode, got.Header, want.StatusCode, want.Header)
		}
	}
}

// A mistake of ours sends away who waited, and nobody else.
func TestAMistakeInTheLobby(t *testing.T) {
	h := newHouse(t, onTime)
	h.hold = make(chan struct{})
	close(h.hold)
	h.text = "panic"
	s := httptest.NewServer(h.handler)
	defer s.Close()
	r, err := http.Get(s.URL + "/hls/fish/1.m3u8?_HLS_msn=7")
	if err == nil {
		_ = r.Body.Close() // its status is what counts
		t.Errorf("%d", r.StatusCode)
	}
	if !strings.Contains(h.log.String(), "as the test asks for") {
		t.Errorf("nobody is told: %s", h.log.String())
	}
	h.text = ""
	if r := over(t, s, "GET", "/hls/fish/1.m3u8?_HLS_msn=7"); r.StatusCode != http.StatusOK {
		t.Errorf("%d", r.StatusCode)
	}
}

// Only what a player asks for waits there, and those who ask for different things apart.
func TestWhoWaitsInTheLobby(t *testing.T) {
	h := newHouse(t, onTime)
	h.hold = make(chan struct{})
	close(h.hold)
	s := httptest.NewServer(h.handler)
	defer s.Close()
	for _, c := range []struct{ method, target, header string }{
		{"HEAD", "/hls/fish/1.m3u8?_HLS_msn=7", ""},
		{"GET", "/hls/fish/1.m3u8", ""},
		{"GET", "/hls/fish/1.m3u8?_HLS_msn=7", "Connection: close\r\n"},
		{"GET", "/hls/fish/1.m3u8?_HLS_msn=x", ""},
	} {
		over(t, s, c.method, c.target, c.header)
		if len(h.waited) != 0 {
			t.Errorf("%v waits", c)
			h.waited = nil
		}
	}
	for _, c := range []struct{ target, header string }{
		{"/hls/fish/1.m3u8?_HLS_msn=7", ""},
		{"/hls/fish/1.m3u8?_HLS_msn=7", "Accept-Encoding: gzip\r\n"},
		{"/hls/fish/1.m3u8?_HLS_msn=7&_HLS_part=0", ""},
		{"/hls/fish/1.m3u8?_HLS_msn=7&_HLS_skip=YES", ""},
		{"/hls/fish/0.m3u8?_HLS_msn=7", ""},
		{"/hls/fish/text.en.m3u8?_HLS_msn=7", ""},
	} {
		over(t, s, "GET", c.target, c.header)
	}
	over(t, s, "GET", "/hls/fish/1.m3u8?_HLS_msn=7", "X-Other: 1\r\n")
	keys := make(map[any]int)
	for _, key := range h.waited {
		keys[key]++
	}
	if len(h.waited) != 7 || len(keys) != 6 || keys[h.waited[0]] != 2 {
		t.Errorf("%v", keys)
	}
}

// Who waits in the lobby counts as held, until it left.
func TestTheLobbyIsBounded(t *testing.T) {
	h := newHouse(t, onTime)
	h.hold = make(chan struct{})
	s := httptest.NewServer(h.handler)
	defer s.Close()
	const target = "/hls/fish/1.m3u8?_HLS_msn=7"
	came := make(chan int, 2)
	for range 2 {
		go func() {
			r, err := http.Get(s.URL + target)
			if err != nil {
				came <- 0
				return
			}
			_ = r.Body.Close() // its status is what counts
			came <- r.StatusCode
		}()
	}
	waitFor(t, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.waited) == 2 })
	if r := over(t, s, "GET", target); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", r.StatusCode)
	}
	close(h.hold)
	for range 2 {
		if status := <-came; status != http.StatusOK {
			t.Error(status)
		}
	}
	waitFor(t, func() bool { return over(t, s, "GET", target).StatusCode == http.StatusOK })
}
