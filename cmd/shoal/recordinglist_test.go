package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onlyChannel returns the id of the one channel of a data directory.
func onlyChannel(t *testing.T, dir string) string {
	t.Helper()
	said, err := say(t, "channel", "list", "--json", "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(said, `"id":"`)
	channel, _, _ := strings.Cut(rest, `"`)
	return channel
}

// The command line counts whole seconds, as pages do, and a title that anybody may have written says nothing to the terminal.
func TestListsOfWhatIsKept(t *testing.T) {
	dir := t.TempDir()
	addChannel(t, dir, "sea")
	channel := onlyChannel(t, dir)
	for _, what := range []string{"recording", "clip"} {
		if said, err := say(t, "recording", map[string]string{"recording": "list", "clip": "clips"}[what], "sea", "--data", dir); err != nil || said != "Channel sea has no "+what+".\n" {
			t.Errorf("of none: %q, %v", said, err)
		}
	}
	keep := func(name, title string) {
		path := filepath.Join(dir, recordingsDir, channel, name)
		text := fmt.Sprintf(`{"version":1,"name":"sea","epoch":7,"title":"%s","started_ms":1000,"ended_ms":64900,"lasts_ms":63900,"bytes":2500000,"chapters":[]}`, title)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "sealed.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep("7", "")
	keep("clip-abcdefgh27", `the \u001b[2J jump`)
	if said, err := say(t, "recording", "list", "sea", "--data", dir); err != nil || !strings.Contains(said, "  1m3s  2.5 MB  ") || !strings.Contains(said, "/c/sea/r/7") || strings.Contains(said, "clip") {
		t.Errorf("recordings: %q, %v", said, err)
	}
	if said, err := say(t, "recording", "clips", "sea", "--data", dir); err != nil || !strings.HasPrefix(said, "abcdefgh27  ") || !strings.Contains(said, "  1m3s  2.5 MB  ") ||
		!strings.HasSuffix(said, `/c/sea/clip/abcdefgh27  "the \x1b[2J jump"`+"\n") {
		t.Errorf("clips: %q, %v", said, err)
	}
	if said, err := say(t, "recording", "clips", "sea", "--json", "--data", dir); err != nil || !strings.Contains(said, `"clip":"abcdefgh27","epoch":7,`) || !strings.Contains(said, `"lasts_s":63.9`) {
		t.Errorf("as JSON: %q, %v", said, err)
	}
	if said, err := say(t, "recording", "delete", "sea", "abcdefgh27", "--data", dir); err != nil || said != "Clip abcdefgh27 of sea is deleted.\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// Of what cannot be deleted it is told why: it is none, there is none, or it is not whole yet.
func TestWhatCannotBeDeletedIsToldWhy(t *testing.T) {
	dir := t.TempDir()
	addChannel(t, dir, "sea")
	channel := onlyChannel(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, recordingsDir, channel, "5"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused := func(which, want string) {
		if said, err := say(t, "recording", "delete", "sea", which, "--data", dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", which, said, err)
		}
	}
	refused("77", "channel sea has no recording 77")
	refused("abcdefgh27", "channel sea has no clip abcdefgh27")
	refused("zzz", `"zzz" is neither a recording's number nor a clip's name`)
	refused("5", "the next start of `shoal serve` makes it so")
	lock, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	refused("5", "recording 5 of sea is still being made: it can be deleted when its broadcast has ended")
}
