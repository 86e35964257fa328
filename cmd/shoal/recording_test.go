package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"shoal/id"
	"shoal/manifest/sign"
)

// recorded is a server that records what ffmpeg sends.
type recorded struct {
	t                     *testing.T
	data, web, rtmp, turn string
	key                   string
	channel               id.Channel
	server                *exec.Cmd
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
	r := &recorded{t: t, data: t.TempDir(), web: freePort(t), rtmp: freePort(t), turn: freePort(t)}
	text, err := shoal("channel", "add", "demo", "--data", r.data, "--json").Output()
	var card struct {
		Key string `json:"stream_key"`
	}
	if err == nil {
		err = json.Unmarshal(text, &card)
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	r.key = card.Key
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return r
}

// serve starts the server, in a program if one is named.
func (r *recorded) serve(set ...string) {
	r.t.Helper()
	args := append([]string{"serve", "--data", r.data, "--http", r.web, "--rtmp", r.rtmp, "--turn", r.turn, "--whip", "127.0.0.1:0"}, set...)
	r.server = spawn(r.t, shoal(args...))
	r.identify()
}

// identify waits for the server and asks for the channel's public key.
func (r *recorded) identify() {
	r.t.Helper()
	r.until("the server answers", func() bool { return r.status("/api/v1/channels") == http.StatusOK })
	var told struct {
		Channel string `json:"channel"`
	}
	b, _ := r.get("/api/v1/channels/demo")
	err := json.Unmarshal(b, &told)
	if err == nil {
		r.channel, err = id.ParseChannel(told.Channel)
	}
	if err != nil {
		r.t.Fatalf("%s: %v", b, err)
	}
}

// publish sends a picture that changes and a tone, four times faster than life.
func (r *recorded) publish() *exec.Cmd {
	return spawn(r.t, exec.Command("ffmpeg", "-loglevel", "error", "-readrate", "4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-readrate", "4", "-f", "lavfi", "-i", "sine",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "800k", "-g", "50", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-f", "flv", "rtmp://"+r.rtmp+"/live/"+r.key))
}

func (r *recorded) until(what string, done func() bool) {
	r.t.Helper()
	const patience = 60 * time.Second
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func (r *recorded) get(path string) ([]byte, int) {
	res, err := http.Get("http://" + r.web + path)
	if err != nil {
		return nil, 0
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, 0
	}
	return b, res.StatusCode
}

func (r *recorded) status(path string) int {
	_, status := r.get(path)
	return status
}

type listed struct {
	Epoch    uint64    `json:"epoch"`
	Started  time.Time `json:"started"`
	Live     bool      `json:"live"`
	LastsS   float64   `json:"lasts_s"`
	Bytes    int64     `json:"bytes"`
	Making   *float64  `json:"rungs_making"`
	HLS      string    `json:"hls"`
	Download string    `json:"download"`
	Chapters []struct {
		AtS float64 `json:"at_s"`
	} `json:"chapters"`
}

func (r *recorded) list() (list []listed) {
	r.t.Helper()
	b, status := r.get("/api/v1/channels/demo/recordings")
	if err := json.Unmarshal(b, &list); status != http.StatusOK || err != nil {
		r.t.Fatalf("recordings: %d %s: %v", status, b, err)
	}
	return list
}

// verified fetches the parts of a track of a recording until there is none, at most so many, and holds it to the channel's signature as a viewer
// would.
func (r *recorded) verified(epoch uint64, track, most int) (parts int) {
	r.t.Helper()
	base := fmt.Sprintf("/hls/demo/%d", epoch)
	cert, _ := r.get(base + "/cert")
	c, err := sign.OpenCertificate(cert, r.channel)
	if err != nil {
		r.t.Fatalf("the recording's certificate of %d bytes: %v", len(cert), err)
	}
	var prev [32]byte
	for seq := range most {
		record, status := r.get(fmt.Sprintf("%s/%d/m%d", base, track, seq))
		if status == http.StatusNotFound {
			return seq
		}
		p, err := sign.OpenPart(record, c)
		if err != nil || p.Prev != prev {
			r.t.Fatalf("record %d of track %d: status %d, %v, or it does not follow the one before", seq, track, status, err)
		}
		prev = sha256.Sum256(record)
		if p.End {
			return seq
		}
		data, _ := r.get(fmt.Sprintf("%s/%d/p%d.m4s", base, track, seq))
		if len(data) != int(p.Length) {
			r.t.Fatalf("part %d of track %d has %d bytes, its record says %d", seq, track, len(data), p.Length)
		}
		for i, want := range p.Hashes {
			at := i * int(p.PieceSize)
			if sha256.Sum256(data[at:at+p.PieceLength(i)]) != want {
				r.t.Fatalf("piece %d of part %d of track %d is not what was signed", i, seq, track)
			}
		}
	}
	return most
}

// newest returns the seq of the newest part that a live playlist names.
func (r *recorded) newest(track int) int {
	text, _ := r.get(fmt.Sprintf("/hls/demo/%d.m3u8", track))
	newest := -1
	for line := range strings.Lines(string(text)) {
		_, after, _ := strings.Cut(line, `/p`)
		if number, _, ok := strings.Cut(after, ".m4s"); ok && strings.HasPrefix(line, "#EXT-X-PART:") {
			if n, err := strconv.Atoi(number); err == nil {
				newest = n
			}
		}
	}
	return newest
}

// decoded has ffmpeg play a playlist to its end and returns how long it lasted.
func (r *recorded) decoded(path string) time.Duration {
	r.t.Helper()
	var complaints bytes.Buffer
	probe := exec.Command("ffmpeg", "-loglevel", "error", "-i", "http://"+r.web+path, "-map", "0:v:0", "-map", "0:a:0", "-progress", "-", "-f", "null", "-")
	probe.Stderr = &complaints
	out, err := probe.Output()
	if err != nil || complaints.Len() > 0 {
		r.t.Fatalf("ffmpeg does not play %s: %v %s", path, err, complaints.String())
	}
	var us int64
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "out_time_us="); ok {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				us = n
			}
		}
	}
	return time.Duration(us) * time.Microsecond
}

// A killed server loses at most the part that was being written, however often it happens; what is there is listed, playable and
// what was signed.
func TestRecordingsOutliveKill(t *testing.T) {
	r := newRecorded(t)
	for n, parts := range []int{9, 6} {
		r.serve()
		publisher := r.publish()
		r.until("parts are published", func() bool { return r.newest(0) >= parts })
		seen := [2]int{r.newest(0), r.newest(1)}
		if err := r.server.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = r.server.Wait() // killed
		_ = publisher.Process.Kill()

		r.serve()
		list := r.list()
		if len(list) != n+1 || list[0].Live || list[0].Epoch != uint64(n+1) {
			t.Fatalf("after kill %d: %+v", n, list)
		}
		for track, newest := range seen {
			if have := r.verified(list[0].Epoch, track, 1000); have < newest { // parts 0 to newest-1: newest itself was perhaps being written
				t.Errorf("kill %d: %d parts of track %d are recorded, %d had been published", n, have, track, newest+1)
			}
		}
		if lasts := r.decoded(list[0].HLS); lasts.Seconds() < list[0].LastsS-0.5 || lasts.Seconds() < float64(parts)/2-0.5 {
			t.Errorf("kill %d: ffmpeg played %v of %v s", n, lasts, list[0].LastsS)
		}
		if err := r.server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = r.server.Wait() // asked to
	}
	if out, err := say(t, "recording", "list", "demo", "--data", r.data); err != nil || strings.Count(out, "/c/demo/r/") != 2 {
		t.Errorf("%s: %v", out, err)
	}
	if out, err := say(t, "recording", "delete", "demo", "1", "--data", r.data); err != nil || out != "Recording 1 of demo is deleted.\n" {
		t.Errorf("%s: %v", out, err)
	}
	if out, err := say(t, "recording", "delete", "demo", "1", "--data", r.data); err == nil || !strings.Contains(err.Error(), `has no recording 1:`) {
		t.Errorf("deleted twice: %s, %v", out, err)
	}
	if out, err := say(t, "recording", "list", "demo", "--data", r.data); err != nil || strings.Count(out, "/c/demo/r/") != 1 {
		t.Errorf("%s: %v", out, err)
	}
}

// A disk that is really full stops recordings, says so, and leaves the live picture alone.
func TestAFullDiskLeavesLiveAlone(t *testing.T) {
	if err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", t.TempDir()).Run(); err != nil {
		t.Skip("no small disk can be made here:", err)
	}
	r := newRecorded(t)
	small := filepath.Join(r.data, recordingsDir)
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	c := shoal("serve", "--data", r.data, "--http", r.web, "--rtmp", r.rtmp, "--turn", r.turn)
	within := append([]string{"-rm", "sh", "-c", `mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"`, small}, c.Args...)
	c.Path, c.Args = "", append([]string{"unshare"}, within...)
	c.Path, _ = exec.LookPath("unshare") // it was run above
	r.server = spawn(t, c)
	r.identify()
	r.publish()
	status := func() string { b, _ := r.get("/api/v1/recorder"); return string(b) }
	r.until("the disk is full", func() bool { return strings.Contains(status(), `"state":"full"`) })
	if s := status(); !strings.Contains(s, "live goes on") {
		t.Errorf("the operator is told %s", s)
	}
	if figures, _ := r.get("/metrics"); !bytes.Contains(figures, []byte("\nshoal_recording_well 0\n")) {
		t.Error("the figures know nothing of it")
	}
	newest := r.newest(0)
	r.until("live goes on", func() bool { return r.newest(0) >= newest+8 })
	list := r.list()
	if len(list) != 1 || list[0].LastsS < 2 {
		t.Fatalf("what was recorded before is not there: %+v", list)
	}
	if have := r.verified(list[0].Epoch, 0, 4); have < 4 {
		t.Errorf("%d parts of it are whole", have)
	}
}

// Clips of what is live and of a recording are there at once, are still what was signed, and can be taken away as one file.
func TestClipsAndDownloads(t *testing.T) {
	r := newRecorded(t)
	r.serve("--download", "on")
	r.publish()
	r.until("ten seconds are published", func() bool { return r.newest(0) >= 22 })
	live := r.clip(`{"last_s":4,"title":"the last of it"}`)
	if live.LastsS < 4 || live.LastsS > 8 {
		t.Errorf("a clip of the last 4 s lasts %v s", live.LastsS)
	}
	if lasts := r.decoded(live.HLS); lasts.Seconds() < 3.9 {
		t.Errorf("ffmpeg played %v of a clip of %v s", lasts, live.LastsS)
	}
	if err := r.server.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = r.server.Wait() // killed
	r.serve("--download", "on")

	whole := r.list()[0]
	part := r.clip(fmt.Sprintf(`{"recording":%d,"from_s":3,"to_s":5}`, whole.Epoch))
	if part.LastsS < 2 || part.LastsS > 6 {
		t.Errorf("a clip of 2 s lasts %v s", part.LastsS)
	}
	var clips []listed
	if b, _ := r.get("/api/v1/channels/demo/clips"); json.Unmarshal(b, &clips) != nil || len(clips) != 2 {
		t.Errorf("clips after a restart: %s", b)
	}
	if said, err := say(t, "recording", "clips", "demo", "--data", r.data); err != nil || strings.Count(said, "/c/demo/clip/") != 2 || !strings.Contains(said, `"the last of it"`) {
		t.Errorf("clips on the command line: %q, %v", said, err)
	}
	for _, kept := range []listed{whole, live, part} {
		if kept.Download == "" {
			t.Fatalf("%+v cannot be downloaded", kept)
		}
		path := filepath.Join(t.TempDir(), "file.mp4")
		b, status := r.get(kept.Download)
		if err := os.WriteFile(path, b, 0o600); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v", kept.Download, status, err)
		}
		if start, lasts := r.probed(path); start > 0.6 || lasts < kept.LastsS-0.3 || lasts > kept.LastsS+0.6 {
			t.Errorf("the file of %v s begins at %v s and lasts %v s", kept.LastsS, start, lasts)
		}
	}
	for ask, want := range map[string]int{
		`{"last_s":4}`: http.StatusNotFound, `{}`: http.StatusBadRequest, `{"recording":99,"from_s":0,"to_s":2}`: http.StatusNotFound,
		`{"recording":1,"from_s":5000,"to_s":5002}`: http.StatusBadRequest,
	} {
		if _, status := r.post("/api/v1/channels/demo/clips", ask); status != want {
			t.Errorf("%s: %d, want %d", ask, status, want)
		}
	}
}

func (r *recorded) post(path, body string) ([]byte, int) {
	r.t.Helper()
	res, err := http.Post("http://"+r.web+path, "application/json", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return b, res.StatusCode
}

func (r *recorded) clip(ask string) (made listed) {
	r.t.Helper()
	b, status := r.post("/api/v1/channels/demo/clips", ask)
	if err := json.Unmarshal(b, &made); err != nil || status != http.StatusCreated {
		r.t.Fatalf("%s: %d %s", ask, status, b)
	}
	return made
}

// probed has ffmpeg read a file to its end, and returns where it begins and how long it lasts, in seconds.
func (r *recorded) probed(path string) (start, lasts float64) {
	r.t.Helper()
	var complaints bytes.Buffer
	decode := exec.Command("ffmpeg", "-loglevel", "error", "-i", path, "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-")
	decode.Stderr = &complaints
	if err := decode.Run(); err != nil || complaints.Len() > 0 {
		r.t.Errorf("ffmpeg does not read the file: %v %s", err, complaints.String())
	}
	out, err := exec.Command("ffprobe", "-loglevel", "error", "-show_entries", "format=start_time,duration", "-of", "csv=p=0", path).Output()
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := fmt.Sscanf(strings.TrimSpace(string(out)), "%f,%f", &start, &lasts); err != nil {
		r.t.Fatalf("%s: %v", out, err)
	}
	return start, lasts
}
