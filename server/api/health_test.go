package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/channel"
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
