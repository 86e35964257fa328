package ladder

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// found is what this machine can do.
var found = sync.OnceValue(func() *Ladder {
	return Open(context.Background(), Config{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
})

var processOf = regexp.MustCompile(`process=(\d+)`)

func TestRungsOfTheDemo(t *testing.T) {
	t.Parallel()
	meter, to := &tally{}, newShore()
	l, _ := opened(t, "240p,144p@100", meter)
	p, down := up(t, l, to)
	to.until(t, "five seconds of both rungs", func() bool { return len(to.frames[0]) > 150 && len(to.frames[1]) > 150 })
	down()
	for n := range 2 {
		to.aligned(t, n, p.sent, 0)
		if missing := len(p.sent) - len(to.frames[n]); missing > 3 {
			t.Errorf("rung %d ends %d pictures early", n, missing)
		}
		if to.begun[n] != 1 || to.fresh[n] != 1 || to.rests[n] != 0 {
			t.Errorf("rung %d began %d times, %d of them fresh, and rested %d times", n, to.begun[n], to.fresh[n], to.rests[n])
		}
	}
	if to.rests[2] != 1 || to.rests[3] != 1 {
		t.Errorf("rungs that are not made: %v", to.rests)
	}
	if meter.started != 1 || meter.ended[Closed] != 1 || meter.rungs != 0 {
		t.Errorf("%+v", meter)
	}
}

// A worker that is killed is followed by another that goes on with the very next picture.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	meter, to := &tally{}, newShore()
	l, diary := opened(t, "240p,144p", meter)
	p, down := up(t, l, to)
	for kill := range 2 {
		to.until(t, "pictures", func() bool { return len(to.frames[0]) > 70*(kill+1) && len(to.frames[1]) > 70*(kill+1) })
		diary.signal(syscall.SIGKILL)
	}
	to.until(t, "pictures after two workers died", func() bool { return len(to.frames[0]) > 250 && len(to.frames[1]) > 250 })
	down()
	for n := range 2 {
		to.aligned(t, n, p.sent, 2)
		if to.begun[n] != 3 || to.fresh[n] != 1 || to.rests[n] != 0 {
			t.Errorf("rung %d began %d times, %d of them fresh, and rested %d times", n, to.begun[n], to.fresh[n], to.rests[n])
		}
	}
	if meter.started != 3 || meter.ended[Crashed] != 2 || meter.rungs != 0 {
		t.Errorf("%+v", meter)
	}
}

// A worker that stands still is ended, and followed by another that goes on with the very next picture.
func TestHungWorker(t *testing.T) {
	long(t)
	t.Parallel()
	meter, to := &tally{}, newShore()
	l, diary := opened(t, "240p,144p", meter)
	p, down := up(t, l, to)
	to.until(t, "pictures", func() bool { return len(to.frames[0]) > 130 })
	diary.signal(syscall.SIGSTOP)
	to.until(t, "pictures of the next worker", func() bool { return len(to.frames[0]) > 260 && len(to.frames[1]) > 260 })
	down()
	for n := range 2 {
		to.aligned(t, n, p.sent, 1)
	}
	if meter.ended[Hung] != 1 || meter.rungs != 0 {
		t.Errorf("%+v", meter)
	}
}

// When all rungs are too much the largest is given up, and the others go on.
func TestOverload(t *testing.T) {
	long(t)
	meter, to := &tally{}, newShore()
	l, _ := opened(t, "240p,144p", meter)
	usual := l.best.encoder.settings
	l.best.encoder.settings = func(kbit int) []string {
		if kbit < 300 {
			return usual(kbit)
		}
		return []string{"-preset", "placebo", "-tune", "zerolatency", "-threads", "1", "-refs", "16", "-me_range", "256", "-sc_threshold", "0", "-crf", "1"}
	}
	p, down := up(t, l, to)
	to.until(t, "the large rung is given up", func() bool { return to.rests[0] > 0 })
	to.mu.Lock()
	before := len(to.frames[1])
	to.mu.Unlock()
	to.until(t, "the small rung goes on", func() bool { return len(to.frames[1]) > before+120 })
	to.mu.Lock()
	large := len(to.frames[0])
	to.mu.Unlock()
	down()
	to.aligned(t, 1, p.sent, meter.started-1) // each worker begins with a key frame
	if large != len(to.frames[0]) || meter.ended[Overloaded] == 0 || meter.rungs != 0 {
		t.Errorf("the large rung went from %d pictures to %d: %+v", large, len(to.frames[0]), meter)
	}
}

func TestWithoutFfmpeg(t *testing.T) {
	for what, c := range map[string]struct{ path, tool, says string }{
		"nowhere":     {path: t.TempDir(), says: "no ffmpeg in PATH"},
		"not there":   {tool: "/nowhere/ffmpeg", says: "no such file"},
		"not ffmpeg":  {tool: "/bin/true", says: "does not say that it is ffmpeg"},
		"which fails": {tool: "/bin/false", says: "exit status 1"},
	} {
		if c.tool == "" {
			t.Setenv("PATH", c.path)
		}
		var said bytes.Buffer
		l := Open(t.Context(), Config{Tool: c.tool, Log: slog.New(slog.NewTextHandler(&said, nil))})
		if l.Able() || l.Rungs(Spec{}, Picture{Width: 1920, Height: 1080, Rate: 30}, RungsMax) != 0 || !strings.Contains(said.String(), c.says) || strings.Contains(said.String(), "ERROR") {
			t.Errorf("%s: able %v: %s", what, l.Able(), said.String())
		}
	}
}

// Captions that travel in the picture (CEA-608 in SEI messages, ANSI/SCTE 128) are in its rungs, too.
func TestCaptionsAreKept(t *testing.T) {
	t.Parallel()
	sei := []byte("\x06\x04\x0e\xb5\x00\x31GA94\x03\xc1\xff\xfc\x94\x2c\xff\x80")
	to := newShore()
	l, _ := opened(t, "144p", nil)
	_, down := upWith(t, l, to, append([]byte{0, 0, 0, byte(len(sei))}, sei...))
	to.until(t, "a second of pictures", func() bool { return len(to.frames[0]) > 30 })
	down()
	for i, f := range to.frames[0] {
		if !bytes.Contains(f.Data, []byte("GA94\x03\x41\x00\xfc\x94\x2c\xff")) {
			t.Fatalf("picture %d has no captions", i)
		}
	}
}

// What was too much is tried again later, and goes on where a segment begins.
func TestRungIsTriedAgain(t *testing.T) {
	long(t)
	t.Parallel()
	meter, to := &tally{}, newShore()
	l, _ := opened(t, "240p", meter)
	l.calm = time.Second
	usual, tries := l.best.encoder.settings, 0 // asked by the Climb's goroutine alone
	l.best.encoder.settings = func(kbit int) []string {
		if tries++; tries > 1 {
			return usual(kbit)
		}
		return []string{"-preset", "placebo", "-tune", "zerolatency", "-threads", "1", "-refs", "16", "-me_range", "256", "-sc_threshold", "0", "-crf", "1"}
	}
	p, down := up(t, l, to)
	to.until(t, "the rung is given up", func() bool { return to.rests[0] > 0 && meter.why(Overloaded) > 0 })
	to.mu.Lock()
	before := len(to.frames[0])
	to.mu.Unlock()
	to.until(t, "it is made again", func() bool { return len(to.frames[0]) > before+60 })
	down()
	to.mu.Lock()
	to.frames[0] = to.frames[0][before:]
	to.mu.Unlock()
	to.aligned(t, 0, p.sent, 0)
	if to.fresh[0] != 2 || meter.rungs != 0 {
		t.Errorf("it began %d times: %+v", to.fresh[0], meter)
	}
}

// A rung that fails for good is left to rest, keeps nothing, and is tried again later.
func TestFailingWorker(t *testing.T) {
	meter, to := &tally{}, newShore()
	l, _ := opened(t, "240p,144p", meter)
	l.tool = "/bin/false"
	p, down := up(t, l, to)
	to.until(t, "both rungs rest", func() bool { return to.rests[0] > 0 && to.rests[1] > 0 })
	down()
	if meter.ended[Crashed] != atOnceMax+1 || len(to.frames[0]) > 0 {
		t.Errorf("%+v, %d pictures", meter, len(to.frames[0]))
	}
	if kept := len(p.climb.past.samples); kept > 60 {
		t.Errorf("%d samples are kept for a worker that does not come", kept)
	}
	if wait := time.Until(p.climb.trials.at); wait <= 0 || wait > waitFirst {
		t.Errorf("the next try is in %v", wait)
	}
}
