package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"shoal/server/origin"
	"shoal/wire/signal"
)

func TestErrorsHaveOneShape(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		method, target string
		answer         error
		status         int
		code           string
	}{
		{"GET", "/api/v1/channels/nobody", nil, 404, "not_found"},
		{"GET", "/api/v1/channels/NO%20BODY", nil, 404, "not_found"},
		{"GET", "/api/v1/nothing", nil, 404, "not_found"},
		{"GET", "/hls/fish/nothing", nil, 404, "not_found"},
		{"GET", "/hls/FISH/master.m3u8", nil, 404, "not_found"},
		{"GET", "/hls/fish/9.m3u8", nil, 404, "not_found"},
		{"GET", "/c/FISH", nil, 404, "not_found"},
		{"GET", "/embed/No%20Name", nil, 404, "not_found"},
		{"GET", "/hls/fish/0.m3u8?_HLS_msn=x", nil, 400, "malformed"},
		{"GET", "/hls/fish/0.m3u8?_HLS_part=1", nil, 400, "malformed"},
		{"GET", "/hls/fish/0.m3u8?_HLS_msn=1&_HLS_part=-1", nil, 400, "malformed"},
		{"GET", "/hls/fish/0.m3u8", origin.ErrTooFar, 400, "too_far_ahead"},
		{"GET", "/hls/fish/0.m3u8", origin.ErrTimeout, 503, "not_yet"},
		{"GET", "/hls/fish/0.m3u8", origin.ErrBusy, 503, "busy"},
		{"GET", "/hls/fish/0.m3u8", origin.ErrNotFound, 404, "not_live"},
		{"GET", "/hls/nobody/0.m3u8", origin.ErrNotFound, 404, "not_found"},
		{"GET", "/hls/fish/7/1/p9.m4s", origin.ErrOver, 404, "gone"},
		{"GET", "/hls/fish/7/1/p09.m4s", nil, 404, "not_found"},
		{"GET", "/hls/fish/7/1/p8.m4s", nil, 404, "gone"},
		{"GET", "/hls/fish/7/8/p9.m4s", nil, 404, "not_found"},
		{"GET", "/hls/fish/7/1/x9.m4s", nil, 404, "not_found"},
		{"GET", "/hls/fish/master.m3u8", http.ErrAbortHandler, 500, "internal"},
		{"PUT", "/api/v1/channels/fish/settings", nil, 405, "method"},
		{"DELETE", "/api/v1/channels/fish", nil, 405, "method"},
		{"POST", "/c/fish", nil, 405, "method"},
		{"PROPFIND", "/live", nil, 405, "method"},
		{"POST", "/nothing", nil, 404, "not_found"},
		{"POST", "/api/v1/nothing", nil, 404, "not_found"},
	} {
		h.answer = c.answer
		w := h.request(c.method, c.target)
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Errorf("%s: %q: %v", c.target, w.Body, err)
		}
		if w.Code != c.status || e.Error.Code != c.code || e.Error.Message == "" {
			t.Errorf("%s: %d %+v, want %d %s", c.target, w.Code, e, c.status, c.code)
		}
	}
}

func TestAnAddressSaysWhichMethodsItTakes(t *testing.T) {
	w := newHouse(t).request("PUT", "/api/v1/channels/fish/settings")
	if allow := w.Header().Get("Allow"); allow != "GET, PATCH" || !strings.Contains(w.Body.String(), "does not take PUT. It takes GET, PATCH.") {
		t.Errorf("%q %s", allow, w.Body)
	}
}

func TestBrowsersGetErrorsAsPages(t *testing.T) {
	w := newHouse(t).request("GET", "/c/nobody", header("Accept", "text/html,*/*"))
	if w.Code != 404 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "no channel of this name") {
		t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/", "/c/fish", "/embed/fish", "/nothing", "/api/v1/channels", "/hls/fish/master.m3u8", "/metrics"} {
		got := h.request("GET", target).Header()
		if got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", target, got)
		}
		framed := strings.Contains(got.Get("Content-Security-Policy"), "frame-ancestors *")
		if framed != strings.HasPrefix(target, "/embed/") {
			t.Errorf("%s: framing: %v", target, got["Content-Security-Policy"])
		}
	}
}

func TestThePageOfALiveChannelNamesWhatItAsksFirst(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/c/fish", "/embed/fish", "/"} {
		h.live = false
		if links := h.request("GET", target).Header()["Link"]; len(links) > 0 {
			t.Errorf("%s: %v while nothing is on air", target, links)
		}
		h.live = true
		if links := h.request("GET", target).Header()["Link"]; (target != "/") != (strings.Contains(strings.Join(links, ","), "</hls/fish/master.m3u8>; rel=preload")) {
			t.Errorf("%s: %v", target, links)
		}
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	for target, text := range map[string]string{"/": "<p>index", "/c/fish": "<p>watch", "/embed/fish": "<p>embed", "/favicon.svg": "<svg/>"} {
		if w := h.request("GET", target); w.Code != 200 || w.Body.String() != text {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for offer, text := range map[string]string{"": "plain", "gzip, deflate": "gzip", "gzip, br;q=0.5": "brotli", "br;q=0": "plain"} {
		w := h.request("GET", "/assets/engine-1.wasm", header("Accept-Encoding", offer))
		if w.Body.String() != text || w.Header().Get("Content-Type") != "application/wasm" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%q: %q %v", offer, w.Body, w.Header())
		}
	}
	for _, target := range []string{"/assets/../index.html", "/assets/%2e%2e/index.html", "/watch.html", "/assets/", "/assets/nothing.js"} {
		if w := h.request("GET", target); w.Code == 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	bare := newHouse(t, func(c *Config) { c.Web = fstest.MapFS{} })
	if w := bare.request("GET", "/"); w.Code != 503 || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("without pages: %d %s", w.Code, w.Body)
	}
}

func TestForeignPagesChangeNothing(t *testing.T) {
	h := newHouse(t)
	for origin, status := range map[string]int{"": 200, "http://localhost:8080": 200, "https://evil.example": 403} {
		w := h.request("POST", "/api/v1/channels/fish/join", header("Origin", origin), body(`{"mode":"watch"}`))
		if origin == "" {
			w = h.request("POST", "/api/v1/channels/fish/join", body(`{"mode":"watch"}`))
		}
		if w.Code != status {
			t.Errorf("from %q: %d %s", origin, w.Code, w.Body)
		}
	}
}

func TestJoiningARecordingNeedsOne(t *testing.T) {
	h := newHouse(t)
	if w := h.request("POST", "/api/v1/channels/fish/join", body(`{"mode":"share","recording":7}`)); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestChannels(t *testing.T) {
	h := newHouse(t)
	if got := strings.TrimSpace(h.request("GET", "/api/v1/channels").Body.String()); got != `[{"name":"fish","live":false,"publishing":false,"awaited":false,"viewers":12,"recordings":0}]` {
		t.Error(got)
	}
	if got := h.request("GET", "/api/v1/channels/fish").Body.String(); !strings.Contains(got, `"live":false`) ||
		!strings.Contains(got, `"started":null`) || !strings.Contains(got, `"tracks":[]`) {
		t.Error(got)
	}
	h.live = true
	got := h.request("GET", "/api/v1/channels/fish").Body.String()
	for _, part := range []string{`{"name":"fish","channel":"` + fish.ID.String() + `"`, `"live":true,"publishing":true`, `"started":"2026-11-22T10:00:00Z"`, `"epoch":7`,
		`{"track":0,"kind":"video","codec":"vp09.00.21.08","width":640,"height":360}`, `{"track":1,"kind":"audio","codec":"opus"}`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s\nlacks %s", got, part)
		}
	}
	if strings.Contains(got, "resting") {
		t.Errorf("none of these rests: %s", got)
	}
	h.resting = 1 << 0
	if got := h.request("GET", "/api/v1/channels/fish").Body.String(); !strings.Contains(got, `"height":360,"resting":true}`) || strings.Count(got, "resting") != 1 {
		t.Errorf("the first track rests: %s", got)
	}
	h.away = true // its publisher may still come back
	for _, target := range []string{"/api/v1/channels", "/api/v1/channels/fish"} {
		if got := h.request("GET", target).Body.String(); !strings.Contains(got, `"live":true,"publishing":false`) {
			t.Errorf("%s: %s", target, got)
		}
	}
	h.live, h.awaited = false, true // the server was started anew in the middle
	for _, target := range []string{"/api/v1/channels", "/api/v1/channels/fish"} {
		if got := h.request("GET", target).Body.String(); !strings.Contains(got, `"live":false,"publishing":false,"awaited":true`) {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func TestSharingPreset(t *testing.T) {
	public := func(c *Config) { c.PublicURL = "https://live.example.org" }
	operator := func(c *Config) { c.PublicURL, c.SharePreset = "https://live.example.org", true }
	for _, c := range []struct {
		name   string
		set    []func(*Config)
		host   string
		remote string
		want   bool
	}{
		{"this machine", nil, "localhost:8080", "127.0.0.1:5", true},
		{"this machine, by address", nil, "[::1]:8080", "[::1]:5", true},
		{"another machine", nil, "192.0.2.1:8080", "192.0.2.9:5", false},
		{"another machine that says localhost", nil, "localhost", "192.0.2.9:5", false},
		{"a proxy that hides the host", []func(*Config){public}, "localhost:8080", "127.0.0.1:5", false},
		{"the operator says so", []func(*Config){operator}, "live.example.org", "192.0.2.9:5", true},
	} {
		w := newHouse(t, c.set...).request("GET", "/api/v1/channels/fish", from(c.remote), func(r *http.Request) { r.Host = c.host })
		if got := strings.Contains(w.Body.String(), `"preset_allowed":true`); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestJoin(t *testing.T) {
	h := newHouse(t)
	join := func(text string, set ...func(*http.Request)) *httptest.ResponseRecorder {
		return h.request("POST", "/api/v1/channels/fish/join", append(set, body(text))...)
	}
	got := join(`{"mode":"share"}`).Body.String()
	for _, part := range []string{`"token":"token-share"`, `"peer":"0000000000000abc"`, `"tracker":"/api/v1/tracker"`, `"ice":[{"urls":["stun:localhost:3478"]}]`, `"serverTimeMs":1795341600000`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s\nlacks %s", got, part)
		}
	}
	if got := join(`{"mode":"watch"}`).Body.String(); strings.Contains(got, "ice") {
		t.Errorf("who only watches learns of the relay: %s", got)
	}
	for _, wrong := range []string{``, `{}`, `{"mode":"steal"}`, `{"mode":"watch","x":1}`, `{"mode":"watch"}{}`, `{"mode":"` + strings.Repeat("x", 2000) + `"}`} {
		if w := join(wrong, from("192.0.2.1:1")); w.Code != 429 && (w.Code != 400 || !strings.Contains(w.Body.String(), `mode`)) {
			t.Errorf("%.30q: %d %s", wrong, w.Code, w.Body)
		}
	}
}

func TestJoinsAreLimitedByNetwork(t *testing.T) {
	h := newHouse(t)
	join := func(address string) int {
		return h.request("POST", "/api/v1/channels/fish/join", from(address), body(`{"mode":"watch"}`)).Code
	}
	for n := range 3 {
		if code := join("[2001:db8::1]:1"); code != 200 {
			t.Fatalf("join %d: %d", n, code)
		}
	}
	if code := join("[2001:db8::2]:1"); code != 429 {
		t.Errorf("a fourth join from the same /64: %d", code)
	}
	if code := join("[2001:db8:0:1::2]:1"); code != 200 {
		t.Errorf("a join from the next /64: %d", code)
	}
	h.now = h.now.Add(21e9)
	if code := join("[2001:db8::1]:1"); code != 200 {
		t.Errorf("a join 21 s later: %d", code)
	}
}

func TestMetrics(t *testing.T) {
	h := newHouse(t)
	for range 2 {
		h.metrics.Reported(fish.ID, signal.Report{HTTPBytes: 9, PeerBytes: 8, UploadBytes: 7, Verified: 10, Refused: 11, Stalls: 1, StalledMS: 250})
	}
	h.metrics.PartPublished(fish.ID, time.Millisecond)
	got := h.request("GET", "/metrics").Body.String()
	for _, line := range []string{
		`shoal_origin_media_bytes_total{channel="fish",track="1"} 77`, `shoal_viewers{channel="fish"} 3`, `shoal_peers_connected{channel="fish"} 4`,
		`shoal_ingest_bits_per_second{channel="fish"} 5`, `shoal_reported_media_bytes_total{source="peer"} 16`,
		`shoal_reported_media_bytes_total{source="origin"} 18`, `shoal_pieces_verified_total 20`, `shoal_pieces_refused_total 22`,
		`shoal_part_latency_seconds_count 1`, `shoal_reported_stalled_seconds_total 0.5`, `shoal_sharing_viewers{channel="fish"} 2`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

func TestAccessLogNamesNobody(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.AccessLog = true })
	h.request("GET", "/c/fish?share=yes&token=secret", from("192.0.2.77:1"))
	if got := h.log.String(); !strings.Contains(got, "path=/c/fish") || strings.Contains(got, "secret") || strings.Contains(got, "192.0.2.77") {
		t.Error(got)
	}
	quiet := newHouse(t)
	quiet.request("GET", "/c/fish")
	if quiet.log.String() != "" {
		t.Errorf("logged by default: %s", quiet.log.String())
	}
}
