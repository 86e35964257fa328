package api

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"shoal/id"
)

// album is a running broadcast's stills.
type album struct{ made time.Time }

func (a album) Poster(id.Channel) ([]byte, time.Time, bool) {
	return []byte("poster"), a.made, !a.made.IsZero()
}
func (a album) Track(_ id.Channel, epoch uint64) ([]byte, bool) {
	return []byte("WEBVTT\n"), epoch == 7 && !a.made.IsZero()
}
func (a album) Sheet(id.Channel, uint64, string) ([]byte, bool) { return nil, false }

// newGallery is a house with stills, whose watch page has a head.
func newGallery(t *testing.T, stills album, private bool) (h *house, pass string) {
	h = newHouse(t, func(c *Config) {
		c.Web = fstest.MapFS{"index.html": {Data: []byte("<head></head>")}, "watch.html": {Data: []byte("<head><title>Shoal</title></head>watch")}, "embed.html": {Data: []byte("<head><title>Shoal</title></head>")}}
		c.Rewind = 10 * time.Minute
		c.PublicURL = "https://live.example.org"
	})
	h.live = true
	rooms := Rooms{Channels: h, Broadcasts: h, Origin: h, Records: h, Stripes: h, Meter: h, Tracker: h, Relay: h, Stills: stills}
	if private {
		pass, _ = closed(t, h)
		rooms.Rights = passesOf(h)
	}
	handler, err := New(h.config, rooms, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	return h, pass
}

func TestLiveChannelsHaveAPoster(t *testing.T) {
	made := time.Unix(1_700_000_000, 0)
	h, _ := newGallery(t, album{made}, false)
	const poster = `"poster":"/hls/fish/poster.jpg?v=1700000000"`
	if w := h.request("GET", "/api/v1/channels"); !strings.Contains(w.Body.String(), poster) {
		t.Errorf("the list: %s", w.Body)
	}
	if w := h.request("GET", "/api/v1/channels/fish"); !strings.Contains(w.Body.String(), poster) || !strings.Contains(w.Body.String(), `"storyboard":"/hls/fish/7/storyboard.vtt"`) {
		t.Errorf("the channel: %s", w.Body)
	}
	w := h.request("GET", "/hls/fish/poster.jpg?v=1")
	if w.Code != 200 || w.Body.String() != "poster" || w.Header().Get("Content-Type") != "image/jpeg" || w.Header().Get("Cache-Control") != "public, max-age=30" {
		t.Errorf("the poster: %d %v", w.Code, w.Header())
	}
	h, _ = newGallery(t, album{}, false)
	if w := h.request("GET", "/api/v1/channels/fish"); strings.Contains(w.Body.String(), "poster") || strings.Contains(w.Body.String(), "storyboard") {
		t.Errorf("without pictures: %s", w.Body)
	}
	if w := h.request("GET", "/hls/fish/poster.jpg"); w.Code != 404 {
		t.Errorf("without pictures: %d", w.Code)
	}
}

var ogImage = regexp.MustCompile(`<meta property="og:image" content="([^"]*)">`)

func TestLinksShowAPicture(t *testing.T) {
	h, _ := newGallery(t, album{time.Unix(1_700_000_000, 0)}, false)
	page := h.request("GET", "/c/fish").Body.String()
	if found := ogImage.FindStringSubmatch(page); found == nil || html.UnescapeString(found[1]) != "https://live.example.org/hls/fish/poster.jpg?v=1700000000" {
		t.Errorf("%s", page)
	}
	for _, want := range []string{`<title>fish is live · Shoal</title>`, `content="fish is live"`, `property="og:url" content="https://live.example.org/c/fish"`, "</head>watch"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	if strings.Count(page, "<title>") != 1 {
		t.Errorf("it has several titles: %s", page)
	}
	h.live = false
	if page := h.request("GET", "/c/fish").Body.String(); ogImage.MatchString(page) || !strings.Contains(page, `content="Not live now."`) {
		t.Errorf("what is not live: %s", page)
	}
	if page := h.request("GET", "/embed/fish").Body.String(); strings.Contains(page, "og:") {
		t.Errorf("a frame: %s", page)
	}
}

func TestNoPictureOfAPrivateChannelWithoutAPass(t *testing.T) {
	h, pass := newGallery(t, album{time.Unix(1_700_000_000, 0)}, true)
	for _, path := range []string{"/hls/fish/poster.jpg", "/hls/fish/7/poster.jpg", "/hls/fish/7/storyboard.vtt", "/hls/fish/7/tiles-0.jpg", "/hls/fish/7/chapters.vtt", "/clips/fish/abcdefgh27/poster.jpg"} {
		if w := h.request("GET", path); w.Code != 403 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/c/fish", "/c/fish?token=x", "/c/fish/r/7", "/c/fish/clip/abcdefgh27"} {
		if w := h.request("GET", path); w.Code != 200 || strings.Contains(w.Body.String(), "og:") || strings.Contains(w.Body.String(), "fish") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := h.request("GET", "/hls/fish/poster.jpg?token="+pass); w.Code != 200 || w.Header().Get("Cache-Control") != "private, max-age=30" {
		t.Errorf("the poster with a pass: %d %v", w.Code, w.Header())
	}
	page := h.request("GET", "/c/fish?token="+pass).Body.String()
	if found := ogImage.FindStringSubmatch(page); found == nil || !strings.Contains(found[1], "token="+pass) {
		t.Errorf("the page with a pass: %s", page)
	}
}
