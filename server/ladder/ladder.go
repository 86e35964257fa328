package ladder

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"shoal/id"
	"shoal/server/ingest"
)

// share is how much of the machine's capacity all Climbs together may plan to take: the rest is for the live, its viewers, and
// scenes that are harder than the trial's.
const share = 0.5

// Why a worker ended, as a Meter hears it.
const (
	Closed     = "closed"     // its broadcast had no more for it
	Crashed    = "crashed"    // by itself
	Hung       = "hung"       // it took and gave nothing
	Overloaded = "overloaded" // it fell behind
	Changed    = "changed"    // other rungs are to be made
)

// Meter counts. Its methods never block and may be called at once.
type Meter interface {
	WorkerStarted()
	WorkerEnded(why string)
	// RungsChanged says by how much the number of rungs that are being made changed.
	RungsChanged(by int)
}

// Config is what a Ladder needs.
type Config struct {
	Spec  Spec
	Tool  string // the program; "" looks for ffmpeg in PATH
	Meter Meter  // may be nil
	Log   *slog.Logger
}

// Ladder makes rungs of pictures. Its methods may be called at once.
type Ladder struct {
	// set once
	config Config
	log    *slog.Logger
	meter  Meter
	tool   string        // "": nothing is made
	best   way           // what was found first
	spare  way           // in software, if best is not; no encoder: there is none
	calm   time.Duration // the first wait before a rung that was too much is tried again

	mu     sync.Mutex // guards the rest
	taken  float64    // of the capacity, by all Climbs
	broken time.Time  // until then best is not tried again
}

// Open looks for ffmpeg, finds out what it can do here, and says so in the log. A Ladder that can make nothing makes nothing:
// that is no error.
func Open(ctx context.Context, c Config) *Ladder {
	l := &Ladder{config: c, log: c.Log, meter: c.Meter, calm: calmFirst}
	if l.log == nil {
		l.log = slog.Default()
	}
	if l.meter == nil {
		l.meter = deaf{}
	}
	if c.Spec.off {
		return l
	}
	if err := l.find(ctx); err != nil {
		l.tool = ""
		l.log.Info("viewers get the picture in the publisher's quality only", "because", err)
	}
	return l
}

// Able reports whether it can make anything.
func (l *Ladder) Able() bool { return l.tool != "" }

// Rungs returns how many rungs it would make of a picture now, at most most: none if there is nothing smaller that is worth it, or
// no room on this machine. own are those named for the channel alone; the zero Spec leaves it to Config.
func (l *Ladder) Rungs(own Spec, p Picture, most int) int { return len(l.sizes(own, p, most)) }

func (l *Ladder) sizes(own Spec, p Picture, most int) []size {
	if !l.Able() || most <= 0 {
		return nil
	}
	spec := own.or(l.config.Spec)
	sizes := spec.sizes(p)
	if len(sizes) > most {
		sizes = sizes[len(sizes)-most:]
	}
	if len(spec.rungs) > 0 { // the operator knows; if not, what is too much is given up while it runs
		return sizes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return affordable(p, sizes, l.way(time.Now()).capacity-l.taken)
}

func (l *Ladder) take(cost float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken += cost
}

// Climb begins to make rungs of one run of a broadcast's picture, as many as Rungs says and at most most, and tells to of them.
// It never waits. The caller closes it.
func (l *Ladder) Climb(channel id.Name, own Spec, source ingest.Track, p Picture, most int, to Landing) (*Climb, error) {
	sizes := l.sizes(own, p, most)
	start, err := head(source)
	if err != nil {
		return nil, err
	}
	c := newClimb(l, l.log.With("channel", string(channel)), p, sizes, most, start, to)
	l.take(cost(p, sizes))
	go c.run()
	if len(sizes) > 0 {
		l.log.Info("smaller rungs are made of the picture", "channel", string(channel), "source", fmt.Sprintf("%dx%d", p.Width, p.Height), "rungs", words(sizes))
	}
	return c, nil
}

func words(sizes []size) string {
	var all []string
	for _, s := range sizes {
		all = append(all, fmt.Sprintf("%dx%d at %d kbit/s", s.width, s.height, s.kbit))
	}
	return strings.Join(all, ", ")
}

// deaf counts nothing.
type deaf struct{}

func (deaf) WorkerStarted()     {}
func (deaf) WorkerEnded(string) {}
func (deaf) RungsChanged(int)   {}
