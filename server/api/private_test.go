package api

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/rights"
)

// closed makes the house's only channel private, and returns a pass to it.
func closed(t *testing.T, h *house) (pass, over string) {
	t.Helper()
	passes := passesOf(h)
	rooms := Rooms{Channels: h, Broadcasts: h, Origin: h, Records: h, Stripes: h, Meter: h, Tracker: h, Relay: h, Rights: passes}
	handler, err := New(h.config, rooms, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	return passes.Issue("fish", h.now.Add(time.Hour)), passes.Issue("fish", h.now)
}

func passesOf(h *house) *rights.Passes {
	return rights.New(bytes.Repeat([]byte{7}, 32), []id.Name{"fish"}, func() time.Time { return h.now })
}

func TestNothingOfAPrivateChannelWithoutAPass(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.JoinsPerMinute, c.Sites = 100, []string{"*"} })
	pass, over := closed(t, h)
	h.live = true
	const anyone = "https://anyone.example"
	for _, c := range []struct{ method, target string }{
		{"GET", "/hls/fish/master.m3u8"}, {"GET", "/hls/fish/0.m3u8"}, {"GET", "/hls/fish/i" + strings.Repeat("a", 32) + ".mp4"},
		{"GET", "/hls/fish/7/1/p9.m4s"}, {"GET", "/hls/fish/7/1/s7340032.m4s"}, {"GET", "/hls/fish/7/1/m9"}, {"GET", "/hls/fish/7/cert"},
		{"GET", "/api/v1/channels/fish"}, {"POST", "/api/v1/channels/fish/join"}, {"HEAD", "/hls/fish/7/1/p9.m4s"}, {"GET", "/hls/%66ish/7/1/p9.m4s"},
	} {
		ask := func(target string) (int, string, string) {
			w := h.request(c.method, target, header("Origin", anyone), body(`{"mode":"watch"}`))
			return w.Code, w.Body.String(), w.Header().Get("Access-Control-Allow-Origin") + " " + w.Header().Get("Cache-Control")
		}
		for token, code := range map[string]string{"": `"private"`, "?token=garbage": `"private"`, "?token=" + over: `"pass_over"`} {
			status, says, headers := ask(c.target + token)
			if status != 403 || !strings.Contains(says, code) && c.method != "HEAD" || !strings.HasSuffix(headers, "no-store") || strings.HasPrefix(headers, " ") {
				t.Errorf("%s %s%s: %d %s %s", c.method, c.target, token, status, says, headers)
			}
		}
		if status, says, headers := ask(c.target + "?token=" + pass); status != 200 || strings.Contains(headers, "public") {
			t.Errorf("%s %s with a pass: %d %s %s", c.method, c.target, status, says, headers)
		}
	}
	for _, target := range []string{
		"/hls/fish/7/stripes/0001", "/hls/fish/7/master.m3u8", "/hls/fish/7/0.m3u8", "/hls/fish/7/download.mp4", "/hls/fish/7/1/r1",
		"/clips/fish/abcdefgh27/master.m3u8", "/clips/fish/abcdefgh27/cert", "/clips/fish/abcdefgh27/1/p3.m4s",
		"/api/v1/channels/fish/recordings", "/api/v1/channels/fish/clips",
		"/api/v1/channels/fish/recordings/7", "/api/v1/channels/fish/clips/abcdefgh27",
	} {
		if w := h.request("GET", target); w.Code != 403 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := h.request("POST", "/api/v1/channels/fish/clips", body(`{"last_s":30}`)); w.Code != 403 {
		t.Errorf("a clip: %d", w.Code)
	}
	if w := h.request("GET", "/api/v1/channels"); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("the list names it: %s", w.Body)
	}
	if w := h.request("GET", "/c/fish"); w.Code != 200 || w.Header().Get("Link") != "" {
		t.Errorf("its page: %d %v", w.Code, w.Header())
	}
	if strings.Contains(h.log.String(), pass) {
		t.Error("the log holds a pass")
	}
}
