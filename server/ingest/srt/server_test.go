package srt

import (
	"strings"
	"testing"
	"time"

	"shoal/segment"
)

func TestFFmpegPublishes(t *testing.T) {
	b := run(t, nil)
	if out, err := ffmpeg(t, append(testStream(4), b.url(rightAsked, rightPass))...); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, b.log.String())
	}
	if err := <-b.door.ended; err != nil {
		t.Errorf("the publisher stopped, and yet: %v", err)
	}
	s := b.door.sink(0)
	if len(s.runs) != 1 || len(s.runs[0]) != 2 || s.runs[0][0].Kind != segment.Video || s.runs[0][1].Kind != segment.Audio {
		t.Fatalf("runs: %+v\n%s", s.runs, b.log.String())
	}
	if r := s.runs[0]; r[0].TimeScale != 90000 || r[1].TimeScale != 48000 {
		t.Errorf("time scales %d and %d", r[0].TimeScale, r[1].TimeScale)
	}
	count, reordered, keys := [2]int{}, 0, 0
	var last [2]time.Duration
	for i, x := range s.samples {
		if count[x.Track] > 0 && x.DTS <= last[x.Track] {
			t.Fatalf("sample %d: decode time %v after %v", i, x.DTS, last[x.Track])
		}
		if x.Track == 1 && count[1] > 0 {
			if gap := x.DTS - last[1]; gap != 1024*time.Second/48000 {
				t.Errorf("sound goes on after %v", gap)
			}
		}
		last[x.Track] = x.DTS
		count[x.Track]++
		if x.PTS > x.DTS+40*time.Millisecond && x.Track == 0 {
			reordered++
		}
		if x.Track == 0 && x.Key {
			keys++
		}
	}
	// The encoder gives up what is on its way when it ends: the last latency's worth may not come.
	if count[0] < 110 || count[0] > 120 || keys != 2 || reordered == 0 || count[1] < 170 {
		t.Errorf("%d frames, %d of them keys, %d reordered, %d of sound", count[0], keys, reordered, count[1])
	}
	if r := b.door.asked[0]; r.Protocol != "srt" || r.Name != channel || !r.From.IsLoopback() || r.Takeover {
		t.Errorf("%+v", r)
	}
	if b.meter.of("admitted") != 1 || b.meter.of("fault") != 0 {
		t.Errorf("%v", b.meter.n)
	}
}

func TestFFmpegIsRefused(t *testing.T) {
	b := run(t, nil)
	for what, c := range map[string]struct{ id, pass, says, figure string }{
		"a wrong passphrase": {rightAsked, wrongPass, "passphrase is wrong", "passphrase"},
		"no passphrase":      {rightAsked, "", "does not encrypt", "passphrase"},
		"a wrong key":        {"publish:fish:" + strings.Repeat("x", 43), rightPass, "no channel has this stream key", "key"},
		"another channel":    {"publish:frog:" + rightKey, rightPass, "no channel has this stream key", "key"},
		"no key":             {"", rightPass, "has no stream key", "form"},
		"to play":            {"read:fish", rightPass, "watch in the browser", "form"},
	} {
		before := b.meter.of(c.figure)
		out, err := ffmpeg(t, append(testStream(1), b.url(c.id, c.pass))...)
		if err == nil {
			t.Errorf("%s: taken", what)
		}
		if !strings.Contains(b.log.String(), c.says) || b.meter.of(c.figure) == before {
			t.Errorf("%s: %s\n%s%v", what, out, b.log.String(), b.meter.n)
		}
	}
	if len(b.door.sinks) != 0 {
		t.Error("somebody was let in")
	}
}
