package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// say sends subtitles with a stream key, and returns the answer's status.
func (r *recorded) say(method, path, key, body string) int {
	r.t.Helper()
	ask, err := http.NewRequest(method, "http://"+r.web+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	ask.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// Subtitles that are sent while it is live stand in what is live from then on; those of a file stand beside the recording.
func TestSubtitlesLiveAndOfARecording(t *testing.T) {
	r := newRecorded(t)
	r.serve("--ladder", "off", "--reconnect-window", "1s")
	const address, cue = "/api/v1/channels/demo/captions?lang=eng", "WEBVTT\n\n00:00.000 --> 01:00.000\nThe tide comes in"
	if got := r.say("POST", address, r.key, cue); got != http.StatusNotFound {
		t.Errorf("while nobody publishes: %d", got)
	}
	publisher := r.publish()
	r.until("two seconds are published", func() bool { return r.newest(0) >= 4 })
	for body, want := range map[string]int{"Hello": http.StatusBadRequest, strings.Repeat("x", 100_000): http.StatusRequestEntityTooLarge, cue: http.StatusNoContent} {
		if got := r.say("POST", address, r.key, body); got != want {
			t.Errorf("%.20q: %d, want %d", body, got, want)
		}
	}
	for path, want := range map[string]int{address: http.StatusUnauthorized, "/api/v1/channels/nobody/captions?lang=en": http.StatusNotFound} {
		if got := r.say("POST", path, "another key", cue); got != want {
			t.Errorf("%s with a wrong key: %d, want %d", path, got, want)
		}
	}
	if got := r.say("POST", "/api/v1/channels/demo/captions", r.key, cue); got != http.StatusBadRequest {
		t.Errorf("without a language: %d", got)
	}
	r.until("it stands in a part", func() bool {
		b, status := r.get(fmt.Sprintf("/hls/demo/1/text/en/p%d.vtt", r.newest(0)))
		return status == http.StatusOK && strings.Contains(string(b), "The tide comes in")
	})
	if b, _ := r.get("/hls/demo/master.m3u8"); !strings.Contains(string(b), `TYPE=SUBTITLES,GROUP-ID="text",LANGUAGE="en",NAME="English"`) {
		t.Errorf("they are not named:\n%s", b)
	}
	if b, _ := r.get("/hls/demo/text.en.m3u8"); !strings.Contains(string(b), `URI="1/text/en/p`) {
		t.Errorf("their playlist:\n%s", b)
	}

	_ = publisher.Process.Kill()
	r.until("the recording is whole", func() bool { l := r.list(); return len(l) == 1 && !l[0].Live })
	file := filepath.Join(t.TempDir(), "words.vtt")
	if err := os.WriteFile(file, []byte(cue), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := shoal("recording", "captions", "demo", "1", file, "--lang", "de", "--data", r.data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if said, err := shoal("recording", "captions", "demo", "9", file, "--lang", "de", "--data", r.data).CombinedOutput(); err == nil || !strings.Contains(string(said), "no recording 9") {
		t.Errorf("of a recording that is not there: %v: %s", err, said)
	}
	if got := r.say("PUT", "/api/v1/channels/demo/recordings/1/captions?lang=fr", r.key, cue); got != http.StatusNoContent {
		t.Errorf("a file over HTTP: %d", got)
	}
	b, _ := r.get("/hls/demo/1/master.m3u8")
	for _, language := range []string{"de", "fr"} {
		playlist, status := r.get("/hls/demo/1/text." + language + ".m3u8")
		_, segments := partsOf(t, string(playlist))
		if status != http.StatusOK || len(segments) == 0 || !strings.Contains(string(b), `LANGUAGE="`+language+`"`) {
			t.Fatalf("%s: %d\n%s\n%s", language, status, playlist, b)
		}
		if text, _ := r.get("/hls/demo/1/" + segments[0]); !strings.Contains(string(text), "The tide comes in") {
			t.Errorf("%s: %s", segments[0], text)
		}
	}
}
