package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	// patience is how long a server or a broadcast may take to be there.
	patience = 60 * time.Second
	// Channel is the channel that is watched.
	Channel = "street"
	// frameRate and keyEvery make parts of 0.5 s and segments of 2 s.
	frameRate = 30
	keyEvery  = 60
)

// Studio is a server with a live channel, fed by ffmpeg.
type Studio struct {
	// HTTP is the server's address, without a closing slash.
	HTTP string
	ends []func()
}

// OpenStudio starts the server and the publisher. Whoever opens a Studio closes it, also when it did not open.
func OpenStudio(ctx context.Context, program, dir string, rate float64) (*Studio, error) {
	s := &Studio{}
	web, err := freeAddress()
	if err != nil {
		return s, err
	}
	rtmp, err := freeAddress()
	if err != nil {
		return s, err
	}
	s.HTTP = "http://" + web
	card, err := exec.CommandContext(ctx, program, "channel", "add", Channel, "--data", dir, "--json").Output()
	if err != nil {
		return s, fmt.Errorf("the channel cannot be made: %w", err)
	}
	var channel struct {
		Key string `json:"stream_key"`
	}
	if err := json.Unmarshal(card, &channel); err != nil {
		return s, err
	}
	server := exec.Command(program, "serve", "--data", dir, "--http", web, "--rtmp", rtmp, "--turn", "off", "--whip", "off", "--ladder", "off",
		"--public-url", s.HTTP, "--log-level", "warn")
	if err := s.start(server); err != nil {
		return s, err
	}
	if err := Until(ctx, "the server answers", func() bool { _, err := s.get(ctx, "/api/v1/channels"); return err == nil }); err != nil {
		return s, err
	}
	if err := s.start(publisher("rtmp://"+rtmp+"/live/"+channel.Key, rate)); err != nil {
		return s, err
	}
	err = Until(ctx, "the channel is live", func() bool {
		text, err := s.get(ctx, "/api/v1/channels/"+Channel)
		return err == nil && strings.Contains(text, `"live":true`)
	})
	return s, err
}

// publisher is ffmpeg with a picture that moves, at a constant rate.
func publisher(to string, rate float64) *exec.Cmd {
	bits := strconv.Itoa(int(rate * 8))
	return exec.Command("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=640x360:rate=%d", frameRate),
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-b:v", bits, "-minrate", bits, "-maxrate", bits, "-bufsize", bits,
		"-nal-hrd", "cbr", "-g", strconv.Itoa(keyEvery), "-keyint_min", strconv.Itoa(keyEvery), "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-an", "-f", "flv", to)
}

func (s *Studio) start(c *exec.Cmd) error {
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return err
	}
	s.ends = append(s.ends, func() {
		_ = c.Process.Signal(os.Interrupt)
		late := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		defer late.Stop()
		_ = c.Wait() // it ended because it was told to
	})
	return nil
}

// Close ends the publisher, then the server.
func (s *Studio) Close() {
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
}

// Watch is the channel's watch link.
func (s *Studio) Watch() string { return s.HTTP + "/c/" + Channel }

func (s *Studio) get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP+path, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return string(text), err
}

// Written returns the media bytes that the origin has sent, by its own count.
func (s *Studio) Written(ctx context.Context) (bytes float64, err error) {
	text, err := s.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "} "); ok && strings.HasPrefix(name, "shoal_origin_media_bytes_total{") {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			bytes += n
		}
	}
	return bytes, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Until polls until done reports true.
func Until(ctx context.Context, what string, done func() bool) error {
	const pause = 50 * time.Millisecond
	for end := time.Now().Add(patience); !done(); {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %s", patience, what)
		}
		if err := Rest(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

func Rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
