package ladder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"shoal/server/ingest"
)

const (
	// framesQueued is how many frames wait between a Climb and its worker's pipe, about two seconds; the rest stays in the past.
	framesQueued = 64
	// wordsMax bounds what is kept of a worker's complaints.
	wordsMax = 2 << 10
)

// event is what a worker says on one of its pipes, or its end.
type event struct {
	from  *worker
	rung  int           // of its own, from 0
	track *ingest.Track // the rung begins
	frame *made
	ended bool
	why   error // with ended
}

// worker is one ffmpeg child.
type worker struct {
	// set once
	cmd     *exec.Cmd
	started time.Time
	pipes   int
	first   int // the Climb's number of its first rung
	input   chan []byte
	events  chan<- event
	stopped chan struct{} // closed by stop
	stop    func()        // kills it; may be called again
}

// begin starts a worker that tells events, from where its whole end is told last.
func begin(c cage, tool string, args []string, pipes int, events chan<- event) (*worker, error) {
	w := &worker{
		cmd: exec.Command(tool, args...), started: time.Now(), pipes: pipes,
		input: make(chan []byte, framesQueued), events: events, stopped: make(chan struct{}),
	}
	w.cmd.Env = surroundings()
	words := &tail{}
	w.cmd.Stderr = words
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	var readers []*os.File
	for range pipes {
		r, p, err := os.Pipe()
		if err != nil {
			closeAll(readers)
			closeAll(w.cmd.ExtraFiles)
			_ = stdin.Close() // nothing was written
			return nil, fmt.Errorf("a pipe for the worker: %w", err)
		}
		readers, w.cmd.ExtraFiles = append(readers, r), append(w.cmd.ExtraFiles, p)
	}
	ended, err := c.start(w.cmd)
	closeAll(w.cmd.ExtraFiles) // they are the child's now
	if err != nil {
		closeAll(readers)
		_ = stdin.Close() // nothing was written
		return nil, fmt.Errorf("start %s: %w", tool, err)
	}
	w.stop = sync.OnceFunc(func() {
		close(w.stopped)
		kill(w.cmd)
	})
	go w.attend(stdin, readers, ended, words)
	return w, nil
}

// attend carries what goes in and out, until the child has ended, and says so.
func (w *worker) attend(stdin io.WriteCloser, readers []*os.File, ended <-chan error, words *tail) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var broken error
	wait.Go(func() { w.write(stdin) })
	for i, r := range readers {
		wait.Go(func() {
			err := read(r, rungOf{w, i})
			if err != nil {
				mu.Lock()
				broken = errors.Join(broken, err)
				mu.Unlock()
				w.stop() // nobody reads on: it would hang
			}
		})
	}
	err := <-ended
	w.stop() // ends the writer, and whatever the child left behind
	wait.Wait()
	closeAll(readers)
	if err != nil {
		err = fmt.Errorf("ffmpeg: %w: %s", err, words)
	}
	w.events <- event{from: w, ended: true, why: errors.Join(err, broken)} // a Climb hears everything until this
}

// write writes the queued frames, and closes the pipe when the queue is closed.
func (w *worker) write(stdin io.WriteCloser) {
	defer stdin.Close() //nolint:errcheck // the child is gone or has all
	for {
		select {
		case b, more := <-w.input:
			if !more {
				return
			}
			if _, err := stdin.Write(b); err != nil {
				return // its end is told elsewhere
			}
		case <-w.stopped:
			return
		}
	}
}

// tell tells an event unless the worker was stopped.
func (w *worker) tell(e event) {
	e.from = w
	select {
	case w.events <- e:
	case <-w.stopped:
	}
}

// rungOf is one pipe of a worker.
type rungOf struct {
	worker *worker
	rung   int
}

func (o rungOf) begins(t ingest.Track) { o.worker.tell(event{rung: o.rung, track: &t}) }
func (o rungOf) makes(m made)          { o.worker.tell(event{rung: o.rung, frame: &m}) }

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // pipes hold nothing back
	}
}

// surroundings are what of the server's environment is a worker's business: where libraries and drivers are.
func surroundings() []string {
	all := []string{} // not nil: that would be everything
	for _, name := range []string{"LD_LIBRARY_PATH", "LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			all = append(all, name+"="+value)
		}
	}
	return all
}

// tail keeps the last words of a worker. One goroutine writes; it is read after that one has ended.
type tail struct{ kept []byte }

// Write is of io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - wordsMax; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

// String is the words in one line.
func (t *tail) String() string {
	words := strings.Join(strings.Fields(string(t.kept)), " ")
	if words == "" {
		return "it said nothing"
	}
	return words
}
