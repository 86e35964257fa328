package ladder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// The programs that run errands.
const (
	FFmpeg  = "ffmpeg"
	FFprobe = "ffprobe"
)

// ErrNoTool says that a program is not installed.
var ErrNoTool = errors.New("ffmpeg is not installed: install it with ffprobe (Debian: apt install ffmpeg), in the PATH of the server")

// Errand is one run of a program in the cage, for another room. It has a file to read and its output to write; the cage gives it
// neither network nor privileges, nor a byte to write on a disk.
type Errand struct {
	Program string                // FFmpeg or FFprobe
	Args    []string              // File is ErrandFile in them
	File    *os.File              // what it reads, seekable; readable by all, as it may run as nobody
	Memory  uint64                // bytes of addresses at most
	Read    func(io.Reader) error // takes what it writes to its standard output, to the end; an error ends it
}

// ErrandFile is where an Errand finds its file: the descriptor that it inherits. ffmpeg 5 cannot seek in "pipe:" and has no "fd:",
// so it opens the descriptor again by this name.
const ErrandFile = "file:/dev/fd/3"

// errandNiceness makes an errand wait for everything else: nobody watches it.
const errandNiceness = 15

// Errands runs errands. The zero value is ready; its methods may be called at once.
type Errands struct {
	mu    sync.Mutex // guards the rest
	tool  string     // that the cage was tried with
	found cage
}

// Ready returns ErrNoTool if a program is missing.
func (*Errands) Ready() error {
	for _, program := range []string{FFmpeg, FFprobe} {
		if _, err := exec.LookPath(program); err != nil {
			return ErrNoTool
		}
	}
	return nil
}

// Run runs e until it ends or ctx does. A program's last words are in the error.
func (h *Errands) Run(ctx context.Context, e Errand) error {
	path, err := exec.LookPath(e.Program)
	if err != nil {
		return ErrNoTool
	}
	c, err := h.cage(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	c.lend(e.File)
	cmd := exec.Command(path, e.Args...)
	cmd.Env, cmd.ExtraFiles = surroundings(), []*os.File{e.File}
	words := &tail{}
	cmd.Stderr = words
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("a pipe for %s: %w", e.Program, err)
	}
	defer r.Close() // a pipe holds nothing back
	cmd.Stdout = w
	ended, err := c.start(cmd)
	closeAll([]*os.File{w}) // it is the child's now
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	if err := tighten(cmd.Process.Pid, e.Memory); err != nil {
		kill(cmd)
		<-ended
		return err
	}
	return attendErrand(ctx, cmd, e, r, ended, words)
}

// attendErrand reads what the child writes until it has ended.
func attendErrand(ctx context.Context, cmd *exec.Cmd, e Errand, r io.Reader, ended <-chan error, words *tail) error {
	stop := context.AfterFunc(ctx, func() { kill(cmd) })
	defer stop()
	read := e.Read(r)
	if read != nil {
		kill(cmd)
	}
	err := <-ended
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case read != nil:
		return read
	case err != nil:
		return fmt.Errorf("%s: %w: %s", e.Program, err, words)
	}
	return nil
}

// cage finds the strongest cage once.
func (h *Errands) cage(ctx context.Context) (cage, error) {
	path, err := exec.LookPath(FFmpeg)
	if err != nil {
		return cage{}, ErrNoTool
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tool == path {
		return h.found, nil
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	c, _, err := confine(ctx, path, false)
	if err != nil {
		return cage{}, err
	}
	h.tool, h.found = path, c
	return c, nil
}
