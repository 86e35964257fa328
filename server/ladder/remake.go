package ladder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"shoal/server/ingest"
)

// Run is one run of a picture that is whole: its samples are there, and nobody waits for the rungs.
type Run struct {
	Source  ingest.Track
	Picture Picture
	Rungs   []Rung // at least one, and all of them smaller than the picture: they are made as they are named
	// Next returns the next sample, in decode order, from a key frame on; io.EOF behind the last one.
	Next func() (ingest.Sample, error)
	// Begins describes rung n before its frames.
	Begins func(n int, t ingest.Track) error
	// Frame is the next frame of rung n, at the source's time. It stands for the source's sample number rank, in decode order.
	Frame func(n, rank int, s ingest.Sample) error
}

// Bounds of Remake.
const (
	// underWayMax bounds the frames between a worker's input and its slowest rung: ffmpeg holds some dozens.
	underWayMax = 1024
	// remakeHung is how long a worker may give nothing at all, though it has something to do: it only gets idle processors.
	remakeHung = 5 * time.Minute
)

// Late makes rungs of what rests, with what a Ladder has found out of the machine. Its methods may be called at once.
type Late struct {
	ladder *Ladder
	spec   Spec
}

// Late returns one of another spec.
func (l *Ladder) Late(s Spec) *Late { return &Late{l, s} }

// Able reports whether it can make anything.
func (l *Late) Able() bool { return l.ladder.Able() && !l.spec.off }

// Lacking returns the rungs that a recording of a picture should have, largest first, but for those whose heights it has. Where none are named
// it lacks none if it has as many as would be chosen: they may be its publisher's own, of other heights. Nothing is
// too much: there is time. own are those named for the channel alone; the zero Spec leaves it to Late's.
func (l *Late) Lacking(own Spec, p Picture, has []int, most int) (rungs []Rung) {
	if !l.Able() || p.Width <= 0 || p.Height <= 0 {
		return nil
	}
	named := own.or(l.spec).rungs
	if len(named) == 0 {
		if named = choose(p); len(has) >= len(named) {
			return nil
		}
	}
	for _, r := range named {
		if r.Height < p.narrow() && !slices.Contains(has, r.Height) {
			rungs = append(rungs, r)
		}
	}
	return rungs[max(0, len(rungs)-most):]
}

// Remake makes the rungs of a run, while the processors have nothing better to do, and returns when they are whole. It ends with ctx.
func (l *Late) Remake(ctx context.Context, r Run) error {
	if !l.Able() {
		return ErrUnable
	}
	m := &remake{run: r, events: make(chan event)}
	for _, rung := range r.Rungs {
		m.sizes = append(m.sizes, r.Picture.fit(rung))
	}
	start, err := head(r.Source)
	if err != nil {
		return err
	}
	by := l.ladder.wayNow()
	if m.worker, err = begin(by.cage, l.ladder.tool, arguments(by.encoder, m.sizes, make([]int64, len(m.sizes))), len(m.sizes), m.events); err != nil {
		return err
	}
	m.made = make([]int, len(m.sizes))
	err = idle(m.worker.cmd.Process.Pid)
	if err == nil {
		m.waiting = start
		err = m.work(ctx)
	}
	if err != nil && !m.over {
		m.worker.stop()
		for e := range m.events {
			if e.ended {
				break
			}
		}
	}
	return err
}

// shown is when a sample of the source is shown, and by how much its run's times are earlier than its own.
type shown struct {
	at  int64 // in ticks, as the worker knows it
	pts time.Duration
}

// remake is the making of one run's rungs, by one goroutine.
type remake struct {
	run    Run
	sizes  []size
	worker *worker
	events chan event
	over   bool // the worker has ended

	waiting []byte // what the worker takes next
	closed  bool
	base    time.Duration // of the run's times
	number  uint32
	order   []shown // of the source's samples that some rung lacks, by when they are shown
	gone    int     // samples before these
	made    []int   // by rung: the rank behind its last frame
}

func (m *remake) work(ctx context.Context) error {
	hung := time.NewTimer(remakeHung)
	defer hung.Stop()
	for {
		if err := m.prepare(); err != nil {
			return err
		}
		var input chan<- []byte
		if m.waiting != nil {
			input = m.worker.input
		}
		select {
		case input <- m.waiting:
			m.waiting = nil
		case e := <-m.events:
			hung.Reset(remakeHung)
			if e.ended {
				m.over = true
				if e.why == nil && !m.closed {
					e.why = errors.New("the worker ended before its input")
				}
				return e.why
			}
			if err := m.hear(e); err != nil {
				return err
			}
		case <-hung.C:
			return fmt.Errorf("the worker gave nothing for %v", remakeHung)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// prepare reads the next sample if the worker can take one.
func (m *remake) prepare() error {
	for m.waiting == nil && !m.closed && len(m.order) < underWayMax {
		s, err := m.run.Next()
		if errors.Is(err, io.EOF) {
			m.closed = true
			close(m.worker.input)
			return nil
		}
		if err != nil {
			return err
		}
		if m.number == 0 {
			m.base = s.DTS
		}
		moved := s
		moved.DTS, moved.PTS = s.DTS-m.base, s.PTS-m.base
		if m.waiting, err = frame(moved, m.number); err != nil {
			return err
		}
		m.number++
		k := shown{toTicks(moved.PTS), s.PTS}
		at, _ := slices.BinarySearchFunc(m.order, k.at, func(o shown, at int64) int { return int(o.at - at) })
		m.order = slices.Insert(m.order, at, k)
	}
	return nil
}

// hear takes what the worker says.
func (m *remake) hear(e event) error {
	if e.track != nil {
		return m.run.Begins(e.rung, *e.track)
	}
	if e.frame == nil {
		return nil
	}
	const near = 2 // what rounding does
	at, _ := slices.BinarySearchFunc(m.order, e.frame.at-near, func(o shown, at int64) int { return int(o.at - at) })
	if at == len(m.order) || m.order[at].at > e.frame.at+near || m.gone+at < m.made[e.rung] {
		return fmt.Errorf("the worker made a picture for %v, when the source has none", fromTicks(e.frame.at))
	}
	rank, pts := m.gone+at, m.order[at].pts
	m.made[e.rung] = rank + 1
	if least := slices.Min(m.made) - m.gone; least > 0 {
		m.order = slices.Delete(m.order, 0, least)
		m.gone += least
	}
	return m.run.Frame(e.rung, rank, ingest.Sample{PTS: pts, Key: e.frame.key, Data: e.frame.data})
}
