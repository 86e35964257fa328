package ladder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"time"

	"shoal/server/ingest"
)

// Bounds of a Darkroom.
const (
	// StillsMax is how many key frames one worker develops: starting one costs as much as some twenty frames.
	StillsMax = 32
	// stillSideMax bounds a still's sides: no page shows a larger one.
	stillSideMax = 1280
	// oneByOneFor is how much processor time goes into finding out which frame of several is broken.
	oneByOneFor = 30 * time.Second
	// developWithin is how long one worker may take, by the clock: on a machine that has no time for it, it is given up.
	developWithin = 40 * time.Second
)

// The kinds of error of a Darkroom.
var (
	// ErrUnable says that there is no ffmpeg that works here.
	ErrUnable = errors.New("there is no ffmpeg that makes pictures here")
	// ErrNoPicture says that the key frames cannot be decoded.
	ErrNoPicture = errors.New("the key frames cannot be decoded")
)

// Darkroom makes small pictures of key frames, one worker at a time and only while the processors have nothing better to do. It
// works whatever the Ladder is told to make. Its methods may be called at once.
type Darkroom struct {
	tool string // "": it can make nothing
	cage cage
	turn chan struct{} // one place: who has it may start a worker
}

// OpenDarkroom looks for the program ("" is ffmpeg in PATH). A Darkroom without one can make nothing: that is no error.
func OpenDarkroom(ctx context.Context, tool string, log *slog.Logger) *Darkroom {
	d := &Darkroom{turn: make(chan struct{}, 1)}
	if tool == "" {
		found, err := exec.LookPath("ffmpeg")
		if err != nil {
			log.Info("there are no posters and no storyboards", "because", "there is no ffmpeg in PATH")
			return d
		}
		tool = found
	}
	c, version, err := confine(ctx, tool, false)
	if err == nil {
		if n := number(version); n > 0 && n < versionLeast {
			err = fmt.Errorf("ffmpeg %s is too old: %.1f or newer is needed", version, versionLeast)
		}
	}
	if err != nil {
		log.Info("there are no posters and no storyboards", "because", err)
		return d
	}
	d.tool, d.cage = tool, c
	return d
}

// Able reports whether it can make anything.
func (d *Darkroom) Able() bool { return d.tool != "" }

// Develop decodes key frames of one track, at most StillsMax, into pictures of a size with even sides. The pictures stand where their key frames do;
// one that cannot be decoded is nil. It waits for its turn and for idle processors, a minute and more.
func (d *Darkroom) Develop(ctx context.Context, t ingest.Track, keys [][]byte, width, height int) (all []*image.YCbCr, took time.Duration, err error) {
	if !d.Able() {
		return nil, 0, ErrUnable
	}
	if len(keys) > StillsMax || width < 2 || height < 2 || width > stillSideMax || height > stillSideMax || width%2+height%2 > 0 {
		return nil, 0, fmt.Errorf("%d stills of %dx%d: at most %d of even sides up to %d are made at once", len(keys), width, height, StillsMax, stillSideMax)
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	all = make([]*image.YCbCr, len(keys))
	made, took, err := d.work(ctx, t, keys, width, height)
	if err == nil && len(made) == len(keys) {
		copy(all, made)
		return all, took, nil
	}
	if ctx.Err() != nil || len(keys) <= 1 || errors.Is(err, context.DeadlineExceeded) {
		return all, took, errors.Join(err, ctx.Err())
	}
	for i := range keys { // some frame is broken: which one, only one at a time tells
		if took > oneByOneFor {
			break
		}
		one, more, err := d.work(ctx, t, keys[i:i+1], width, height)
		took += more
		if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			return all, took, errors.Join(err, ctx.Err())
		}
		if len(one) == 1 {
			all[i] = one[0]
		}
	}
	return all, took, nil
}

// work has one worker develop key frames. took is the processor's time.
func (d *Darkroom) work(ctx context.Context, t ingest.Track, keys [][]byte, width, height int) (made []*image.YCbCr, took time.Duration, err error) {
	input, err := reel(t, keys)
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(d.tool, developing(width, height)...)
	cmd.Env = append(surroundings(), "MALLOC_ARENA_MAX=1") // each arena would take 64 MB of addresses
	words := &tail{}
	size := width * height * 3 / 2
	out := &film{most: len(keys) * size}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, words
	ended, err := d.cage.start(cmd)
	if err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", d.tool, err)
	}
	if err := calm(cmd.Process.Pid); err != nil {
		kill(cmd)
		<-ended
		return nil, 0, err
	}
	timer := time.NewTimer(developWithin)
	defer timer.Stop()
	select {
	case err = <-ended:
	case <-timer.C:
		kill(cmd)
		<-ended
		err = context.DeadlineExceeded
	case <-ctx.Done():
		kill(cmd)
		<-ended
		err = ctx.Err()
	}
	kill(cmd) // whatever it started
	if cmd.ProcessState != nil {
		took = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	for at := 0; at+size <= len(out.b); at += size {
		made = append(made, picture(out.b[at:at+size], width, height))
	}
	if err != nil {
		return made, took, fmt.Errorf("%w: %w: %s", ErrNoPicture, err, words)
	}
	return made, took, nil
}

// reel is what the worker reads: a second for each key frame.
func reel(t ingest.Track, keys [][]byte) ([]byte, error) {
	b, err := head(t)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		at := time.Duration(i) * time.Second
		f, err := frame(ingest.Sample{DTS: at, PTS: at, Key: true, Data: key}, uint32(i))
		if err != nil {
			return nil, err
		}
		b = append(b, f...)
	}
	return b, nil
}

// developing is the worker's command line. It writes bare pictures, as JPEG wants their values: there is nothing in them to parse.
func developing(width, height int) []string {
	scale := fmt.Sprintf("scale=%d:%d:flags=area:out_range=full:out_color_matrix=bt601,format=yuv420p", width, height)
	return append(guarded("mov", nil), strings.Fields("-threads 1 -filter_threads 1 -probesize 65536 -analyzeduration 0 -f mov -i pipe:0 -map 0:v:0 -vf "+scale+
		" -fps_mode passthrough -threads 1 -f rawvideo pipe:1")...)
}

// picture is a bare picture as an image.
func picture(b []byte, width, height int) *image.YCbCr {
	luma, chroma := width*height, width*height/4
	return &image.YCbCr{
		Y: b[:luma:luma], Cb: b[luma : luma+chroma : luma+chroma], Cr: b[luma+chroma:],
		YStride: width, CStride: width / 2, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, width, height),
	}
}

// film keeps what a worker writes, up to most bytes: one that writes more is ended.
type film struct {
	b    []byte
	most int
}

// Write is of io.Writer.
func (f *film) Write(b []byte) (int, error) {
	if len(f.b)+len(b) > f.most {
		return 0, io.ErrShortBuffer
	}
	f.b = append(f.b, b...)
	return len(b), nil
}
