package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shoal/server/origin"
)

func TestPlaylists(t *testing.T) {
	h := newHouse(t)
	for target, want := range map[string]origin.Reload{
		"/hls/fish/0.m3u8":                                     {Part: -1},
		"/hls/fish/1.m3u8?_HLS_msn=7":                          {Blocking: true, MSN: 7, Part: -1},
		"/hls/fish/1.m3u8?_HLS_msn=7&_HLS_part=3":              {Blocking: true, MSN: 7, Part: 3},
		"/hls/fish/1.m3u8?_HLS_msn=7&_HLS_part=3&_HLS_skip=v2": {Blocking: true, MSN: 7, Part: 3, Skip: true},
		"/hls/fish/1.m3u8?_HLS_skip=YES":                       {Part: -1, Skip: true},
	} {
		w := h.request("GET", target)
		if w.Code != 200 || w.Body.String() != "#EXTM3U media" || h.asked != want {
			t.Errorf("%s: %d %+v, want %+v", target, w.Code, h.asked, want)
		}
		got := w.Header()
		if got.Get("Content-Type") != "application/vnd.apple.mpegurl" || got.Get("Cache-Control") != "no-cache" || got.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", target, got)
		}
	}
	if w := h.request("GET", "/hls/fish/master.m3u8"); w.Body.String() != "#EXTM3U master" {
		t.Error(w.Body)
	}
	if w := h.request("HEAD", "/hls/fish/0.m3u8"); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "13" {
		t.Error(w.Code, w.Header())
	}
}

func TestMediaIsServedWholeAndInRanges(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ target, ranged, body, contentRange string }{
		{"/hls/fish/7/1/p9.m4s", "", "0123456789", ""},
		{"/hls/fish/7/1/p9.m4s", "bytes=2-5", "2345", "bytes 2-5/10"},
		{"/hls/fish/7/1/p9.m4s", "bytes=-3", "789", "bytes 7-9/10"},
		{"/hls/fish/7/1/p9.m4s", "bytes=0-1,4-5", "0123456789", ""},
		{"/hls/fish/7/0/s7340032.m4s", "", "segment", ""},
		{"/hls/fish/i" + strings.Repeat("a", 32) + ".mp4", "", "init", ""},
	} {
		w := h.request("GET", c.target, header("Range", c.ranged))
		if w.Body.String() != c.body || w.Header().Get("Content-Range") != c.contentRange || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s %s: %q %v", c.target, c.ranged, w.Body, w.Header())
		}
	}
	if w := h.request("GET", "/hls/fish/7/1/p9.m4s", header("Range", "bytes=90-")); w.Code != 416 {
		t.Errorf("a range outside: %d", w.Code)
	}
}

func TestRecords(t *testing.T) {
	h := newHouse(t)
	for target, want := range map[string]string{"/hls/fish/7/1/m9": "record", "/hls/fish/7/cert": "certificates"} {
		w := h.request("GET", target)
		if w.Body.String() != want || w.Header().Get("Content-Type") != "application/octet-stream" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %q %v", target, w.Code, w.Body, w.Header())
		}
	}
	for _, target := range []string{"/hls/fish/7/1/m8", "/hls/fish/7/1/m09", "/hls/fish/8/cert", "/hls/fish/x/cert"} {
		if w := h.request("GET", target); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if strings.Contains(h.log.String(), "counted") {
		t.Error("records were counted as media")
	}
}

// short is a connection that breaks after a few bytes.
type short struct {
	http.ResponseWriter
	left int
}

func (s *short) Write(b []byte) (int, error) {
	n := min(s.left, len(b))
	s.left -= n
	if n < len(b) {
		return n, http.ErrAbortHandler
	}
	return n, nil
}

// Unwrap lets http.ResponseController flush.
func (s *short) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func TestOnlyBytesReallyWrittenCount(t *testing.T) {
	h := newHouse(t)
	h.request("GET", "/hls/fish/7/1/p9.m4s")
	h.request("HEAD", "/hls/fish/7/1/p9.m4s")
	h.request("GET", "/hls/fish/7/1/p9.m4s", header("Range", "bytes=2-5"))
	whole := h.handler
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { whole.ServeHTTP(&short{w, 3}, r) })
	h.request("GET", "/hls/fish/7/1/p9.m4s")
	if got := h.log.String(); got != "counted 1 10ns\ncounted 1 0s\ncounted 1 4ns\ncounted 1 3ns\n" {
		t.Error(got)
	}
}

func TestHeldRequestsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.hold = make(chan struct{})
		codes := make(chan int, 10)
		for range 2 {
			go func() { codes <- h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1").Code }()
		}
		synctest.Wait()
		if w := h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1"); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("a third from the same address: %d", w.Code)
		}
		go func() { codes <- h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1", from("192.0.2.1:1")).Code }()
		synctest.Wait()
		close(h.hold)
		for range 3 {
			if code := <-codes; code != 200 {
				t.Errorf("a held request: %d", code)
			}
		}
		if w := h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1"); w.Code != 200 {
			t.Errorf("after all were answered: %d", w.Code)
		}
	})
}

func TestALeavingViewerFreesTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *Config) { c.HeldReloadsPerIP = 1 })
		h.hold = make(chan struct{})
		defer close(h.hold)
		ctx, leave := context.WithCancel(t.Context())
		go h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1", func(r *http.Request) { *r = *r.WithContext(ctx) })
		synctest.Wait()
		leave()
		synctest.Wait()
		h.answer = origin.ErrTimeout
		h.hold = nil
		if w := h.request("GET", "/hls/fish/0.m3u8?_HLS_msn=1"); w.Code != 503 {
			t.Errorf("the hold was not freed: %d", w.Code)
		}
	})
}

// timed is a connection that notes its write deadline.
type timed struct {
	http.ResponseWriter
	deadlines []time.Time
}

func (c *timed) SetWriteDeadline(at time.Time) error {
	c.deadlines = append(c.deadlines, at)
	return nil
}

func TestADeadlineEndsWithItsAnswer(t *testing.T) {
	h := newHouse(t)
	whole, c := h.handler, &timed{}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.ResponseWriter = w; whole.ServeHTTP(c, r) })
	h.request("GET", "/hls/fish/7/1/p9.m4s")
	if len(c.deadlines) != 2 || !c.deadlines[0].IsZero() || !c.deadlines[1].Equal(h.now.Add(writeWithin)) {
		t.Errorf("media: %v", c.deadlines)
	}
	c.deadlines = nil
	h.request("GET", "/api/v1/channels")
	if len(c.deadlines) != 1 || !c.deadlines[0].IsZero() {
		t.Errorf("the next request on the connection: %v", c.deadlines)
	}
}
