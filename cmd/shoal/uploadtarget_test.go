package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who uploads to a channel that there is not is an operator or a streamer, and is shown the channels rather than sent back to a link.
func TestAnUploadToNoChannelIsToldWhichThereAre(t *testing.T) {
	dir := t.TempDir()
	k := addChannel(t, dir, "reef")
	s := quietSettings(t)
	r := runHouse(t, dir, s)
	file := filepath.Join(dir, "empty.mp4")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, to := range map[string][]string{
		"has no channel nosuch: `shoal channel list --data " + dir + "` shows":    {"--data", dir},
		"has no channel nosuch: `shoal channel list` on that machine shows those": {"--server", "http://" + r.doors.http.Addr().String(), "--key", k.StreamKey},
	} {
		if said, err := say(t, append([]string{"upload", file, "--channel", "nosuch"}, to...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %s, %v", to, said, err)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	s.UploadGB = 0
	runHouse(t, dir, s)
	if said, err := say(t, "upload", file, "--channel", "reef", "--data", dir); err == nil || !strings.Contains(err.Error(), "This server takes no uploads") {
		t.Errorf("where none are taken: %s, %v", said, err)
	}
}
