package ladder

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"shoal/server/ingest"
	"shoal/server/ingest/loop"
)

// opened is a Ladder with the real ffmpeg.
func opened(t *testing.T, spec string, meter Meter) (*Ladder, *diary) {
	t.Helper()
	s, err := ParseSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	found := found()
	if !found.Able() {
		t.Fatal("no rungs can be made here: make deps-test installs ffmpeg")
	}
	if meter == nil {
		meter = deaf{}
	}
	l := &Ladder{config: Config{Spec: s}, meter: meter, tool: found.tool, best: found.best, calm: calmFirst}
	d := &diary{t: t}
	l.log = slog.New(slog.NewTextHandler(d, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return l, d
}

// long leaves a test out that waits for a slow machine: under the race detector every one is.
func long(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
}

// diary is a log that knows which worker runs.
type diary struct {
	t       *testing.T
	mu      sync.Mutex
	process int
}

// Write is of io.Writer.
func (d *diary) Write(line []byte) (int, error) {
	if testing.Verbose() {
		d.t.Logf("%s", line)
	}
	if found := processOf.FindSubmatch(line); found != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.process, _ = strconv.Atoi(string(found[1])) // only digits matched
	}
	return len(line), nil
}

// signal signals the worker: SIGKILL is what the kernel sends when memory is short.
func (d *diary) signal(what syscall.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := syscall.Kill(d.process, what); err != nil {
		d.t.Error(err)
	}
}

// tally counts what a Meter hears.
type tally struct {
	mu      sync.Mutex
	started int
	ended   map[string]int
	rungs   int
}

func (m *tally) WorkerStarted() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
}

func (m *tally) WorkerEnded(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended == nil {
		m.ended = map[string]int{}
	}
	m.ended[why]++
}

func (m *tally) why(why string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended[why]
}

func (m *tally) RungsChanged(by int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rungs += by
}

// shore is where a Climb lands.
type shore struct {
	mu     sync.Mutex
	begun  [RungsMax]int
	fresh  [RungsMax]int
	rests  [RungsMax]int
	frames [RungsMax][]ingest.Sample
	widths [RungsMax]int
	moved  chan struct{} // holds one when something came
}

func newShore() *shore { return &shore{moved: make(chan struct{}, 1)} }

func (s *shore) note(do func()) {
	s.mu.Lock()
	do()
	s.mu.Unlock()
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

func (s *shore) Rung(n int, t ingest.Track, fresh bool) {
	s.note(func() {
		s.begun[n]++
		if fresh {
			s.fresh[n]++
		}
	})
}

func (s *shore) Sample(n int, f ingest.Sample) {
	s.note(func() { s.frames[n] = append(s.frames[n], f) })
}

func (s *shore) Rest(n int) { s.note(func() { s.rests[n]++ }) }

// until waits until ready, asked after everything that lands.
func (s *shore) until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		is := ready()
		s.mu.Unlock()
		if is {
			return
		}
		select {
		case <-s.moved:
		case <-ctx.Done():
			t.Fatalf("in vain: %s", what)
		}
	}
}

// playing is a source that plays the demo's clip in real time.
type playing struct {
	climb  *Climb
	before []byte // of each sample
	mu     sync.Mutex
	sent   []ingest.Sample
}

func (p *playing) Tracks([]ingest.Track) error { return nil }

func (p *playing) Sample(s ingest.Sample) error {
	if s.Track != 0 {
		return nil
	}
	s.Data = append(bytes.Clone(p.before), s.Data...)
	p.mu.Lock()
	p.sent = append(p.sent, s)
	p.mu.Unlock()
	p.climb.Sample(s)
	return nil
}

// up begins a climb of the demo's clip; down ends it.
func up(t *testing.T, l *Ladder, to Landing) (p *playing, down func()) {
	t.Helper()
	return upWith(t, l, to, nil)
}

// upWith is up with something before each sample.
func upWith(t *testing.T, l *Ladder, to Landing, before []byte) (p *playing, down func()) {
	t.Helper()
	b, err := os.ReadFile("../../cmd/shoal/demo/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	clip, err := loop.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	picture := Picture{Width: 640, Height: 360, Rate: 30}
	if n := l.Rungs(Spec{}, picture, RungsMax); n == 0 {
		t.Fatal("no rung fits")
	}
	c, err := l.Climb("reef", Spec{}, clip.Tracks[0], picture, RungsMax, to)
	if err != nil {
		t.Fatal(err)
	}
	p = &playing{climb: c, before: before}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = clip.Play(ctx, p) // ends with ctx
		close(ended)
	}()
	var once sync.Once
	down = func() {
		once.Do(func() {
			cancel()
			<-ended
			c.Close()
			<-c.Done()
		})
	}
	t.Cleanup(down)
	return p, down
}

// aligned checks that a rung has every picture of the source from its first one on, at the same times and with the same key
// frames, but for those that may be key frames besides.
func (s *shore) aligned(t *testing.T, n int, source []ingest.Sample, besides int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := map[time.Duration]bool{}
	shown := map[time.Duration]bool{}
	for _, f := range source {
		keys[f.PTS], shown[f.PTS] = f.Key, true
	}
	first := -1
	for i, f := range source {
		if f.DTS == s.frames[n][0].DTS {
			first = i
		}
	}
	if first < 0 {
		t.Fatalf("rung %d begins at %v, where the source decodes nothing", n, s.frames[n][0].DTS)
	}
	for i, f := range s.frames[n] {
		if f.DTS != source[first+i].DTS || !shown[f.PTS] || f.DTS > f.PTS {
			t.Fatalf("rung %d, picture %d: decoded %v, shown %v; source decoded %v", n, i, f.DTS, f.PTS, source[first+i].DTS)
		}
		if f.Key != keys[f.PTS] {
			if besides--; besides < 0 || !f.Key {
				t.Errorf("rung %d, picture %d at %v: key frame %v, the source's %v", n, i, f.PTS, f.Key, keys[f.PTS])
			}
		}
	}
}
