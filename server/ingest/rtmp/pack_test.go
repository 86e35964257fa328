package rtmp_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/ingest/gate"
	"shoal/server/ingest/rtmp"
	"shoal/server/pack"
)

// broadcast is the least that stands between a publication and files: what live and origin do.
type broadcast struct {
	dir     string
	packer  *pack.Packer
	tracks  []ingest.Track
	windows []pack.Window
	ended   chan error
}

const epoch = 1

func (b *broadcast) Admit(context.Context, gate.Request) (gate.Admission, error) {
	return gate.Admission{Sink: b, Leave: func(err error) { b.ended <- err }}, nil
}

func (b *broadcast) Tracks(tracks []ingest.Track) (err error) {
	if b.packer != nil {
		return b.packer.Discontinuity(tracks, time.Now())
	}
	b.tracks = tracks
	for i := range tracks {
		b.windows = append(b.windows, pack.Window{Epoch: epoch, Track: segment.Track(i)})
	}
	b.packer, err = pack.New(pack.Config{}, tracks, epoch<<20, time.Now(), b.part)
	return err
}

func (b *broadcast) Sample(s ingest.Sample) error { return b.packer.Write(s) }

func (b *broadcast) part(p pack.Part) error {
	w := &b.windows[p.Track]
	init := sha256.Sum256(p.Init)
	name := pack.SegmentURI(epoch, p.Track, p.MSN)
	if err := os.MkdirAll(filepath.Join(b.dir, filepath.Dir(name)), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, pack.InitURI(init)), p.Init, 0o644); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(b.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	w.Add(p, w.Next(), init)
	_, err = f.Write(p.Data)
	return err
}

// write writes the playlists of the ended broadcast.
func (b *broadcast) write(t *testing.T) {
	t.Helper()
	for i := range b.windows {
		b.windows[i].Ended = true
	}
	files := map[string][]byte{"master.m3u8": pack.MasterPlaylist(b.tracks, b.windows, pack.Captions{}, nil)}
	for i := range b.windows {
		files[pack.MediaURI(segment.Track(i))] = pack.MediaPlaylist(b.windows, segment.Track(i), pack.Options{})
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// command runs a program of ffmpeg's and fails the test if it complains.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs ffmpeg")
	}
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is not on PATH: install ffmpeg (apt-get install ffmpeg)", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	var said []byte
	out, err := c.Output()
	if e, ok := err.(*exec.ExitError); ok {
		said = e.Stderr
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
	return string(out)
}

// serve starts a server for b. stop ends it and b.
func serve(t *testing.T, b *broadcast) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &rtmp.Server{Listener: l, Door: b, Visitors: &gate.Visitors{}, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	return l.Addr().String(), func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.packer.Flush(); err != nil {
			t.Error(err)
		}
		b.write(t)
	}
}

// publish publishes seconds of 30 frames a second with ffmpeg.
func publish(t *testing.T, b *broadcast, addr string, seconds, group int) {
	t.Helper()
	command(t, "ffmpeg", "-nostdin", "-loglevel", "error",
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100",
		"-t", fmt.Sprint(seconds), "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", fmt.Sprint(group), "-sc_threshold", "0",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", "rtmp://"+addr+"/live/key")
	if err := <-b.ended; err != nil {
		t.Fatal(err)
	}
}

// stream is what ffprobe says of one.
type stream struct {
	Codec   string `json:"codec_name"`
	BFrames int    `json:"has_b_frames"`
	Read    string `json:"nb_read_frames"`
}

// play decodes the whole broadcast with ffmpeg, whose log must stay empty at a level, and counts frames with ffprobe.
func play(t *testing.T, b *broadcast, level string) map[string]stream {
	t.Helper()
	master := filepath.Join(b.dir, "master.m3u8")
	c := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", level, "-xerror", "-i", master, "-map", "0", "-f", "null", "-")
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v\n%s", err, out)
	}
	var probe struct{ Streams []stream }
	text := command(t, "ffprobe", "-loglevel", "error", "-count_frames", "-show_entries", "stream=codec_name,has_b_frames,nb_read_frames",
		"-of", "json", master)
	if err := json.Unmarshal([]byte(text), &probe); err != nil {
		t.Fatal(err)
	}
	out := map[string]stream{}
	for _, s := range probe.Streams {
		out[s.Codec] = s
	}
	if len(out) != 2 {
		t.Fatalf("ffprobe sees %s", text)
	}
	return out
}

// TestFromPublisherToPlayer publishes with ffmpeg and reads what the Packer made of it with ffprobe and ffmpeg.
func TestFromPublisherToPlayer(t *testing.T) {
	b := &broadcast{dir: t.TempDir(), ended: make(chan error, 1)}
	addr, stop := serve(t, b)
	const seconds = 12
	publish(t, b, addr, seconds, 60)
	stop()
	got := play(t, b, "warning")
	if s := got["h264"]; s.BFrames == 0 || s.Read != fmt.Sprint(seconds*30) {
		t.Errorf("the picture came as %+v", s)
	}
	if n, err := strconv.Atoi(got["aac"].Read); err != nil || n < 515 || n > 520 { // 12 s at 44100 / 1024, and what primes the decoder
		t.Errorf("the sound came as %+v", got["aac"])
	}
	for i, w := range b.windows {
		var total time.Duration
		for _, e := range w.Entries {
			total += e.Duration
		}
		if total < (seconds-1)*time.Second || total > (seconds+1)*time.Second {
			t.Errorf("track %d lasts %v", i, total)
		}
	}
}

// TestReconnect publishes twice into one broadcast, with key frames so far apart that segments get long.
func TestReconnect(t *testing.T) {
	b := &broadcast{dir: t.TempDir(), ended: make(chan error, 1)}
	addr, stop := serve(t, b)
	publish(t, b, addr, 7, 150)
	publish(t, b, addr, 7, 150)
	stop()
	if s := play(t, b, "error")["h264"]; s.Read != "420" {
		t.Errorf("the picture came as %+v", s)
	}
	text := string(pack.MediaPlaylist(b.windows, 0, pack.Options{}))
	if strings.Count(text, "#EXT-X-DISCONTINUITY\n") != 1 || !strings.Contains(text, "#EXT-X-TARGETDURATION:5\n") {
		t.Errorf("the playlist says\n%s", text)
	}
}
