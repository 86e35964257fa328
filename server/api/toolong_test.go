package api

import (
	"net/http"
	"strings"
	"testing"
)

// What is too long is told how long it is and how long it may be, wherever it is sent.
func TestWhatIsTooLongIsToldHowLongItMayBe(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.OperatorToken = operator })
	var err error
	rooms := Rooms{Channels: h, Broadcasts: h, Tracker: h, Keys: h, Texts: struct{ Texts }{}}
	if h.handler, err = New(h.config, rooms, h.metrics).Handler(); err != nil {
		t.Fatal(err)
	}
	bearer := header("Authorization", "Bearer "+operator)
	counted := func(r *http.Request) { r.ContentLength = -1 } // it comes in chunks
	for name, c := range map[string]struct {
		path, body string
		set        func(*http.Request)
		status     int
		says       string
	}{
		"a language":           {"captions?lang=" + strings.Repeat("x", 36), "", bearer, 400, "The language behind lang= has 36 bytes and may have 35 (a letter beyond a-z takes two to four). Shorten it."},
		"subtitles":            {"captions?lang=en", strings.Repeat("x", captionBodyMax+1), bearer, 413, "The text has 65537 bytes and may have 65536. Send less."},
		"how one watches":      {"join", `{"mode":"` + strings.Repeat("x", joinBodyMax) + `"}`, bearer, 413, "What says how you watch has 1035 bytes and may have 1024. Send less."},
		"what comes in chunks": {"join", `{"mode":"` + strings.Repeat("x", joinBodyMax) + `"}`, counted, 413, "What says how you watch has more than 1024 bytes and may have 1024. Send less."},
	} {
		w := h.request("POST", "/api/v1/channels/fish/"+c.path, body(c.body), c.set)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
