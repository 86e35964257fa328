package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAPassAdmitsToAPrivateChannelOfARunningServer(t *testing.T) {
	dir := t.TempDir()
	addChannel(t, dir, "club")
	addChannel(t, dir, "open")
	s := quietSettings(t)
	s.Private = []string{"club"}
	r := runHouse(t, dir, s)
	text, err := say(t, "channel", "pass", "club", "--for", "1h", "--data", dir, "--private", "club", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Pass  string
		Until time.Time
		Watch string `json:"watch_url"`
	}
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if left := time.Until(made.Until); left < 50*time.Minute || left > time.Hour || !strings.HasSuffix(made.Watch, "/c/club?token="+made.Pass) {
		t.Errorf("%+v", made)
	}
	base := "http://127.0.0.1:" + portOf(r.doors.http.Addr()) + "/api/v1/channels/"
	for path, want := range map[string]int{"club": 403, "club?token=" + made.Pass: 200, "open": 200} {
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
}

func TestAPassForNothingIsRefused(t *testing.T) {
	dir := t.TempDir()
	addChannel(t, dir, "club")
	for _, wrong := range [][]string{{"nobody"}, {"NO"}, {"club", "--for", "0s"}, {"club", "--for", "9000h"}} {
		if _, err := say(t, append([]string{"channel", "pass", "--data", dir}, wrong...)...); err == nil || len(err.Error()) < 20 {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	text, err := say(t, "channel", "pass", "club", "--data", dir)
	if err != nil || !strings.Contains(text, "club is not private") || !strings.Contains(text, "?token=") {
		t.Error(text, err)
	}
}

// A native viewer of a private channel is let in with a pass, in its link or beside it; without one it is told so instead of waiting.
func TestANativeViewerNeedsAPass(t *testing.T) {
	dir := t.TempDir()
	addChannel(t, dir, "club")
	s := quietSettings(t)
	s.Private = []string{"club"}
	r := runHouse(t, dir, s)
	text, err := say(t, "channel", "pass", "club", "--for", "1h", "--data", dir, "--private", "club", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Pass string }
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatal(err)
	}
	link := "http://127.0.0.1:" + portOf(r.doors.http.Addr()) + "/c/club"
	for _, args := range [][]string{{link}, {link, "--pass", "wrong"}, {link + "?token=wrong"}} {
		if _, err := say(t, append([]string{"watch"}, args...)...); err == nil || !strings.Contains(err.Error(), "private") {
			t.Errorf("%v: %v", args[1:], err)
		}
	}
	for _, args := range [][]string{{link + "?token=" + made.Pass}, {link, "--pass", made.Pass}} { // it waits for the broadcast
		if text, err := say(t, append([]string{"watch", "--seconds", "1"}, args...)...); err == nil || !strings.Contains(err.Error(), "not live") || !strings.Contains(text, "0 parts") {
			t.Errorf("with a pass: %s %v", text, err)
		}
	}
}
