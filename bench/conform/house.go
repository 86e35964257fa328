package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// channel is the channel that is published to.
const channel = "fish"

// house is a server in a directory of its own, and what publishes to it.
type house struct {
	dir, http string
	program   string
	arguments []string // of the server
	to        string   // where to publish
	server    *exec.Cmd
	ended     chan struct{} // closed when the server has
	publisher *exec.Cmd
}

// card is what `shoal channel add --json` prints, as far as it is used here.
type card struct {
	Key  string `json:"stream_key"`
	RTMP string `json:"rtmp_url"`
}

const patience = 30 * time.Second

// openHouse starts the server, and an ffmpeg that publishes a picture with B-frames and a tone. Whoever opens a house closes it, also when
// it did not open.
func openHouse(ctx context.Context, program, ladder string) (*house, error) {
	h := &house{}
	var err error
	if h.dir, err = os.MkdirTemp("", "shoal-conform-*"); err != nil {
		return h, err
	}
	web, err := freePort()
	if err != nil {
		return h, err
	}
	rtmp, err := freePort()
	if err != nil {
		return h, err
	}
	h.http = "http://" + web
	added, err := exec.CommandContext(ctx, program, "channel", "add", channel, "--data", h.dir, "--json").Output()
	if err != nil {
		return h, fmt.Errorf("the channel cannot be made: %w", err)
	}
	var k card
	if err := json.Unmarshal(added, &k); err != nil {
		return h, err
	}
	h.arguments = []string{"serve", "--data", h.dir, "--http", web, "--rtmp", rtmp, "--turn", "off", "--whip", "off", "--srt", "off",
		"--ladder", ladder, "--public-url", h.http, "--reconnect-window", reconnectWindow.String(), "--log-level", "warn"}
	h.program, h.to = program, "rtmp://"+rtmp+"/live/"+k.Key
	if err := h.serve(ctx); err != nil {
		return h, err
	}
	return h, h.publish(ctx)
}

func (h *house) serve(ctx context.Context) error {
	h.server = exec.Command(h.program, h.arguments...)
	h.server.Stderr = os.Stderr
	if err := h.server.Start(); err != nil {
		h.server = nil
		return err
	}
	h.ended = make(chan struct{})
	go func() {
		_ = h.server.Wait() // what it ended of, it has said
		close(h.ended)
	}()
	gone := false
	err := until(ctx, "the server answers", func() bool {
		select {
		case <-h.ended:
			gone = true
		default:
		}
		_, err := h.state(ctx)
		return gone || err == nil
	})
	if gone {
		return errors.New("the server has ended")
	}
	return err
}

// stopServing ends the server as an operator does.
func (h *house) stopServing() {
	if h.server != nil {
		_ = h.server.Process.Signal(syscall.SIGTERM) // it may have ended
		<-h.ended
	}
}

func (h *house) publish(ctx context.Context) error {
	h.publisher = exec.Command("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error",
		"-re", "-f", "lavfi", "-i", "testsrc2=size=384x216:rate=30", "-re", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "60", "-sc_threshold", "0", "-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k",
		"-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac", "-b:a", "96k", "-f", "flv", h.to)
	if err := h.publisher.Start(); err != nil {
		h.publisher = nil
		return err
	}
	return until(ctx, "the channel is live", func() bool { s, err := h.state(ctx); return err == nil && s.Live })
}

// stopPublishing ends the publisher, as who presses stop does.
func (h *house) stopPublishing() {
	if h.publisher != nil {
		_ = h.publisher.Process.Signal(syscall.SIGINT)
		_ = h.publisher.Wait() // it ended because it was told to
		h.publisher = nil
	}
}

func (h *house) close() error {
	h.stopPublishing()
	h.stopServing()
	return os.RemoveAll(h.dir)
}

// state is what the server says of the channel.
type state struct {
	Live  bool   `json:"live"`
	Epoch uint64 `json:"epoch"`
}

func (h *house) state(ctx context.Context) (s state, err error) {
	a, err := newReader(0).get(ctx, h.http+"/api/v1/channels/"+channel, "")
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("the server answers %d", a.Status)
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(a.Body, &s)
}

// freePort is an address that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// until asks again and again until it is so.
func until(ctx context.Context, what string, so func() bool) error {
	for deadline := time.Now().Add(patience); !so(); rest(ctx, 50*time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", patience, what)
		}
	}
	return nil
}

// What must have been looked at of each kind of stream: a reading that found nothing to look at is no proof.
var (
	ofAll      = []string{"utf-8", "attribute-value", "segment-within-target", "extinf", "map", "available", "init", "readable", "segment-duration", "seamless", "date-true", "date-consistent", "codecs-true", "resolution-true", "frame-rate-true", "channels-true", "bandwidth-enough", "segment-independent", "same-control", "gzip", "cross-origin"}
	ofLive     = []string{"part-within-target", "part-long-enough", "parts-fill-segment", "segment-constant", "part-constant", "part-in-time", "segment-in-time", "blocks-until-there", "part-without-msn", "too-far", "part-too-far", "beyond-last", "delta-given", "delta-boundary", "delta-equal", "hint-comes-true", "hint-answered", "unknown-not-found", "report-of-each", "report-true", "segment-is-its-parts", "independent", "part-duration", "part-kept", "segment-kept", "long-enough", "in-sync", "aligned"}
	ofEnd      = []string{"end-is-final", "hint-not-at-the-end", "directives-at-the-end", "nothing-lost-at-the-end"}
	ofRecorded = []string{"vod-constant", "vod-ends", "bandwidth-true", "same-beginning", "directives-at-the-end"}
)

// judgeHouse reads what a server of its own makes: live, the rewind window meanwhile, the end, and the recording.
func judgeHouse(ctx context.Context, program, ladder string, lasts time.Duration, strict bool) (broken int, err error) {
	h, err := openHouse(ctx, program, ladder)
	defer func() { err = errors.Join(err, h.close()) }()
	if err != nil {
		return 0, err
	}
	s, err := h.state(ctx)
	if err != nil {
		return 0, err
	}
	live, recorded := h.http+"/hls/"+channel+"/master.m3u8", fmt.Sprintf("%s/hls/%s/%d/master.m3u8", h.http, channel, s.Epoch)
	// The publisher comes back once, so that a discontinuity slides through what is read.
	rest(ctx, beforeBreak)
	h.stopPublishing()
	if err := h.publish(ctx); err != nil {
		return 0, err
	}
	rest(ctx, afterBreak)
	needed := slices.Concat(ofAll, ofLive)
	if ladder == "off" {
		needed = slices.DeleteFunc(needed, func(name string) bool { return name == "aligned" })
	}
	if broken, err = judge(ctx, "live: "+live, live, lasts, strict, needed); err != nil {
		return broken, err
	}
	n, err := judge(ctx, "rewind: "+recorded, recorded, rewindLasts, strict, ofAll)
	broken += n
	if err != nil {
		return broken, err
	}
	// The publisher goes for good while somebody reads: the playlist has to end, and the recording is whole.
	h.stopPublishing()
	n, err = judge(ctx, "the end: "+live, live, 2*reconnectWindow+lasts, strict, ofEnd)
	broken += n
	if err != nil {
		return broken, err
	}
	n, err = judge(ctx, "recording: "+recorded, recorded, lasts, strict, slices.Concat(ofAll, ofRecorded))
	return broken + n, err
}

const (
	beforeBreak = 6 * time.Second
	// afterBreak is when the playlist, of 24 s, begins to slide.
	afterBreak  = 18 * time.Second
	rewindLasts = 5 * time.Second
	// reconnectWindow is how long the server waits for a publisher.
	reconnectWindow = 5 * time.Second
)
