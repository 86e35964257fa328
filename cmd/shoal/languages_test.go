package main

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// Two languages over SRT are two sounds with their names, live and as a recording, and both can be played.
func TestTwoLanguagesOverSRT(t *testing.T) {
	r := newRecorded(t)
	srt := freePort(t)
	r.serve("--ladder", "off", "--srt", srt, "--srt-passphrase", "off", "--rewind", "1m", "--download", "on", "--reconnect-window", "1s")
	publisher := spawn(t, exec.Command("ffmpeg", "-loglevel", "error", "-readrate", "3", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-readrate", "3", "-f", "lavfi", "-i", "sine=frequency=440", "-readrate", "3", "-f", "lavfi", "-i", "sine=frequency=880",
		"-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-f", "mpegts", "srt://"+srt+"?mode=caller&streamid=publish:demo:"+r.key))
	sounds := []string{`LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES`, `LANGUAGE="de",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES`}
	named := func(playlist string) string {
		var text string
		r.until(playlist, func() bool {
			b, status := r.get(playlist)
			text = string(b)
			return status == http.StatusOK
		})
		for _, want := range sounds {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s:\n%s", playlist, want, text)
			}
		}
		return text
	}
	named("/hls/demo/master.m3u8")
	r.until("six seconds of each sound", func() bool { return r.newest(1) >= 12 && r.newest(2) >= 12 })
	if said, err := shoal("channel", "health", "demo", "--data", r.data).CombinedOutput(); err != nil || !strings.Contains(string(said), "mp4a.40.2 Deutsch") {
		t.Errorf("health: %v\n%s", err, said)
	}
	_ = publisher.Process.Kill()
	r.until("the recording is whole", func() bool { l := r.list(); return len(l) == 1 && !l[0].Live })
	whole := r.list()[0]
	named(whole.HLS)
	for _, playlist := range []string{"1.m3u8", "2.m3u8"} {
		address := "http://" + r.web + strings.Replace(whole.HLS, "master.m3u8", playlist, 1)
		if out, err := exec.Command("ffmpeg", "-v", "error", "-i", address, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("ffmpeg does not play %s: %v %s", playlist, err, out)
		}
	}
}
