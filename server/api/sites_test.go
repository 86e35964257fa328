package api

import (
	"net/http"
	"testing"
	"testing/fstest"
)

func TestPagesOfAdmittedSitesMayJoin(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Sites = []string{"club.example", "*.school.example", "localhost:*", "lab.example:8443"}
		c.JoinsPerMinute = 100
	})
	for origin, admitted := range map[string]bool{
		"https://club.example": true, "https://CLUB.example": true, "https://a.school.example": true,
		"https://school.example": false, "https://club.example.evil.example": false, "https://club.example:8443": false, "null": false, "https://evil.example": false,
		"http://localhost:8590": true, "http://localhost": false, "https://lab.example:8443": true, "https://lab.example": false,
	} {
		w := h.request("POST", "/api/v1/channels/fish/join", header("Origin", origin), body(`{"mode":"share"}`))
		if (w.Code == 200) != admitted || (w.Header().Get("Access-Control-Allow-Origin") == origin) != admitted {
			t.Errorf("join from %s: %d %v", origin, w.Code, w.Header())
		}
		w = h.request("GET", "/api/v1/channels/fish", header("Origin", origin))
		if (w.Header().Get("Access-Control-Allow-Origin") == origin) != admitted || w.Header().Get("Vary") != "Origin" {
			t.Errorf("state read from %s: %v", origin, w.Header())
		}
		w = h.request("OPTIONS", "/api/v1/channels/fish/join", header("Origin", origin))
		if (w.Header().Get("Access-Control-Allow-Origin") == origin) != admitted || w.Header().Get("Access-Control-Allow-Headers") != "Content-Type" {
			t.Errorf("asked beforehand from %s: %d %v", origin, w.Code, w.Header())
		}
	}
	open := newHouse(t, func(c *Config) { c.Sites = []string{"*"} })
	for _, origin := range []string{"https://anyone.example", "null"} {
		if w := open.request("POST", "/api/v1/channels/fish/join", header("Origin", origin), body(`{"mode":"watch"}`)); w.Code != 200 {
			t.Errorf("from %s, where any site may: %d", origin, w.Code)
		}
	}
}

func TestAdmittedSitesMayDoNoMoreThanJoin(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Sites = []string{"*"} })
	for _, target := range []string{"/api/v1/channels/fish", "/api/v1/channels", "/c/fish", "/metrics"} {
		if w := h.request("POST", target, header("Origin", "https://anyone.example")); w.Code == 200 {
			t.Errorf("POST %s: %d", target, w.Code)
		}
	}
	for _, target := range []string{"/api/v1/channels", "/metrics", "/"} {
		if w := h.request("GET", target, header("Origin", "https://anyone.example")); w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("GET %s may be read from any site", target)
		}
	}
}

func TestScriptsForOtherSites(t *testing.T) {
	web := fstest.MapFS{
		"index.html": {Data: []byte("<p>index")}, "shoal-player.js": {Data: []byte("import")}, "shoal-player.js.gz": {Data: []byte("gzipped")},
		"assets/player-1.js": {Data: []byte("export")},
	}
	h := newHouse(t, func(c *Config) { c.Web = web })
	w := h.request("GET", "/shoal-player.js", header("Origin", "https://anyone.example"))
	tag := w.Header().Get("ETag")
	want := map[string]string{
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache",
		"Content-Type": "text/javascript; charset=utf-8", "Vary": "Accept-Encoding",
	}
	hasHeaders(t, w.Header(), want)
	if w.Code != 200 || w.Body.String() != "import" || tag == "" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	if w := h.request("GET", "/shoal-player.js", header("Accept-Encoding", "gzip")); w.Body.String() != "gzipped" || w.Header().Get("ETag") != tag {
		t.Errorf("gzipped: %q %v", w.Body, w.Header())
	}
	if w := h.request("GET", "/shoal-player.js", header("If-None-Match", tag)); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("who has it gets %d and %d bytes", w.Code, w.Body.Len())
	}
	web["shoal-player.js"] = &fstest.MapFile{Data: []byte("another")}
	if w := h.request("GET", "/shoal-player.js", header("If-None-Match", tag)); w.Code != 200 || w.Header().Get("ETag") == tag {
		t.Errorf("who has an old one gets %d %v", w.Code, w.Header())
	}
	hasHeaders(t, h.request("GET", "/assets/player-1.js").Header(), map[string]string{
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=31536000, immutable",
	})
	if w := h.request("GET", "/nothing.js", header("If-None-Match", tag)); w.Code != 404 {
		t.Errorf("a script that is not there: %d", w.Code)
	}
}

func hasHeaders(t *testing.T, got http.Header, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Get(name), value)
		}
	}
}
