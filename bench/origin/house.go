package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// channel is the one that is measured, at every server.
const channel = "reef"

// patience is how long a server or a broadcast may take to be there.
const patience = 30 * time.Second

// house is a server of any kind, as it is measured.
type house struct {
	name string
	http string // its address, HOST:PORT
	rtmp string // where ffmpeg publishes to, with the key
	srt  string
	key  string // of the stream
	// cookie is what every request shows; "" without.
	cookie string
	cmd    *exec.Cmd
	ends   []func()
}

func (h *house) start(name string, args ...string) error {
	h.cmd = exec.Command(name, args...)
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return h.run(h.cmd)
}

// run starts a program that close ends.
func (h *house) run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	h.ends = append(h.ends, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // that it was ended is no news
	})
	return nil
}

func (h *house) close() {
	for i := len(h.ends) - 1; i >= 0; i-- {
		h.ends[i]()
	}
	h.ends = nil
}

// publish plays the clip to the server for ever, as it is.
func (h *house) publish(clip string) error {
	return h.run(exec.Command("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", clip,
		"-c", "copy", "-f", "flv", h.rtmp))
}

// shoal starts the program that is measured.
func shoal(ctx context.Context, o options, dir string) (*house, error) {
	h := &house{name: "shoal"}
	var at [3]string
	for i := range at {
		var err error
		if at[i], err = freePort(); err != nil {
			return h, err
		}
	}
	h.http = at[0]
	data := filepath.Join(dir, fmt.Sprintf("data-%s", strings.ReplaceAll(at[0], ":", "-")))
	if err := h.start(o.shoal, "serve", "--data", data, "--http", at[0], "--rtmp", at[1], "--srt", at[2], "--srt-latency", "20", "--turn", "off",
		"--whip", "127.0.0.1:0", "--ladder", "off", "--log-level", "warn", "--held-reloads", fmt.Sprint(max(o.held, 20_000))); err != nil {
		return h, err
	}
	if err := h.answers(ctx, "/api/v1/channels"); err != nil {
		return h, err
	}
	out, err := exec.CommandContext(ctx, o.shoal, "channel", "add", channel, "--data", data, "--json").Output()
	if err != nil {
		return h, fmt.Errorf("add a channel: %w", err)
	}
	var card struct {
		Key  string `json:"stream_key"`
		RTMP string `json:"rtmp_url"`
		SRT  string `json:"srt_url"`
	}
	if err := json.Unmarshal(out, &card); err != nil {
		return h, err
	}
	h.key, h.rtmp, h.srt = card.Key, card.RTMP+"/"+card.Key, card.SRT
	return h, nil
}

// nginx serves a directory, as Debian packs it: sendfile, connections that are kept, no log of each request.
func nginx(dir string, sendfile bool) (*house, error) {
	h := &house{name: "nginx"}
	how := "on"
	if !sendfile {
		h.name, how = "nginx-copy", "off"
	}
	var err error
	if h.http, err = freePort(); err != nil {
		return h, err
	}
	text := fmt.Sprintf(`daemon off; worker_processes 2; pid %[1]s/%[4]s.pid; error_log stderr error;
events { worker_connections 4096; }
http {
	access_log off; sendfile %[3]s; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 600; open_file_cache max=1000; types { video/mp4 m4s; }
	client_body_temp_path %[1]s/tmp; proxy_temp_path %[1]s/tmp; fastcgi_temp_path %[1]s/tmp; uwsgi_temp_path %[1]s/tmp; scgi_temp_path %[1]s/tmp;
	server { listen %[2]s backlog=4096; root %[1]s/www; add_header Cache-Control "public, max-age=3600, immutable"; add_header Access-Control-Allow-Origin *; }
}
`, dir, h.http, how, h.name)
	file := filepath.Join(dir, h.name+".conf")
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "www"), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		return h, err
	}
	return h, h.start("nginx", "-c", file, "-p", dir)
}

// mediamtx starts MediaMTX with LL-HLS of the same parts and segments.
func mediamtx(o options, dir string) (*house, error) {
	h := &house{name: "mediamtx"}
	rtmp, err := freePort()
	if err != nil {
		return h, err
	}
	if h.http, err = freePort(); err != nil {
		return h, err
	}
	h.rtmp = "rtmp://" + rtmp + "/" + channel
	text := fmt.Sprintf(`logLevel: error
api: no
rtsp: no
srt: no
webrtc: no
moq: no
rtmp: yes
rtmpAddress: %s
hls: yes
hlsAddress: %s
hlsVariant: lowLatency
hlsAlwaysRemux: yes
hlsPartDuration: 500ms
hlsSegmentDuration: 2s
hlsSegmentCount: 12
paths:
  all_others:
`, rtmp, h.http)
	file := filepath.Join(dir, "mediamtx.yml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return h, err
	}
	return h, h.start(o.mediamtx, file)
}

// answers waits until the server does.
func (h *house) answers(ctx context.Context, path string) error {
	return until(ctx, h.name+" answers "+path, func() bool {
		b, err := h.get(path)
		return err == nil && len(b) > 0
	})
}

// listens waits until the server takes publishers and viewers.
func (h *house) listens(ctx context.Context) error {
	publishers, _, _ := strings.Cut(strings.TrimPrefix(h.rtmp, "rtmp://"), "/")
	return until(ctx, h.name+" listens", func() bool {
		for _, at := range []string{h.http, publishers} {
			c, err := net.Dial("tcp", at)
			if err != nil {
				return false
			}
			_ = c.Close() // that it opened is enough
		}
		return true
	})
}

// admit gets the session without which MediaMTX gives no playlist; all viewers share it.
func (h *house) admit(ctx context.Context) error {
	return until(ctx, "a session of "+h.name, func() bool {
		r, err := http.NewRequest(http.MethodGet, "http://"+h.http+"/"+channel+"/index.m3u8?cookieCheck=1", nil)
		if err != nil {
			return false
		}
		r.Header.Set("Cookie", "cookieCheck=1")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer answer.Body.Close() //nolint:errcheck // its header is what counts
		for _, c := range answer.Cookies() {
			if c.Name == "hlsSession" {
				h.cookie = c.Name + "=" + c.Value
			}
		}
		return h.cookie != ""
	})
}

// get fetches something once.
func (h *house) get(path string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, "http://"+h.http+path, nil)
	if err != nil {
		return nil, err
	}
	if h.cookie != "" {
		r.Header.Set("Cookie", h.cookie)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	b, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s%s: %s", h.name, path, answer.Status)
	}
	return b, err
}

func until(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("in vain: %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// freePort is an address that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// encode makes the clip that is published: 4 Mbit/s, a key frame every 2 s, no B-frames, in FLV.
func encode(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, "clip.flv")
	out, err := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30",
		"-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "60", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
		"-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "1M", "-nal-hrd", "cbr", "-f", "flv", file).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("encode a clip: %w: %s", err, out)
	}
	return file, nil
}
