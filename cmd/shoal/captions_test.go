package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"shoal/server/pack/caption/captiontest"
)

const (
	captionText = "The tide comes in"
	// captionEvery is how many pictures there are from one caption to the next.
	captionEvery = 50
)

// captioned makes a minute of pictures with captions inside, by an encoder of ffmpeg.
func captioned(t *testing.T, encoder string, line int) (file string) {
	t.Helper()
	form := map[string]string{"libx264": "h264", "libx265": "hevc"}[encoder]
	args := []string{"-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "60", "-c:v", encoder, "-preset", "ultrafast",
		"-tune", "zerolatency", "-threads", "1", "-b:v", "400k", "-g", "50", "-pix_fmt", "yuv420p"}
	if form == "hevc" {
		args = append(args, "-x265-params", "log-level=none:keyint=50:no-open-gop=1")
	}
	plain, err := exec.Command("ffmpeg", append(args, "-f", form, "-")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "captioned."+form)
	said := captiontest.Insert(plain, form == "hevc", line, captiontest.PopOn(line, captionText), captionEvery)
	if err := os.WriteFile(file, said, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// send publishes a file of pictures as it is, with a tone.
func (r *recorded) send(file string, to ...string) *exec.Cmd {
	args := []string{"-loglevel", "error", "-readrate", "2", "-fflags", "+genpts", "-framerate", "25", "-i", file,
		"-readrate", "2", "-f", "lavfi", "-i", "sine=sample_rate=48000", "-c:v", "copy", "-c:a", "aac", "-shortest"}
	return spawn(r.t, exec.Command("ffmpeg", append(args, to...)...))
}

// saidIn returns the captions in the newest segments of a track's playlist.
func (r *recorded) saidIn(playlist string, field byte) []string {
	text, status := r.get(playlist)
	if status != http.StatusOK {
		return nil
	}
	_, segments := partsOf(r.t, string(text))
	var media []byte
	for _, s := range segments {
		b, _ := r.get(playlist[:strings.LastIndex(playlist, "/")+1] + s)
		media = append(media, b...)
	}
	return captiontest.Said(media, field)
}

// are reports whether there are so many captions, and all are the one that was written.
func are(said []string, least int) bool {
	return len(said) >= least && !slices.ContainsFunc(said, func(one string) bool { return one != captionText })
}

var captionsLine = regexp.MustCompile(`(?m)^#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,.*INSTREAM-ID="(\w+)"$`)

// Captions inside the picture go as they came through the live parts, the ladder's rungs, the recording, clips and downloads.
func TestCaptionsGoThrough(t *testing.T) {
	r := newRecorded(t)
	r.serve("--ladder", "144p", "--download", "on", "--rewind", "1m")
	publisher := r.send(captioned(t, "libx264", 1), "-f", "flv", "rtmp://"+r.rtmp+"/live/"+r.key)
	var master string
	r.until("the multivariant playlist", func() bool {
		b, status := r.get("/hls/demo/master.m3u8")
		master = string(b)
		return status == http.StatusOK
	})
	if found := captionsLine.FindStringSubmatch(master); found == nil || found[1] != "CC1" ||
		strings.Count(master, `CLOSED-CAPTIONS="captions"`) != 2 || strings.Count(master, "#EXT-X-STREAM-INF") != 2 {
		t.Fatalf("two variants with captions CC1 should be there:\n%s", master)
	}
	for _, track := range []string{"0", "2"} {
		r.until("captions in track "+track, func() bool { return are(r.saidIn("/hls/demo/"+track+".m3u8", 0), 4) })
	}
	if said, err := shoal("channel", "health", "demo", "--data", r.data).CombinedOutput(); err != nil || !bytes.Contains(said, []byte("captions   yes: CC1")) {
		t.Errorf("health: %v\n%s", err, said)
	}
	clip := r.clip(`{"last_s":4}`)
	if b, _ := r.get(clip.Download); !are(captiontest.Said(b, 0), 1) {
		t.Errorf("in the clip as a file: %q", captiontest.Said(b, 0))
	}
	_ = publisher.Process.Kill()
	again := fmt.Sprintf("/hls/demo/%d/", r.list()[0].Epoch)
	for _, playlist := range []string{again + "master.m3u8", clip.HLS} {
		b, _ := r.get(playlist)
		if !captionsLine.Match(b) {
			t.Errorf("%s does not name them:\n%s", playlist, b)
		}
	}
	if said := r.saidIn(again+"0.m3u8", 0); !are(said, 2) {
		t.Errorf("in the recording: %q", said)
	}
}

// The same of H.265 over SRT, whose captions stand in another line.
func TestCaptionsInH265OverSRT(t *testing.T) {
	r := newRecorded(t)
	srt := freePort(t)
	r.serve("--ladder", "off", "--srt", srt, "--srt-passphrase", "off")
	r.send(captioned(t, "libx265", 3), "-f", "mpegts", "srt://"+srt+"?mode=caller&streamid=publish:demo:"+r.key)
	r.until("captions", func() bool { return are(r.saidIn("/hls/demo/0.m3u8", 1), 2) })
	b, _ := r.get("/hls/demo/master.m3u8")
	if found := captionsLine.FindSubmatch(b); found == nil || string(found[1]) != "CC3" {
		t.Errorf("CC3 is not named:\n%s", b)
	}
}
