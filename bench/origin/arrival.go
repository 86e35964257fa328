package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// skipped are the first parts: a publisher and a player that begin.
	skipped = 8
	// partLength is what parts last, and allowed what they may take more until they can be fetched: players place themselves by it.
	partLength = 500 * time.Millisecond
	allowed    = 50 * time.Millisecond
)

// arrival measures how long after a part's last frame was handed to the publisher, ffmpeg or a client of WebRTC, the whole part has come to a
// viewer.
func arrival(ctx context.Context, o options, dir, clip string) error {
	f, err := readClip(clip)
	if err != nil {
		return err
	}
	fmt.Printf("\nfrom a part's last frame going into the publisher (ffmpeg; of WHIP, Pion) to the last byte of the part at a viewer, parts of %v\n", partLength)
	fmt.Printf("%-8s %6s %9s %9s %9s %26s   %s\n", "", "parts", "p50 ms", "p95 ms", "most ms", "p95 from its first frame", "p95 is at most "+(partLength+allowed).String())
	var failed error
	for _, protocol := range []string{"rtmp", "srt", "whip"} {
		took, err := arrivalOver(ctx, o, dir, f, protocol)
		if err != nil {
			return fmt.Errorf("%s: %w", protocol, err)
		}
		slices.Sort(took)
		at := func(share float64) time.Duration { return took[int(share*float64(len(took)-1))] }
		word := "yes"
		if at(0.95) > partLength+allowed {
			word = "no"
			failed = errors.Join(failed, fmt.Errorf("%s: 95 parts of 100 are there within %v only", protocol, at(0.95)))
		}
		fmt.Printf("%-8s %6d %9.1f %9.1f %9.1f %26.0f   %s\n", protocol, len(took), ms(at(0.5)), ms(at(0.95)), ms(at(1)), ms(at(0.95)+partLength), word)
	}
	return failed
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func arrivalOver(ctx context.Context, o options, dir string, f frames, protocol string) (took []time.Duration, err error) {
	h, err := shoal(ctx, o, dir)
	defer h.close()
	if err != nil {
		return nil, err
	}
	send, stop, err := publisher(ctx, h, f, protocol)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var wrote []time.Time // guarded by mu
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		play(ctx, send, func(at time.Time) {
			mu.Lock()
			defer mu.Unlock()
			wrote = append(wrote, at)
		})
	}()
	defer func() {
		cancel()
		<-ended
		stop()
	}()
	came, err := follow(ctx, h, o.parts+skipped)
	if err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	for _, p := range came[skipped:] {
		if p.last >= len(wrote) {
			return nil, fmt.Errorf("a part ends with frame %d, of %d that were sent", p.last, len(wrote))
		}
		took = append(took, p.at.Sub(wrote[p.last]))
	}
	if least := slices.Min(took); least < 0 || least > keyEvery*frameEvery {
		return nil, fmt.Errorf("every part takes %v and more: frames were lost when it began, and the count is wrong", least)
	}
	return took, nil
}

// publisher returns what sends the clip's frames to the server over a protocol, and what ends it.
func publisher(ctx context.Context, h *house, f frames, protocol string) (send func(n int, due time.Duration) error, stop func(), err error) {
	args := []string{"-hide_banner", "-loglevel", "error", "-analyzeduration", "0", "-f", "flv", "-i", "pipe:0",
		"-c", "copy", "-flush_packets", "1"}
	switch protocol {
	case "rtmp":
		args = append(args, "-f", "flv", h.rtmp)
	case "srt":
		args = append(args, "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", h.srt)
	case "whip":
		pictures, err := f.pictures()
		if err != nil {
			return nil, nil, err
		}
		c, err := film(ctx, h)
		if err != nil {
			return nil, nil, err
		}
		return func(n int, _ time.Duration) error { return c.show(pictures[n%len(pictures)]) }, c.close, nil
	}
	program := exec.Command("ffmpeg", args...)
	in, err := program.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := h.run(program); err != nil {
		return nil, nil, err
	}
	send = func(n int, due time.Duration) error {
		tag := f.tag(n, due)
		if n == 0 {
			tag = append(append([]byte(nil), f.before...), tag...)
		}
		_, err := in.Write(tag)
		return err
	}
	return send, func() { _ = in.Close() }, nil // which ends ffmpeg
}

// part is one that came.
type part struct {
	last int // its last frame
	at   time.Time
}

var (
	epochOf       = regexp.MustCompile(`URI="(\d+)/0/p\d+\.m4s"`)
	independentOf = regexp.MustCompile(`URI="\d+/0/p(\d+)\.m4s"[^\n]*INDEPENDENT=YES`)
)

// follow fetches the parts of the broadcast one after the other, from its first one on: each is asked for before it is there.
func follow(ctx context.Context, h *house, n int) (all []part, err error) {
	var playlist []byte
	if err := until(ctx, "parts", func() bool {
		playlist, err = h.get("/hls/" + channel + "/0.m3u8")
		return err == nil && epochOf.Match(playlist)
	}); err != nil {
		return nil, err
	}
	epoch := string(epochOf.FindSubmatch(playlist)[1])
	frames := 0
	begins := make([]int, n) // the first frame of each part
	for seq := range n {
		b, err := h.get(fmt.Sprintf("/hls/%s/%s/0/p%d.m4s", channel, epoch, seq))
		at := time.Now()
		if err != nil {
			return nil, err
		}
		begins[seq] = frames
		if frames += samples(b); frames == begins[seq] {
			return nil, fmt.Errorf("part %d has no frames", seq)
		}
		all = append(all, part{last: frames - 1, at: at})
	}
	if playlist, err = h.get("/hls/" + channel + "/0.m3u8"); err != nil {
		return nil, err
	}
	checked := 0
	for _, found := range independentOf.FindAllSubmatch(playlist, -1) {
		seq, err := strconv.Atoi(string(found[1]))
		if err == nil && seq < n {
			if checked++; begins[seq]%keyEvery != 0 {
				return nil, fmt.Errorf("part %d begins with a key frame, and by count with frame %d: some were lost", seq, begins[seq])
			}
		}
	}
	if checked == 0 {
		return nil, errors.New("no key frame was found to check the count of frames by")
	}
	return all, nil
}

// samples counts the frames of a part: its first run says how many.
func samples(b []byte) int {
	at := bytes.Index(b, []byte("trun"))
	if at < 0 || len(b) < at+12 {
		return 0
	}
	return int(binary.BigEndian.Uint32(b[at+8:]))
}
