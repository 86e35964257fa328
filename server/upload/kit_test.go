package upload

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shoal/id"
	"shoal/server/ladder"
	"shoal/server/pack"
)

// shelf is a Press that keeps in memory.
type shelf struct {
	mu     sync.Mutex
	spare  int64
	fails  error // of Add
	epoch  uint64
	sealed map[uint64]*made
	open   int // sheets neither sealed nor dropped
}

// made is what was made of an upload.
type made struct {
	order Order
	parts []pack.Part
	shelf *shelf
	done  bool
}

func newShelf() *shelf { return &shelf{spare: 1 << 40, sealed: make(map[uint64]*made)} }

func (s *shelf) NextEpoch(context.Context, id.Channel) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	return s.epoch, nil
}

func (s *shelf) Begin(_ context.Context, o Order) (Sheet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return &made{order: o, shelf: s}, nil
}

func (s *shelf) Has(_ id.Channel, epoch uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed[epoch] != nil
}

func (s *shelf) Spare() (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spare, nil
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (m *made) Add(p pack.Part) error {
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	m.parts = append(m.parts, p)
	return m.shelf.fails
}

func (m *made) Seal() error {
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	m.done = true
	m.shelf.open--
	m.shelf.sealed[m.order.Epoch] = m
	return nil
}

func (m *made) Drop() error {
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	if !m.done {
		m.done = true
		m.shelf.open--
	}
	return nil
}

// caged are the real programs in the real cage.
type caged struct {
	errands ladder.Errands
	copied  bool // the picture, in the last run; owned by whoever works
}

func (c *caged) Ready() error { return c.errands.Ready() }

func (c *caged) Run(ctx context.Context, e Errand) error {
	errand := ladder.Errand{Program: ladder.FFmpeg, File: e.File, Memory: e.Memory, Read: e.Read}
	if e.Probe {
		errand.Program = ladder.FFprobe
	}
	if at := slices.Index(e.Args, "-c:v"); at >= 0 {
		c.copied = e.Args[at+1] == "copy"
	}
	for _, arg := range e.Args {
		errand.Args = append(errand.Args, strings.ReplaceAll(arg, Input, ladder.ErrandFile))
	}
	return c.errands.Run(ctx, errand)
}

// told are tools that say what a test wants.
type told struct {
	missing error
	run     func(ctx context.Context, e Errand) error
}

func (p *told) Ready() error { return p.missing }

func (p *told) Run(ctx context.Context, e Errand) error {
	if p.run == nil {
		return errors.New("nobody runs")
	}
	return p.run(ctx, e)
}

// says has an Errand read a text.
func says(e Errand, text string) error { return e.Read(strings.NewReader(text)) }

func needFFmpeg(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: real programs make no races")
	}
	if new(ladder.Errands).Ready() != nil {
		t.Skip("ffmpeg is not here; `make deps-test` installs it")
	}
}

var fish = id.Channel{1}

func newInbox(t testing.TB, tools Tools, press Press) *Inbox {
	t.Helper()
	dir := t.TempDir()
	return openInbox(t, dir, tools, press)
}

func openInbox(t testing.TB, dir string, tools Tools, press Press) *Inbox {
	t.Helper()
	x, err := Open(Config{Dir: dir, Tools: tools, Press: press, One: 1 << 30, Channel: 2 << 30, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// receive brings a file in.
func receive(t testing.TB, x *Inbox, name string, media []byte) string {
	t.Helper()
	r, err := x.Reserve(fish, "fish", name, int64(len(media)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := x.Write(fish, r.ID, 0, bytes.NewReader(media)); err != nil || n != int64(len(media)) {
		t.Fatalf("%d bytes written: %v", n, err)
	}
	if err := x.Received(fish, r.ID); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// worked receives a file and works on it, and says how it ended.
func worked(t testing.TB, x *Inbox, name string, media []byte) Report {
	t.Helper()
	one := receive(t, x, name, media)
	x.work(t.Context(), x.next(nil))
	r, err := x.Show(fish, one)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ffmpeg makes a file with these arguments.
func ffmpeg(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("ffmpeg", append(append([]string{"-loglevel", "error", "-y"}, args...), path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// film are ffmpeg's arguments for a picture and a tone.
func film(seconds, size string, more ...string) []string {
	return append([]string{"-f", "lavfi", "-i", "testsrc2=rate=25:size=" + size, "-f", "lavfi", "-i", "sine=r=48000", "-t", seconds, "-pix_fmt", "yuv420p"}, more...)
}

func lasts(parts []pack.Part, track int) (sum time.Duration) {
	for _, p := range parts {
		if int(p.Track) == track {
			sum += p.Duration
		}
	}
	return sum
}
