package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"shoal/id"
	"shoal/server/channel"
)

// choosing is the settings of fish.
type choosing struct{ now channel.Settings }

func (c *choosing) Settings(context.Context, id.Channel) (channel.Settings, error) { return c.now, nil }

func (c *choosing) Change(_ context.Context, _ id.Channel, changes map[string]string) (channel.Settings, error) {
	next, err := c.now.With(changes)
	c.now = next
	return next, err
}

func (c *choosing) Choose(_ context.Context, _ id.Channel, server channel.Settings, choices map[string]string) (channel.Settings, error) {
	next, err := c.now.Choose(server, choices)
	c.now = next
	return next, err
}

func TestSettingsAreTheStreamersWithinTheOperators(t *testing.T) {
	server, err := channel.Settings{}.With(map[string]string{
		"record": "on", "rewind": "10m", "keep_days": "30", "keep_gb": "50", "clips": "on", "download": "off", "ladder": "on", "reconnect_window": "90s", "latency": "3s",
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *Config) { c.OperatorToken, c.Server = operator, server })
	if h.handler, err = New(h.config, Rooms{Channels: h, Broadcasts: h, Tracker: h, Keys: h, Lobby: h, Choices: new(choosing)}, h.metrics).Handler(); err != nil {
		t.Fatal(err)
	}
	say := func(method, token, text string) (int, string) {
		answer := h.request(method, "/api/v1/channels/fish/settings", header("Authorization", "Bearer "+token), body(text))
		if got := answer.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s may be kept: %q", method, text, got)
		}
		return answer.Code, answer.Body.String()
	}
	for _, c := range []struct {
		method, token, body string
		code                int
		says                string
	}{
		{"GET", "no key", "", 401, "stream key"},
		{"PATCH", frogKey, `{"clips":"off"}`, 401, "stream key"},
		{"GET", fishKey, "", 200, `"rewind":{"value":"10m0s","chosen":null,"own":null,"given":"10m0s","most":"10m0s","takes_effect":"with the next broadcast"}`},
		{"PATCH", operator, `{"rewind":"1h","keep_gb":"0"}`, 200, `"rewind":{"value":"1h0m0s","chosen":null,"own":"1h0m0s","given":"1h0m0s","most":"1h0m0s"`},
		{"PATCH", fishKey, `{"rewind":"30m","record":"off"}`, 200, `"rewind":{"value":"30m0s","chosen":"30m0s","own":"1h0m0s","given":"1h0m0s","most":"1h0m0s"`},
		{"PATCH", fishKey, `{"reconnect_window":"5m"}`, 200, `"reconnect_window":{"value":"5m0s","chosen":"5m0s","own":null,"given":"1m30s","most":"1h0m0s"`},
		{"PATCH", fishKey, `{"rewind":"2h","download":"on","record":"on"}`, 400, `"fields":{"download":"off, as the server does not give more","rewind":"a time up to 1h0m0s`},
		{"GET", operator, "", 200, `"record":{"value":"off","chosen":"off"`},
		{"PATCH", fishKey, `{"recrod":"off"}`, 400, "there is no such setting"},
		{"PATCH", fishKey, `{"record":true}`, 400, "each value as text"},
		{"PATCH", fishKey, `[]`, 400, "each value as text"},
		{"PATCH", fishKey, `{"record":"off"} {}`, 400, "each value as text"},
		{"PATCH", fishKey, `{"record":"` + strings.Repeat("x", 5000) + `"}`, 413, "The list of settings has 5013 bytes and may have 4096"},
		{"PATCH", fishKey, `{"rewind":""}`, 200, `"rewind":{"value":"1h0m0s","chosen":null`},
		{"PATCH", operator, `{"record":""}`, 200, `"record":{"value":"on","chosen":null`},
	} {
		code, says := say(c.method, c.token, c.body)
		if code != c.code || !strings.Contains(says, c.says) {
			t.Errorf("%s %.60s: %d %s", c.method, c.body, code, says)
		}
		if code == http.StatusOK && !json.Valid([]byte(says)) {
			t.Errorf("%s", says)
		}
	}
}
