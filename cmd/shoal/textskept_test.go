package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoal/server/pack/subtitle"
)

// publishWithTexts has ffmpeg publish in real time, with subtitles beside the picture as it sends them over RTMP (onTextData).
func (r *recorded) publishWithTexts(srt string) *exec.Cmd {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "words.srt")
	if err := os.WriteFile(file, []byte(srt), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return spawn(r.t, exec.Command("ffmpeg", "-loglevel", "error", "-readrate", "1", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-readrate", "1", "-f", "lavfi", "-i", "sine", "-i", file, "-map", "0:v", "-map", "1:a", "-map", "2:s",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "800k", "-g", "50", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-c:s", "text", "-max_interleave_delta", "100000", "-f", "flv", "rtmp://"+r.rtmp+"/live/"+r.key))
}

// texts are the subtitles at an address.
func (r *recorded) texts(path string) []subtitle.Cue {
	r.t.Helper()
	b, status := r.get(path)
	cues, err := subtitle.Parse(b)
	if status != http.StatusOK || err != nil {
		return nil
	}
	return cues
}

func find(cues []subtitle.Cue, text string) (subtitle.Cue, bool) {
	for _, c := range cues {
		if strings.Contains(c.Text, text) {
			return c, true
		}
	}
	return subtitle.Cue{}, false
}

// What an encoder says over RTMP, and what somebody sends while it is live, stands in the recording and in clips at its time, though
// the server is killed.
func TestWhatIsSaidLiveOutlivesTheBroadcast(t *testing.T) {
	r := newRecorded(t)
	r.serve("--ladder", "off", "--download", "on")
	publisher := r.publishWithTexts("1\n00:00:02,000 --> 00:00:03,000\nThe tide comes in\n\n2\n00:00:05,000 --> 00:00:06,000\nfish <3 & ships\n\n")
	const rewound = "/hls/demo/1/text.en.vtt"
	r.until("both texts came", func() bool { _, ok := find(r.texts(rewound), "ships"); return ok })
	if got := r.say("POST", "/api/v1/channels/demo/captions?lang=de", r.key, "WEBVTT\n\n00:00.000 --> 00:01.000\nDie Flut kommt"); got != http.StatusNoContent {
		t.Fatalf("captions: %d", got)
	}
	r.until("it is over", func() bool { return r.newest(0) >= 16 })
	var clip struct {
		HLS string `json:"hls"`
	}
	b, status := r.post("/api/v1/channels/demo/clips", `{"last_s":60}`)
	if err := json.Unmarshal(b, &clip); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	live := r.texts(rewound)
	_ = r.server.Process.Kill()
	_ = publisher.Process.Kill()
	_ = r.server.Wait()
	r.serve("--ladder", "off", "--download", "on")
	for name, path := range map[string]string{"recording": "/hls/demo/1/", "clip": strings.TrimSuffix(clip.HLS, "master.m3u8")} {
		cues := r.texts(path + "text.en.vtt")
		first, ok := find(cues, "The tide comes in")
		second, ok2 := find(cues, "fish &lt;3 &amp; ships")
		if !ok || !ok2 || (second.Start-first.Start-3*time.Second).Abs() > time.Second || first.End != second.Start || second.End > second.Start+8*time.Second {
			t.Errorf("%s: %+v", name, cues)
		}
		if was, _ := find(live, "The tide"); name == "recording" && (was.Start-first.Start).Abs() > 50*time.Millisecond {
			t.Errorf("it moved from %v to %v", was.Start, first.Start)
		}
		if _, ok := find(r.texts(path+"text.de.vtt"), "Die Flut"); !ok {
			t.Errorf("%s: not in German", name)
		}
		master, _ := r.get(path + "master.m3u8")
		playlist, _ := r.get(path + "text.en.m3u8")
		_, segments := partsOf(t, string(playlist))
		if strings.Count(string(master), "TYPE=SUBTITLES") != 2 || len(segments) == 0 {
			t.Fatalf("%s:\n%s\n%s", name, master, playlist)
		}
		shown := 0
		for _, s := range segments {
			if _, ok := find(r.texts(path+s), "The tide comes in"); ok {
				shown++
			}
		}
		r.inDownload(name, path+"download.mp4", first, second)
		if shown == 0 || shown == len(segments) {
			t.Errorf("%s: it is shown in %d of %d segments", name, shown, len(segments))
		}
	}
	said, err := shoal("recording", "captions", "demo", "1", "--data", r.data).CombinedOutput()
	if err != nil || !strings.Contains(string(said), "en  English") || !strings.Contains(string(said), "de  Deutsch") || !strings.Contains(string(said), "2 texts") {
		t.Errorf("%v: %s", err, said)
	}
	said, err = shoal("recording", "captions", "demo", "1", "--lang", "eng", "--data", r.data).CombinedOutput()
	if cues, parsed := subtitle.Parse(said); err != nil || parsed != nil || len(cues) != 2 {
		t.Errorf("%v: %s", err, said)
	}
	if said, err := shoal("recording", "captions", "demo", "1", "--lang", "fr", "--data", r.data).CombinedOutput(); err == nil || !strings.Contains(string(said), "no subtitles in") {
		t.Errorf("%v: %s", err, said)
	}
}

// inDownload has ffmpeg read the subtitles of a downloaded file, and its picture and sound without a complaint.
func (r *recorded) inDownload(name, path string, want ...subtitle.Cue) {
	r.t.Helper()
	b, status := r.get(path)
	file := filepath.Join(r.t.TempDir(), name+".mp4")
	if err := os.WriteFile(file, b, 0o600); err != nil || status != http.StatusOK {
		r.t.Fatal(status, err)
	}
	r.decodedFile(file)
	said, err := exec.Command("ffmpeg", "-loglevel", "error", "-i", file, "-map", "0:s:m:language:eng", "-f", "webvtt", "-").CombinedOutput()
	cues, parsed := subtitle.Parse(said)
	if err != nil || parsed != nil || len(cues) != len(want) {
		r.t.Fatalf("%s: %v %s", name, err, said)
	}
	streams, err := exec.Command("ffprobe", "-loglevel", "error", "-show_entries", "stream=codec_name:stream_tags=language", "-of", "compact", file).CombinedOutput()
	if err != nil || strings.Count(string(streams), "mov_text") != 2 || !strings.Contains(string(streams), "ger") && !strings.Contains(string(streams), "deu") {
		r.t.Errorf("%s: %v %s", name, err, streams)
	}
	later := cues[0].Start - want[0].Start // a file keeps up to half a second before its picture
	for n := range want {
		off, long := cues[n].Start-want[n].Start-later, cues[n].End-cues[n].Start-(want[n].End-want[n].Start)
		if later < 0 || later > time.Second/2 || off.Abs() > 2*time.Millisecond || long.Abs() > 2*time.Millisecond || cues[n].Text == "" {
			r.t.Errorf("%s: %+v, want %+v", name, cues[n], want[n])
		}
	}
}

// decodedFile has ffmpeg decode picture and sound of a file.
func (r *recorded) decodedFile(file string) {
	r.t.Helper()
	said, err := exec.Command("ffmpeg", "-loglevel", "error", "-i", file, "-map", "0:v", "-map", "0:a", "-f", "null", "-").CombinedOutput()
	if err != nil || len(said) > 0 {
		r.t.Errorf("%s: %v %s", file, err, said)
	}
}
