package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// playableWithin is how long after the end of a broadcast its recording may be waited for: what is promised, and far above what it takes.
const playableWithin = 5 * time.Second

// A recording is there at latest five seconds behind the end of its broadcast, however that came about. They are counted from when the
// broadcast was last seen live, and within them the recording is listed as whole, and its playlists, its first and its last segments are fetched.
// Whether these can be decoded is looked at afterwards, as how fast ffprobe is here is no matter of the server.
func TestARecordingIsPlayableSoon(t *testing.T) {
	r := newRecorded(t)
	r.serve("--reconnect-window", "1s")                                        // an end is declared when its publisher has been away for so long
	for n, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} { // it says goodbye, and it does not
		publisher := r.publish()
		r.until("parts are published", func() bool { // the playlist of the one before is there for a while
			list := r.list()
			return len(list) == n+1 && list[0].Live && list[0].LastsS >= 5
		})
		if err := publisher.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = publisher.Wait() // asked to, or killed
		live := time.Now()
		r.until("the broadcast has ended", func() bool {
			asked := time.Now()
			b, status := r.get("/api/v1/channels/demo")
			if status == http.StatusOK && bytes.Contains(b, []byte(`"live":false`)) {
				return true
			}
			live = asked
			return false
		})
		var kept listed
		var ends [][]byte
		for whole := false; !whole; time.Sleep(20 * time.Millisecond) {
			if list := r.list(); len(list) == n+1 && !list[0].Live {
				kept = list[0]
				ends, whole = r.bothEnds(kept)
			}
			if took := time.Since(live); took > playableWithin {
				t.Fatalf("%v: not playable %v after the end of the broadcast: %+v", signal, took, r.list())
			}
		}
		t.Logf("%v: playable %v after it was last seen live", signal, time.Since(live))
		if kept.LastsS < 5 {
			t.Errorf("%v: it lasts %v s, and five had been published", signal, kept.LastsS)
		}
		for _, media := range ends {
			framesIn(t, media)
		}
	}
}

// bothEnds fetches the first and the last segment of each track of a recording, behind their init segments, if its playlists say
// that it is whole and all of that is there.
func (r *recorded) bothEnds(kept listed) (ends [][]byte, whole bool) {
	base := path.Dir(kept.HLS)
	master, status := r.get(kept.HLS)
	if status != http.StatusOK {
		return nil, false
	}
	inits, segments := regexp.MustCompile(`#EXT-X-MAP:URI="([^"]+)"`), regexp.MustCompile(`(?m)^[^#\s].*$`)
	for track := range 2 {
		name := fmt.Sprintf("%d.m3u8", track)
		text, status := r.get(base + "/" + name)
		init, all := inits.FindSubmatch(text), segments.FindAll(text, -1)
		if status != http.StatusOK || !bytes.Contains(master, []byte(name)) || !bytes.Contains(text, []byte("#EXT-X-ENDLIST\n")) || init == nil || len(all) < 2 {
			return nil, false
		}
		head, status := r.get(base + "/" + string(init[1]))
		if status != http.StatusOK {
			return nil, false
		}
		for _, uri := range [][]byte{all[0], all[len(all)-1]} {
			media, status := r.get(base + "/" + string(uri))
			if status != http.StatusOK {
				return nil, false
			}
			ends = append(ends, append(bytes.Clone(head), media...))
		}
	}
	return ends, true
}

// framesIn has ffprobe decode a segment behind its init segment, and fails if it complains or finds nothing.
func framesIn(t *testing.T, media []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "segment.mp4")
	if err := os.WriteFile(file, media, 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	probe := exec.Command("ffprobe", "-loglevel", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file)
	probe.Stderr = &complaints
	out, err := probe.Output()
	frames, wrong := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || wrong != nil || frames == 0 || complaints.Len() > 0 {
		t.Errorf("a segment of %d bytes has %q frames: %v %s", len(media), out, err, complaints.String())
	}
}

// Whoever rewinds is told of segments what live viewers are (EXT-X-TARGETDURATION), here more than they last: the encoder says that key frames may come
// ten seconds apart, and sends one every two. When the broadcast has ended it is still so.
func TestRewindingDeclaresWhatLiveDoes(t *testing.T) {
	r := newRecorded(t)
	r.serve("--reconnect-window", "1s")
	publisher := spawn(t, exec.Command("ffmpeg", "-loglevel", "error", "-readrate", "4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "400k", "-g", "250", "-force_key_frames", "expr:gte(t,n_forced*2)", "-pix_fmt", "yuv420p",
		"-f", "flv", "rtmp://"+r.rtmp+"/live/"+r.key))
	target := regexp.MustCompile(`#EXT-X-TARGETDURATION:\d+\n`)
	says := func(path string) string { text, _ := r.get(path); return string(target.Find(text)) }
	const live, rewound, want = "/hls/demo/0.m3u8", "/hls/demo/1/0.m3u8", "#EXT-X-TARGETDURATION:10\n"
	segments := func() int { text, _ := r.get(rewound); return bytes.Count(text, []byte("#EXTINF:")) }
	for n := 1; n <= 4; n++ {
		r.until("another segment can be rewound to", func() bool { return segments() >= n })
		if now, before := says(live), says(rewound); now != want || before != want {
			t.Errorf("with %d segments live says %q, rewinding %q", n, now, before)
		}
	}
	if err := publisher.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.until("the broadcast has ended", func() bool { list := r.list(); return len(list) == 1 && !list[0].Live })
	if said := says(rewound); said != want {
		t.Errorf("behind the end it says %q", said)
	}
}
