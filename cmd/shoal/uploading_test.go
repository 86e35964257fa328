package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"shoal/server/api"
	"shoal/server/upload"
)

// film makes a video of so many seconds with its table of contents at the end, as cameras do.
func film(t *testing.T, name string, seconds int, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args := []string{
		"-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=r=48000", "-t", strconv.Itoa(seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac",
	}
	if out, err := exec.Command("ffmpeg", append(append(args, more...), path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// tusAsk is one request of a tus client.
func (r *recorded) tusAsk(method, path, key string, body io.Reader, head ...string) *http.Response {
	r.t.Helper()
	q, err := http.NewRequest(method, "http://"+r.web+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Tus-Resumable", "1.0.0")
	q.Header.Set("Authorization", "Bearer "+key)
	for i := 0; i+1 < len(head); i += 2 {
		q.Header.Set(head[i], head[i+1])
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if err := answer.Body.Close(); err != nil {
		r.t.Fatal(err)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(b))
	return answer
}

func (r *recorded) begin(size int64) (address string) {
	r.t.Helper()
	answer := r.tusAsk(http.MethodPost, "/uploads/demo", r.key, nil, "Upload-Length", fmt.Sprint(size), "Upload-Metadata", "filename aG9saWRheS5tcDQ=")
	if address = answer.Header.Get("Location"); answer.StatusCode != http.StatusCreated || !strings.HasPrefix(address, "/uploads/demo/") {
		b, _ := io.ReadAll(answer.Body)
		r.t.Fatalf("begun: %s at %q: %s", answer.Status, address, b)
	}
	return address
}

func (r *recorded) patch(address string, offset int64, body io.Reader) *http.Response {
	r.t.Helper()
	return r.tusAsk(http.MethodPatch, address, r.key, body, "Content-Type", "application/offset+octet-stream", "Upload-Offset", fmt.Sprint(offset))
}

func (r *recorded) offset(address string) int64 {
	r.t.Helper()
	answer := r.tusAsk(http.MethodHead, address, r.key, nil)
	n, err := strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		r.t.Fatalf("%s: %v: %v", answer.Status, err, answer.Header)
	}
	return n
}

// state asks how an upload stands.
func (r *recorded) state(address string) (s api.UploadState) {
	r.t.Helper()
	answer := r.tusAsk(http.MethodGet, "/api/v1/channels/demo/uploads/"+filepath.Base(address), r.key, nil)
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil || answer.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: %v", answer.Status, err)
	}
	return s
}

func (r *recorded) ended(address string) api.UploadState {
	r.t.Helper()
	var s api.UploadState
	r.until("the upload is ready or refused", func() bool {
		s = r.state(address)
		return s.State == upload.Ready || s.State == upload.Refused
	})
	return s
}

func (r *recorded) kill() {
	r.t.Helper()
	if err := r.server.Process.Signal(syscall.SIGKILL); err != nil {
		r.t.Fatal(err)
	}
	_ = r.server.Wait() // killed
}

// serveUploads serves with what tests of uploads need.
func (r *recorded) serveUploads(more ...string) {
	r.t.Helper()
	r.serve(append([]string{"--ladder", "off", "--whip", "off", "--download", "on"}, more...)...)
}

// sameTimes holds the distance between picture and sound of a recording to that of the file.
func (r *recorded) sameTimes(file, download string) {
	r.t.Helper()
	b, status := r.get(download)
	copied := filepath.Join(r.t.TempDir(), "copy.mp4")
	if err := os.WriteFile(copied, b, 0o600); err != nil || status != http.StatusOK {
		r.t.Fatalf("%d: %v", status, err)
	}
	apart := func(path string) float64 {
		var at [2]float64
		for i, stream := range []string{"v:0", "a:0"} {
			out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", "-read_intervals", "%+4", path).Output()
			if err != nil {
				r.t.Fatal(err)
			}
			const late = 40 // not the first: what encoders write before the sound proper is cut off by some players
			lines := strings.Fields(string(out))
			lowest := math.Inf(1)
			for _, line := range lines[late:] {
				if s, err := strconv.ParseFloat(strings.TrimSuffix(line, ","), 64); err == nil {
					lowest = min(lowest, s)
				}
			}
			at[i] = lowest
		}
		return at[0] - at[1]
	}
	if was, is := apart(file), apart(copied); math.Abs(was-is) > 0.005 {
		r.t.Errorf("picture and sound were %.4f s apart, and are %.4f s", was, is)
	}
}

// broken sends the beginning of a longer body and breaks the line.
func (r *recorded) broken(address string, media []byte) {
	r.t.Helper()
	c, err := net.Dial("tcp", r.web)
	if err != nil {
		r.t.Fatal(err)
	}
	fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer %s\r\nContent-Type: application/offset+octet-stream\r\n"+
		"Upload-Offset: 0\r\nContent-Length: %d\r\n\r\n", address, r.key, 2*len(media))
	if _, err := c.Write(media); err != nil {
		r.t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// two sends the rest twice at once. Every byte stands once where it belongs: the sum of the file is what was sent.
func (r *recorded) two(address string, media []byte, from int64) {
	r.t.Helper()
	ended := make(chan int, 2)
	for range 2 {
		go func() {
			q, err := http.NewRequest(http.MethodPatch, "http://"+r.web+address, bytes.NewReader(media[from:]))
			if err != nil {
				ended <- 0
				return
			}
			for name, value := range map[string]string{
				"Tus-Resumable": "1.0.0", "Authorization": "Bearer " + r.key, "Content-Type": "application/offset+octet-stream", "Upload-Offset": fmt.Sprint(from),
			} {
				q.Header.Set(name, value)
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				ended <- 0
				return
			}
			_ = answer.Body.Close() // it was only asked
			ended <- answer.StatusCode
		}()
	}
	<-ended
	<-ended
	if at := r.offset(address); at < int64(len(media)) { // each made way for the other: whoever comes next goes on
		if answer := r.patch(address, at, bytes.NewReader(media[at:])); answer.StatusCode != http.StatusNoContent {
			r.t.Fatalf("the rest: %s", answer.Status)
		}
	}
}
