package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoal/server/channel"
)

func TestAChannelIsRemoved(t *testing.T) {
	dir := t.TempDir()
	gone, stays := addChannel(t, dir, "fish"), addChannel(t, dir, "kelp")
	r := runHouse(t, dir, quietSettings(t))
	found, err := r.channels.ByStreamKey(t.Context(), gone.StreamKey)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, recordingsDir, found.ID.String(), "1")
	if err := os.MkdirAll(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := say(t, "channel", "remove", "fish", "--data", dir)
	if err != nil || !strings.Contains(text, "Channel fish is removed") || !strings.Contains(text, filepath.Dir(kept)) {
		t.Errorf("%s %v", text, err)
	}
	if _, err := r.channels.ByStreamKey(t.Context(), gone.StreamKey); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("its key still admits: %v", err)
	}
	if _, err := r.channels.ByStreamKey(t.Context(), stays.StreamKey); err != nil {
		t.Errorf("the other channel: %v", err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("what was to be kept: %v", err)
	}
	if _, err := say(t, "channel", "remove", "fish", "--data", dir); err == nil || !strings.Contains(err.Error(), "shoal channel list") {
		t.Errorf("removed twice: %v", err)
	}
	again := addChannel(t, dir, "fish")
	if other, err := r.channels.ByStreamKey(t.Context(), again.StreamKey); err != nil || other.ID == found.ID {
		t.Errorf("a new channel of the name has the identity of the old one, or none: %v", err)
	}
	text, err = say(t, "channel", "remove", "kelp", "--delete-recordings", "--json", "--data", dir)
	if err != nil || text != `{"recordings_deleted":true,"removed":"kelp"}`+"\n" {
		t.Errorf("%s %v", text, err)
	}
}

func TestBareShoalSaysHowToBegin(t *testing.T) {
	if code := run(nil); code != exitMisuse {
		t.Errorf("exit code %d", code)
	}
	for _, has := range []string{"shoal demo", "shoal serve --data", "shoal channel add", "shoal --help"} {
		if !strings.Contains(begin, has) {
			t.Errorf("%q is missing", has)
		}
	}
	for _, line := range strings.Split(begin, "\n") {
		if len(line) > 100 {
			t.Errorf("too long: %s", line)
		}
	}
}

func TestASectionInTheSettingsIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte("http = \":0\"\n[server]\nrtmp = \":0\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parse([]string{"serve", "--data", dir}, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "shoal.toml:2: a section, [server]") {
		t.Errorf("%v", err)
	}
}
