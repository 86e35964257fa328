package main

import (
	"os/exec"
	"strings"
	"testing"

	"shoal/server/channel"
	"shoal/server/ladder"
)

// What rungs a channel may be given, and what the ladder reads, are told by two rooms that do not know each other.
func TestRungsAreReadAlike(t *testing.T) {
	for _, text := range []string{
		"720p", "720p,360p", "360p,720p", "720p@600", " 720p , 360p@600 ", "0720p", "96p", "4320p", "95p", "4321p", "720p@50", "720p@49", "720p@50000", "720p@50001",
		"auto", "720", "p", "-1p", "+720p", "720p@", "720p@+600", "720p,720p", "720p,720p@900", "1080p,720p,480p,360p", "1080p,720p,480p,360p,240p", ",", "720p,", "7 20p",
	} {
		s, err := channel.Settings{}.With(map[string]string{channel.Ladder: text})
		spec, wrong := ladder.ParseSpec(s.Rungs())
		if err == nil && (wrong != nil || spec.Off()) {
			t.Errorf("%q becomes %q, which the ladder does not read: %v", text, s.Rungs(), wrong)
		}
		if _, plain := ladder.ParseSpec(text); err != nil && plain == nil {
			t.Errorf("%q is a ladder, and no channel may have it: %v", text, err)
		}
	}
}

// A channel has the rungs that its operator names for it, whatever the server's are: live, and afterwards where that follows the server's.
func TestAChannelHasItsOwnRungs(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
	r := newRecorded(t)
	r.serve("--ladder", "144p@120,120p@110", "--reconnect-window", "1s")
	r.set("ladder=96p@100", "latency=5s")
	r.until("the server follows", func() bool { return r.offers().Latency == 5 })
	heights := func(path string) string {
		b, _ := r.get(path)
		var all []string
		for _, found := range variantLine.FindAllStringSubmatch(string(b), -1) {
			_, height, _ := strings.Cut(found[1], "x")
			all = append(all, height)
		}
		return strings.Join(all, " ")
	}
	publisher := r.publish()
	r.until("it is live in its own rung", func() bool { return heights("/hls/demo/master.m3u8") == "180 96" })
	_ = publisher.Process.Kill()
	r.until("it is recorded so", func() bool { l := r.list(); return len(l) == 1 && !l[0].Live && heights(l[0].HLS) == "180 96" })

	r.set("ladder=120p@110") // what is recorded lacks it now
	r.until("the recording has both", func() bool {
		return heights(r.list()[0].HLS) == "180 120 96" || heights(r.list()[0].HLS) == "180 96 120"
	})
}
