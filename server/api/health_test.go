package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/channel"
	"shoal/server/ingest/gate"
	"shoal/server/live/pulse"
)

const (
	fishKey  = "the key of fish"
	frogKey  = "the key of another channel"
	operator = "the operator's token"
)

// ByStreamKey is of Keys.
func (h *house) ByStreamKey(_ context.Context, key string) (channel.Channel, error) {
	switch key {
	case fishKey:
		return fish, nil
	case frogKey:
		return channel.Channel{ID: id.Channel{9}, Name: "frog"}, nil
	}
	return channel.Channel{}, channel.ErrNotFound
}

// Health is of Publishers.
func (h *house) Health(id.Channel) pulse.Health {
	return pulse.Health{
		Publishing: true, Protocol: "srt", Connected: h.now.Add(-time.Minute), Picture: "avc1.64001f", Width: 1280, Height: 720, KeyInterval: 10 * time.Second,
		Advice: []pulse.Advice{{Code: "key_interval", Says: "Key frames every 10 s"}},
	}
}

func TestHealthIsForTheKeysHolder(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.OperatorToken = operator })
	for token, want := range map[string]int{"": 401, fishKey: 200, frogKey: 401, "no key": 401, operator: 200} {
		answer := h.request("GET", "/api/v1/channels/fish/health", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
		if answer.Code != want {
			t.Errorf("%q: %d instead of %d", token, answer.Code, want)
		}
		if answer.Code != http.StatusOK {
			continue
		}
		var got Health
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Name != "fish" || !got.Publishing || got.ConnectedMS != 60_000 || got.KeyIntervalMS != 10_000 || got.Picture == nil || got.Picture.Width != 1280 || got.Sound != nil || len(got.Advice) != 1 {
			t.Errorf("%+v", got)
		}
		if answer.Header().Get("Cache-Control") != "no-store" {
			t.Error("it may be kept")
		}
	}
	if answer := h.request("GET", "/api/v1/channels/frog/health", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+fishKey) }); answer.Code != http.StatusNotFound {
		t.Errorf("of a channel that is not there: %d", answer.Code)
	}
	if strings.Contains(h.log.String(), fishKey) {
		t.Error("the log holds a key")
	}
}

func TestKeysAreNotGuessedByAskingForHealth(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.OperatorToken = operator })
	ask := func(token string) int {
		return h.request("GET", "/api/v1/channels/fish/health", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }).Code
	}
	for range healthPerMinute {
		if code := ask("a guess"); code != http.StatusUnauthorized {
			t.Fatalf("%d", code)
		}
	}
	if code := ask(fishKey); code != http.StatusTooManyRequests {
		t.Errorf("after %d guesses: %d", healthPerMinute, code)
	}
	if code := ask(operator); code != http.StatusOK {
		t.Errorf("the operator is shut out: %d", code)
	}
}

// Wrong keys count wherever keys are asked for, together with those of publishers, and shut their address out from all of it for a minute,
// as a publisher's do: also with the right key. Nobody else is.
func TestWrongKeysShutTheirAddressOut(t *testing.T) {
	h, visitors := newHouse(t, func(c *Config) { c.OperatorToken = operator }), new(gate.Visitors)
	handler, err := New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Keys: h, Publishers: h, Choices: new(choosing), Texts: struct{ Texts }{}, Gate: visitors}, h.metrics).Handler()
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	ask := func(method, path, key string) string {
		t.Helper()
		answer := h.request(method, "/api/v1/channels/fish/"+path, header("Authorization", "Bearer "+key), from("192.0.2.7:5000"), body("{}"))
		var said struct{ Error struct{ Code string } }
		if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil {
			t.Fatalf("%s: %v", answer.Body, err)
		}
		return said.Error.Code
	}
	for range 20 {
		if code := ask("GET", "health", ""); code != "needs_key" { // nothing is no key
			t.Fatal(code)
		}
	}
	for range 7 {
		visitors.Failed(netip.MustParseAddr("192.0.2.7"), h.now) // over RTMP
	}
	for _, one := range [][2]string{{"GET", "health"}, {"PATCH", "settings"}, {"POST", "captions?lang=en"}} {
		if code := ask(one[0], one[1], frogKey); code != "wrong_key" {
			t.Errorf("%v: %q", one, code)
		}
	}
	const line = `level=WARN msg="stream key refused" protocol=http channel=fish from=192.0.2.7 because=`
	if got := h.log.String(); strings.Count(got, line) != 3 || strings.Contains(got, frogKey) {
		t.Errorf("of three wrong keys the log says %s", got)
	}
	for _, one := range [][2]string{{"GET", "health"}, {"GET", "settings"}, {"POST", "captions?lang=en"}} {
		if code := ask(one[0], one[1], fishKey); code != "wrong_keys" {
			t.Errorf("after ten wrong keys, %v: %q", one, code)
		}
	}
	if got := h.log.String(); strings.Count(got, line) != 4 || strings.Contains(got, fishKey) {
		t.Errorf("of three tries of who is shut out the log says one line: %s", got)
	}
	if code := ask("GET", "health", operator); code != "" {
		t.Errorf("the operator: %q", code)
	}
	if other := h.request("GET", "/api/v1/channels/fish/health", header("Authorization", "Bearer "+fishKey)); other.Code != http.StatusOK {
		t.Errorf("another address: %d", other.Code)
	}
	h.now = h.now.Add(time.Minute)
	if code := ask("GET", "health", fishKey); code != "" {
		t.Errorf("a minute later: %q", code)
	}
}
