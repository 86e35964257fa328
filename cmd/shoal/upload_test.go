package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoal/server/api"
	"shoal/server/upload"
)

// What the command sends becomes a recording like any other: signed, playable, as long as the file, with picture and sound where
// they were.
func TestAFileBecomesARecording(t *testing.T) {
	r := newRecorded(t)
	r.serveUploads()
	file := film(t, "holiday.mp4", 9)
	began := time.Now().Truncate(time.Millisecond)
	out, err := say(t, "upload", file, "--channel", "demo", "--data", r.data)
	if err != nil || !strings.Contains(out, "holiday is ready: http") || !strings.Contains(out, "/c/demo/r/1") {
		t.Fatalf("%s: %v", out, err)
	}
	list := r.list()
	if len(list) != 1 || math.Abs(list[0].LastsS-9) > 0.2 || list[0].Live {
		t.Fatalf("recordings: %+v", list)
	}
	if at := list[0].Started; at.Before(began) || at.After(time.Now()) {
		t.Errorf("it was uploaded after %v, and is listed as of %v", began, at)
	}
	for track := range 2 {
		if n := r.verified(1, track, 1000); n < 17 || n > 20 { // parts of half a second
			t.Errorf("track %d has %d parts", track, n)
		}
	}
	if lasts := r.decoded(list[0].HLS); math.Abs(lasts.Seconds()-9) > 0.3 {
		t.Errorf("ffmpeg played %v", lasts)
	}
	r.sameTimes(file, list[0].Download)

	again, err := say(t, "upload", file, "--channel", "demo", "--server", "http://"+r.web, "--key", r.key, "--json")
	if err != nil || !strings.Contains(again, `"page":"/c/demo/r/2"`) {
		t.Errorf("a second one: %s: %v", again, err)
	}
	if out, err := say(t, "recording", "delete", "demo", "1", "--data", r.data); err != nil {
		t.Errorf("%s: %v", out, err)
	}
}

// The tus protocol, spoken by hand: broken requests go on where they stopped, wrong places and second writers are refused, and what
// is refused says why.
func TestUploadsSpeakTus(t *testing.T) {
	r := newRecorded(t)
	r.serveUploads("--upload-gb", "1", "--upload-channel-gb", "1")
	media, err := os.ReadFile(film(t, "holiday.mp4", 4))
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(media))

	t.Run("what the server speaks", func(t *testing.T) {
		answer := r.tusAsk(http.MethodOptions, "/uploads/demo", "", nil)
		if answer.Header.Get("Tus-Version") != "1.0.0" || !strings.Contains(answer.Header.Get("Tus-Extension"), "creation") ||
			answer.Header.Get("Tus-Max-Size") != "1000000000" || strings.Contains(answer.Header.Get("Tus-Extension"), "defer") {
			t.Errorf("%s %v", answer.Status, answer.Header)
		}
	})
	t.Run("what is refused before the first byte", func(t *testing.T) {
		for name, c := range map[string]struct {
			head   []string
			status int
			says   string
		}{
			"no length":       {nil, http.StatusBadRequest, "Upload-Length"},
			"deferred length": {[]string{"Upload-Defer-Length", "1"}, http.StatusBadRequest, "room is reserved before"},
			"negative":        {[]string{"Upload-Length", "-1"}, http.StatusBadRequest, "Upload-Length"},
			"empty":           {[]string{"Upload-Length", "0"}, http.StatusBadRequest, "empty"},
			"too large":       {[]string{"Upload-Length", "1000000001"}, http.StatusRequestEntityTooLarge, "1.0 GB at most"},
		} {
			answer := r.tusAsk(http.MethodPost, "/uploads/demo", r.key, nil, c.head...)
			if b, _ := io.ReadAll(answer.Body); answer.StatusCode != c.status || !strings.Contains(string(b), c.says) {
				t.Errorf("%s: %s %s", name, answer.Status, b)
			}
		}
		if list, err := os.ReadDir(filepath.Join(r.data, "uploads")); err != nil || len(list) > 0 {
			t.Errorf("something was kept: %v %v", list, err)
		}
	})
	t.Run("room is reserved", func(t *testing.T) {
		address := r.begin(900_000_000)
		answer := r.tusAsk(http.MethodPost, "/uploads/demo", r.key, nil, "Upload-Length", "200000000")
		if b, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusInsufficientStorage || !strings.Contains(string(b), "quota") {
			t.Errorf("beyond the channel's share: %s %s", answer.Status, b)
		}
		if answer := r.tusAsk(http.MethodDelete, address, r.key, nil); answer.StatusCode != http.StatusNoContent {
			t.Errorf("deleted: %s", answer.Status)
		}
		if answer := r.tusAsk(http.MethodHead, address, r.key, nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("it is still there: %s", answer.Status)
		}
	})
	t.Run("broken, from a wrong place, and by two at once", func(t *testing.T) {
		address := r.begin(size)
		if n := r.offset(address); n != 0 {
			t.Fatalf("it begins at %d", n)
		}
		half := size / 2
		r.broken(address, media[:half])
		r.until("what came is kept", func() bool { return r.state(address).Received == half }) // HEAD would end what is still under way
		if n := r.offset(address); n != half {
			t.Fatalf("it goes on from %d instead of %d", n, half)
		}
		for _, wrong := range []int64{0, half - 1, half + 1, size} {
			if answer := r.patch(address, wrong, bytes.NewReader(media[half:])); answer.StatusCode != http.StatusConflict {
				t.Errorf("from %d instead of %d: %s", wrong, half, answer.Status)
			}
		}
		if answer := r.patch(address, half, bytes.NewReader(make([]byte, size))); answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("more than promised: %s", answer.Status)
		}
		r.two(address, media, half)
		if s := r.ended(address); s.State != upload.Ready || s.Title != "holiday" {
			t.Fatalf("%+v", s)
		}
		if answer := r.patch(address, size, http.NoBody); answer.StatusCode != http.StatusNoContent {
			t.Errorf("after the end: %s", answer.Status)
		}
		if n := r.verified(1, 0, 100); n < 8 {
			t.Errorf("%d parts", n)
		}
	})
	t.Run("wrong keys are counted", func(t *testing.T) {
		address := r.begin(size)
		var last *http.Response
		for range 11 {
			last = r.tusAsk(http.MethodHead, address, "wrong", nil)
		}
		if last.StatusCode != http.StatusTooManyRequests {
			t.Errorf("the eleventh wrong key: %s", last.Status)
		}
		if answer := r.tusAsk(http.MethodHead, address, r.key, nil); answer.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a right key after eleven wrong ones: %s", answer.Status)
		}
	})
}

// A server that is killed in any state goes on where it was, and lists nothing that is half made.
func TestUploadsOutliveKill(t *testing.T) {
	r := newRecorded(t)
	r.serveUploads()
	media, err := os.ReadFile(film(t, "old.mp4", 120, "-c:v", "mpeg4", "-q:v", "3")) // no browser plays it: packaging takes a while
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(media))
	address := r.begin(size)
	if answer := r.patch(address, 0, bytes.NewReader(media[:size/3])); answer.StatusCode != http.StatusNoContent {
		t.Fatalf("a third: %s", answer.Status)
	}
	r.kill()
	r.serveUploads()
	if n := r.offset(address); n != size/3 {
		t.Fatalf("of %d bytes %d are left", size/3, n)
	}
	if s := r.state(address); s.State != upload.Receiving || s.Percent != 33 {
		t.Errorf("%+v", s)
	}
	if answer := r.patch(address, size/3, bytes.NewReader(media[size/3:])); answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the rest: %s", answer.Status)
	}
	for _, state := range []upload.State{upload.Waiting, upload.Packaging} { // killed as soon as all is there, and in the middle
		r.until("it is "+string(state), func() bool {
			s := r.state(address)
			return state == upload.Waiting || s.State == state && s.Percent > 0
		})
		if list := r.list(); len(list) > 0 {
			t.Fatalf("listed before it is whole: %+v", list)
		}
		r.kill()
		if list, err := filepath.Glob(filepath.Join(r.data, "recordings", "*", "*")); err != nil || len(list) > 1 {
			t.Errorf("%v %v", list, err)
		}
		r.serveUploads()
		if list := r.list(); len(list) > 0 {
			t.Fatalf("half a recording is listed: %+v", list)
		}
	}
	s := r.ended(address)
	list := r.list()
	if s.State != upload.Ready || len(list) != 1 || math.Abs(list[0].LastsS-120) > 0.5 || list[0].Epoch != s.Epoch {
		t.Fatalf("%+v %+v", s, list)
	}
	if left, err := filepath.Glob(filepath.Join(r.data, "*", "*", "*.making")); err != nil || len(left) > 0 {
		t.Errorf("half-made recordings are left: %v %v", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(r.data, "uploads", "*", "file")); err != nil || len(left) > 0 {
		t.Errorf("the file is left: %v %v", left, err)
	}
	if n := r.verified(list[0].Epoch, 0, 1000); n < 235 {
		t.Errorf("%d parts", n)
	}
	r.kill()
	r.serveUploads()
	if s := r.state(address); s.State != upload.Ready {
		t.Errorf("after the end: %+v", s)
	}
}

// What one run of the command, or another client, began, the next run ends.
func TestTheCommandGoesOn(t *testing.T) {
	r := newRecorded(t)
	r.serveUploads()
	file := film(t, "holiday.mp4", 2)
	media, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	address := r.begin(int64(len(media)))
	if answer := r.patch(address, 0, bytes.NewReader(media[:len(media)/2])); answer.StatusCode != http.StatusNoContent {
		t.Fatal(answer.Status)
	}
	out, err := say(t, "upload", file, "--channel", "demo", "--data", r.data)
	if err != nil || !strings.Contains(out, "it goes on where it stopped, at 49 %") && !strings.Contains(out, "at 50 %") {
		t.Errorf("%s: %v", out, err)
	}
	if s := r.state(address); s.State != upload.Ready {
		t.Errorf("%+v", s)
	}
	trap := filepath.Join(t.TempDir(), "trap.mp4")
	if err := os.WriteFile(trap, []byte("#EXTM3U\nfile:///etc/passwd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := say(t, "upload", trap, "--channel", "demo", "--data", r.data); err == nil || !strings.Contains(err.Error(), "trap is refused: This is a playlist") {
		t.Errorf("a playlist: %v", err)
	}
}

// Without ffmpeg uploads are refused, with words that say what to install.
func TestUploadsNeedFFmpeg(t *testing.T) {
	r := newRecorded(t)
	c := shoal("serve", "--data", r.data, "--http", r.web, "--rtmp", r.rtmp, "--turn", r.turn, "--whip", "off", "--ladder", "off")
	c.Env = append(c.Env, "PATH="+t.TempDir())
	r.server = spawn(t, c)
	r.identify()
	answer := r.tusAsk(http.MethodPost, "/uploads/demo", r.key, nil, "Upload-Length", "1000")
	if b, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(b), "apt install ffmpeg") {
		t.Errorf("%s %s", answer.Status, b)
	}
	_, err := say(t, "upload", film(t, "holiday.mp4", 1), "--channel", "demo", "--data", r.data)
	if err == nil || !strings.Contains(err.Error(), "apt install ffmpeg") {
		t.Errorf("the command says: %v", err)
	}
}

// An operator who wants no uploads has none.
func TestUploadsAreTurnedOff(t *testing.T) {
	r := newRecorded(t)
	r.serveUploads("--upload-gb", "0")
	for _, answer := range []*http.Response{
		r.tusAsk(http.MethodPost, "/uploads/demo", r.key, nil, "Upload-Length", "1000"), r.tusAsk(http.MethodGet, "/api/v1/channels/demo/uploads", r.key, nil),
	} {
		if b, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusNotFound || !strings.Contains(string(b), "--upload-gb") {
			t.Errorf("%s %s", answer.Status, b)
		}
	}
}

func TestUploadsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"--data DIR":            {"upload", "f", "--channel", "demo"},
		"no name of a channel":  {"upload", "f", "--channel", "A B", "--data", dir},
		"no server's data":      {"upload", "f", "--channel", "demo", "--data", dir},
		"SHOAL_STREAM_KEY":      {"upload", "f", "--channel", "demo", "--server", "http://localhost:1"},
		"write scheme and host": {"upload", "f", "--channel", "demo", "--server", "localhost", "--key", "k"},
		"cannot be read":        {"upload", filepath.Join(dir, "none"), "--channel", "demo", "--server", "http://localhost:1", "--key", "k"},
	} {
		if out, err := say(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %s %v, want %q", args, out, err, want)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	to := uploadTarget{base: "http://127.0.0.1:1"}
	if _, err := to.await(ctx, api.UploadState{}, func(string, ...any) {}); err == nil {
		t.Error("a server that is not there says nothing")
	}
}
