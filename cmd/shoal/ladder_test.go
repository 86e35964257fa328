package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"shoal/peer"
	"shoal/segment"
)

// playlistPart is a part as a media playlist names it.
type playlistPart struct {
	msn         int
	index       int
	duration    string
	independent bool
}

var (
	partLine     = regexp.MustCompile(`^#EXT-X-PART:DURATION=([0-9.]+),URI="[^"]+"(,INDEPENDENT=YES)?`)
	sequenceLine = regexp.MustCompile(`(?m)^#EXT-X-MEDIA-SEQUENCE:(\d+)`)
	mapLine      = regexp.MustCompile(`(?m)^#EXT-X-MAP:URI="([^"]+)"`)
	variantLine  = regexp.MustCompile(`RESOLUTION=(\d+x\d+)[^\n]*\n(\S+)`)
)

// partsOf reads the parts and the segments of a media playlist.
func partsOf(t *testing.T, text string) (parts []playlistPart, segments []string) {
	t.Helper()
	first := sequenceLine.FindStringSubmatch(text)
	if first == nil {
		t.Fatalf("no playlist: %s", text)
	}
	msn, _ := strconv.Atoi(first[1]) // only digits matched
	index := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if found := partLine.FindStringSubmatch(line); found != nil {
			parts = append(parts, playlistPart{msn, index, found[1], found[2] != ""})
			index++
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			segments = append(segments, line)
			msn, index = msn+1, 0
		}
	}
	return parts, segments
}

// whole are the parts of the segments that both playlists list in full, by segment.
func whole(parts []playlistPart, from, to int) (all []playlistPart) {
	for _, p := range parts {
		if p.msn >= from && p.msn < to {
			all = append(all, p)
		}
	}
	return all
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", url, answer.Status, err, text)
	}
	return string(text)
}

// workerOf returns the process that makes rungs for this one.
func workerOf(t *testing.T, not int) int {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid()), "ffmpeg").Output()
	if err != nil {
		t.Fatal("no worker runs: ", err)
	}
	for word := range strings.FieldsSeq(string(out)) {
		if pid, err := strconv.Atoi(word); err == nil && pid != not {
			return pid
		}
	}
	t.Fatal("no worker runs")
	return 0
}

// One publication by RTMP becomes three renditions, which line up part for part, though their worker is killed meanwhile.
func TestThreeRungsOfOnePublication(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
	dir := t.TempDir()
	s := quietSettings(t)
	s.Ladder = "240p,144p@120"
	r := runHouse(t, dir, s)
	card := addChannel(t, dir, "reef")
	publisher := spawn(t, exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", "-f", "lavfi", "-i", "sine",
		"-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-b:v", "800k", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-f", "flv", card.RTMP+"/"+card.StreamKey))
	hls := "http://127.0.0.1:" + portOf(r.doors.http.Addr()) + "/hls/reef/"
	var master string
	waitFor(t, "three renditions", func() bool {
		answer, err := http.Get(hls + "master.m3u8")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		master = string(text)
		return err == nil && answer.StatusCode == http.StatusOK
	})
	variants := variantLine.FindAllStringSubmatch(master, -1)
	if len(variants) != 3 || variants[0][1] != "640x360" || variants[1][1] != "426x240" || variants[2][1] != "256x144" {
		t.Fatalf("the multivariant playlist: %s", master)
	}
	killed := workerOf(t, publisher.Process.Pid)
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	sawAligned(t, hls, variants, 3)
	if now := workerOf(t, publisher.Process.Pid); now == killed {
		t.Error("the worker was not killed")
	}
	for _, v := range variants[1:] {
		decodes(t, hls, v[2], v[1], 60)
	}
	watchRungs(t, r, "http://127.0.0.1:"+portOf(r.doors.http.Addr())+"/c/reef")
	metrics := get(t, "http://127.0.0.1:"+portOf(r.doors.http.Addr())+"/metrics")
	for _, want := range []string{"shoal_ladder_rungs 2", `shoal_ladder_workers_ended_total{reason="crashed"} 1`, "shoal_ladder_workers_started_total 2"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the figures lack %q", want)
		}
	}
}

// watchRungs has native viewers watch: two on one rung, who share it, and one on another.
func watchRungs(t *testing.T, r *running, link string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	viewers := []*peer.Peer{
		peer.New(peer.Config{Watch: link, Height: 240}), peer.New(peer.Config{Watch: link, Height: 240}), peer.New(peer.Config{Watch: link, Height: 144}),
	}
	for _, v := range viewers {
		wg.Go(func() {
			if err := v.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	// Of the source, parts of which are the largest by far, nobody is to be sent anything from now on.
	sources := writtenOf(r, 0)
	waitFor(t, "two viewers of a rung share it", func() bool {
		a, b := viewers[0].Stats(), viewers[1].Stats()
		return a.Links == 2 && b.Links == 2 && a.PeerBytes+b.PeerBytes > 200_000 && viewers[2].Stats().Parts > 20
	})
	for i, v := range viewers {
		if s := v.Stats(); !s.Playing || s.Stalls > 0 || s.Refused > 0 || s.Babblers > 0 {
			t.Errorf("viewer %d: %+v", i, s)
		}
	}
	if more := writtenOf(r, 0) - sources; more > 0 {
		t.Errorf("%d bytes of the source were sent to viewers of other rungs", more)
	}
}

// writtenOf returns how many bytes of a track the origin sent.
func writtenOf(r *running, track segment.Track) (bytes uint64) {
	for _, w := range r.origin.Written() {
		if w.Track == track {
			bytes += w.Bytes
		}
	}
	return bytes
}

// sawAligned waits until all renditions have so many more segments, and compares these part for part.
func sawAligned(t *testing.T, hls string, variants [][]string, more int) {
	t.Helper()
	_, before := partsOf(t, get(t, hls+variants[0][2]))
	texts := make([]string, len(variants))
	waitFor(t, "more segments of all renditions", func() bool {
		for i, v := range variants {
			texts[i] = get(t, hls+v[2])
			if _, now := partsOf(t, texts[i]); len(now) < len(before)+more {
				return false
			}
		}
		return true
	})
	source, segments := partsOf(t, texts[0])
	first, last := source[0].msn, source[0].msn+len(segments)-1
	for i, v := range variants[1:] {
		rung, _ := partsOf(t, texts[i+1])
		if strings.Contains(texts[i+1], "#EXT-X-GAP") || strings.Contains(texts[i+1], "#EXT-X-DISCONTINUITY\n") || strings.Count(texts[i+1], "#EXT-X-MAP") != 1 {
			t.Errorf("%s has a seam: %s", v[1], texts[i+1])
		}
		a, b := whole(source, first, last), whole(rung, first, last)
		if len(a) < 4*more {
			t.Fatalf("only %d parts to compare: %s", len(a), texts[0])
		}
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("the source's parts are %v, those of %s %v", a, v[1], b)
		}
	}
}

// decodes has ffmpeg decode a rendition's whole segments of so many frames.
func decodes(t *testing.T, hls, playlist, size string, frames int) {
	t.Helper()
	text := get(t, hls+playlist)
	_, segments := partsOf(t, text)
	file := filepath.Join(t.TempDir(), "kept.mp4")
	media := get(t, hls+mapLine.FindStringSubmatch(text)[1])
	for _, s := range segments {
		media += get(t, hls+s)
	}
	if err := os.WriteFile(file, []byte(media), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%s does not decode: %v: %s", size, err, out)
	}
	out, err = exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", file).Output()
	want := strings.ReplaceAll(size, "x", ",") + "," + strconv.Itoa(len(segments)*frames)
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("%s: ffprobe says %s, %v; want %s", size, out, err, want)
	}
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !ready(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
