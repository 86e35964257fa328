package ladder

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	// askWithin is how long ffmpeg may take to name its version.
	askWithin = 5 * time.Second
	// tryWithin is how long a trial may take: a machine that is slower makes no rungs.
	tryWithin = 6 * time.Second
	// The picture of a trial, and how many of it.
	trialWidth, trialHeight = 640, 360
	trialFrames             = 60
	trialKbit               = 700
	// versionLeast knows -fps_mode.
	versionLeast = 5.1
)

// find finds the program, the strongest cage it runs in, an encoder that works and how fast it is. Where that is in hardware it
// finds one in software, too.
func (l *Ladder) find(ctx context.Context) (err error) {
	if l.tool = l.config.Tool; l.tool == "" {
		if l.tool, err = exec.LookPath("ffmpeg"); err != nil {
			return errors.New("there is no ffmpeg in PATH: install it for smaller rungs, or say --ladder off")
		}
	}
	plain, version, err := confine(ctx, l.tool, false)
	if err != nil {
		return err
	}
	if n := number(version); n > 0 && n < versionLeast {
		return fmt.Errorf("ffmpeg %s is too old: %.1f or newer is needed", version, versionLeast)
	}
	var failed []string
	for _, e := range encoders() {
		w, err := l.probe(ctx, plain, e)
		switch {
		case err != nil:
			failed = append(failed, e.name)
			l.log.Debug("an encoder does not work here", "encoder", e.name, "err", err)
		case !l.best.there():
			l.best = w
		case !e.hardware:
			l.spare = w
		}
		if w.there() && !e.hardware {
			break
		}
	}
	if !l.best.there() {
		return fmt.Errorf("ffmpeg %s has no encoder for H.264 that works here: install one with libx264", version)
	}
	l.log.Info("smaller rungs can be made", "ffmpeg", version, "encoder", l.best.encoder.name, "if_it_fails", l.spare.encoder.name,
		"not_here", strings.Join(failed, " "), "megapixels_per_second", int(l.best.capacity/1e6),
		"protections_missing", strings.Join(l.best.cage.missing(), ", "))
	return nil
}

// probe tries an encoder. One in hardware whose drivers keep files where nobody looks for them runs without rules for files: the
// log tells.
func (l *Ladder) probe(ctx context.Context, plain cage, e encoder) (way, error) {
	c, err := plain, error(nil)
	if e.hardware {
		if c, _, err = confine(ctx, l.tool, true); err != nil {
			return way{}, err
		}
	}
	speed, err := try(ctx, c, l.tool, e)
	if err != nil && e.hardware && c.unlock() {
		speed, err = try(ctx, c, l.tool, e)
	}
	if err != nil {
		return way{}, err
	}
	w := way{cage: c, encoder: e, capacity: speed * share}
	if !e.hardware {
		w.capacity *= float64(max(1, runtime.NumCPU()/encodeThreads)) // the trial kept so many busy
	}
	return w, nil
}

// confine returns the strongest cage in which the program runs.
func confine(ctx context.Context, tool string, devices bool) (c cage, version string, err error) {
	for _, c := range cages(devices) {
		if version, err = ask(ctx, c, tool); err == nil {
			return c, version, nil
		}
	}
	return cage{}, "", err
}

var versionOf = regexp.MustCompile(`^ffmpeg version (\S+)`)

// ask has the program name its version.
func ask(ctx context.Context, c cage, tool string) (string, error) {
	cmd := exec.Command(tool, "-version")
	cmd.Env = surroundings()
	var out opening
	cmd.Stdout = &out
	ended, err := c.start(cmd)
	if err != nil {
		return "", fmt.Errorf("start %s: %w", tool, err)
	}
	timer := time.NewTimer(askWithin)
	defer timer.Stop()
	select {
	case err = <-ended:
	case <-timer.C:
		kill(cmd)
		<-ended
		return "", fmt.Errorf("%s does not answer", tool)
	case <-ctx.Done():
		kill(cmd)
		<-ended
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s -version: %w", tool, err)
	}
	found := versionOf.FindSubmatch(out.kept)
	if found == nil {
		return "", fmt.Errorf("%s does not say that it is ffmpeg", tool)
	}
	return string(found[1]), nil
}

// opening keeps the first words of a program. One goroutine writes; it is read after that one has ended.
type opening struct{ kept []byte }

// Write is of io.Writer.
func (o *opening) Write(b []byte) (int, error) {
	o.kept = append(o.kept, b[:min(len(b), wordsMax-len(o.kept))]...)
	return len(b), nil
}

// number is the version as a number, 0 if it is none: who builds from source has names instead.
func number(version string) float64 {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "n"), ".")
	minor := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	n, err := strconv.ParseFloat(major+"."+minor, 64)
	if err != nil {
		return 0
	}
	return n
}

// try encodes a little and returns how many pixels a second were.
func try(ctx context.Context, c cage, tool string, e encoder) (speed float64, err error) {
	events := make(chan event)
	w, err := begin(c, tool, trial(e, trialWidth, trialHeight, trialKbit), 1, events)
	if err != nil {
		return 0, err
	}
	go func() {
		defer close(w.input)
		for n := range trialFrames {
			select {
			case w.input <- drawn(n):
			case <-w.stopped:
				return
			}
		}
	}()
	timer := time.NewTimer(tryWithin)
	defer timer.Stop()
	var first, last time.Time
	frames, keys, late := 0, 0, false
	for {
		select {
		case e := <-events:
			switch {
			case e.frame != nil:
				if last = time.Now(); frames == 0 {
					first = last
				}
				frames++
				if e.frame.key {
					keys++
				}
			case e.ended:
				return judge(frames, keys, last.Sub(first), errors.Join(e.why, ctx.Err()), late)
			}
		case <-timer.C:
			late = true
			w.stop()
		case <-ctx.Done():
			w.stop()
			for e := range events {
				if e.ended {
					return 0, ctx.Err()
				}
			}
		}
	}
}

func judge(frames, keys int, took time.Duration, err error, late bool) (float64, error) {
	switch {
	case late:
		return 0, fmt.Errorf("%d frames took longer than %v", trialFrames, tryWithin)
	case err != nil:
		return 0, err
	case frames != trialFrames || keys == 0 || took <= 0:
		return 0, fmt.Errorf("%d frames of %d came, %d of them key frames", frames, trialFrames, keys)
	}
	return float64((frames-1)*trialWidth*trialHeight) / took.Seconds(), nil
}

// drawn is frame n of a trial: texture that moves, which is neither the easiest nor the hardest to encode.
func drawn(n int) []byte {
	b := make([]byte, trialWidth*trialHeight*3/2)
	for y := range trialHeight {
		for x := range trialWidth {
			cell := uint32((x+3*n)/8*7919 + (y+n)/8*104729)
			cell ^= cell >> 7
			b[y*trialWidth+x] = byte(64 + cell*2654435761>>25 + uint32(x+y)/16)
		}
	}
	for i := trialWidth * trialHeight; i < len(b); i++ {
		b[i] = 128
	}
	return b
}
