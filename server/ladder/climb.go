package ladder

import (
	"log/slog"
	"reflect"
	"sync/atomic"
	"time"

	"shoal/server/ingest"
)

const (
	// samplesQueued is how many samples wait for a Climb, two seconds and more: they are taken at once unless it is told of
	// something by who hears it.
	samplesQueued = 256
	// lookEvery is how often a Climb looks whether all is well.
	lookEvery = 250 * time.Millisecond
	// drainMax is how long a worker may take for its last frames.
	drainMax = 500 * time.Millisecond
)

// Landing hears of the rungs of one Climb, from one goroutine, which waits for it.
type Landing interface {
	// Rung describes rung n (0 is the largest) before its samples. fresh says that what comes does not go on where the rung
	// stopped: it begins with a key frame, somewhere.
	Rung(n int, t ingest.Track, fresh bool)
	// Sample is the next frame of rung n, at the source's times.
	Sample(n int, s ingest.Sample)
	// Rest says that nothing is to be expected of rung n for now.
	Rest(n int)
}

// rung is one of a Climb's.
type rung struct {
	codec   any           // of its last description
	next    time.Duration // what it has made all before
	some    bool          // it has made anything
	resting bool
}

// Climb makes the rungs of one run of a picture.
type Climb struct {
	// set once
	ladder  *Ladder
	log     *slog.Logger
	picture Picture
	sizes   []size // largest first
	most    int    // rungs that were asked for
	head    []byte
	to      Landing
	in      chan ingest.Sample
	lost    atomic.Bool // samples were dropped
	closing chan struct{}
	done    chan struct{}

	// owned by run
	way    way
	past   past
	events chan event
	worker *worker // nil while none runs
	ended  string  // why the worker was ended by us
	number uint32  // of its input's fragments
	first  int     // the rungs from here on are made
	rungs  []rung
	trials trials
	said   time.Time // when the worker last made a frame
}

func newClimb(l *Ladder, log *slog.Logger, p Picture, sizes []size, most int, head []byte, to Landing) *Climb {
	return &Climb{
		ladder: l, way: l.wayNow(), log: log, picture: p, sizes: sizes, most: most, head: head, to: to,
		in: make(chan ingest.Sample, samplesQueued), closing: make(chan struct{}), done: make(chan struct{}),
		events: make(chan event), rungs: make([]rung, len(sizes)),
	}
}

// Sample hands over the next sample of the source, in its decode order. It never waits; the sample is not changed.
func (c *Climb) Sample(s ingest.Sample) {
	select {
	case c.in <- s:
	default:
		c.lost.Store(true)
	}
}

// Close says that no sample follows. What is under way is still told for a moment; Done tells when it was.
func (c *Climb) Close() { close(c.closing) }

// Done is closed when nothing more will be told.
func (c *Climb) Done() <-chan struct{} { return c.done }

func (c *Climb) run() {
	defer close(c.done)
	defer c.ladder.take(-cost(c.picture, c.sizes)) // before Done: the next run wants it
	for n := len(c.sizes); n < c.most; n++ {
		c.to.Rest(n)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case s := <-c.in:
			if c.lost.Swap(false) { // what follows cannot be decoded before the next key frame
				c.past.clear()
				c.end(Overloaded)
			}
			c.remember(s)
			c.start()
			c.give()
		case e := <-c.events:
			c.hear(e)
			c.give()
		case <-look.C:
			c.look()
			c.start()
			c.give()
		case <-c.closing:
			c.drain()
			return
		}
	}
}

// remember keeps a sample for the worker that runs or is about to start. If none is, one that starts later begins with the key
// frame before.
func (c *Climb) remember(s ingest.Sample) {
	if s.Key && c.waits(time.Now()) {
		c.past.clear()
	}
	if len(c.sizes) > 0 {
		c.past.add(s)
	}
}

// waits reports whether no worker is to be started now.
func (c *Climb) waits(now time.Time) bool {
	return c.worker == nil && (c.first == len(c.sizes) || now.Before(c.trials.at))
}

// start starts a worker if there should be one.
func (c *Climb) start() {
	now := time.Now()
	if c.worker != nil || len(c.past.samples) == 0 || c.waits(now) {
		return
	}
	sizes := c.sizes[c.first:]
	from := make([]int64, len(sizes))
	for i := range sizes {
		r := &c.rungs[c.first+i]
		if !r.some || !c.past.holds(r.next) {
			r.some, r.next = false, c.past.samples[0].PTS
		}
		from[i] = toTicks(r.next)
	}
	w, err := begin(c.way.cage, c.ladder.tool, arguments(c.way.encoder, sizes, from), len(sizes), c.events)
	if err != nil {
		c.log.Warn("rungs cannot be made", "err", err)
		c.way = c.ladder.fails(c.way, c.log)
		c.failed(now)
		return
	}
	w.first = c.first
	c.worker, c.ended, c.past.fed, c.number, c.said = w, "", 0, 0, now
	c.log.Debug("a worker makes rungs", "process", w.cmd.Process.Pid, "rungs", len(sizes))
	c.ladder.meter.WorkerStarted()
	c.ladder.meter.RungsChanged(len(sizes))
	w.input <- c.head // the queue is empty
}

// give hands the worker what it can take.
func (c *Climb) give() {
	if c.worker == nil {
		return
	}
	for len(c.worker.input) < cap(c.worker.input) {
		s, ok := c.past.next()
		if !ok {
			return
		}
		c.past.fed++
		b, err := frame(s, c.number)
		if err != nil {
			c.log.Warn("a picture is left out of the rungs", "err", err)
			continue
		}
		c.number++
		c.worker.input <- b // there is room, and nobody else fills it
	}
}

// hear takes what the worker says.
func (c *Climb) hear(e event) {
	if e.ended {
		c.over(e.why)
		return
	}
	n := e.from.first + e.rung
	r := &c.rungs[n]
	if e.track != nil {
		fresh := !r.some || !reflect.DeepEqual(r.codec, e.track.Codec)
		r.codec = e.track.Codec
		c.to.Rung(n, *e.track, fresh)
		return
	}
	dts, pts := c.past.times(fromTicks(e.frame.at))
	c.said = time.Now()
	if pts < r.next {
		return // it was made before
	}
	r.some, r.resting, r.next = true, false, pts+time.Second/ticks
	c.to.Sample(n, ingest.Sample{DTS: dts, PTS: pts, Key: e.frame.key, Data: e.frame.data})
	c.past.forget(c.least())
}

// least is up to where all rungs that are made are whole.
func (c *Climb) least() time.Duration {
	least := c.past.newest
	for _, r := range c.rungs[c.first:] {
		least = min(least, r.next)
	}
	return least
}

// over is the end of a worker, however it came.
func (c *Climb) over(why error) {
	now := time.Now()
	lasted := now.Sub(c.worker.started)
	c.worker.stop()
	c.ladder.meter.RungsChanged(-c.worker.pipes)
	c.worker = nil
	if c.ended == "" {
		c.ended = Crashed
	}
	c.ladder.meter.WorkerEnded(c.ended)
	if c.ended == Closed || c.ended == Changed {
		return
	}
	c.log.Warn("the worker that makes rungs has ended", "because", c.ended, "after", lasted.Round(time.Millisecond), "err", why)
	if c.ended == Overloaded {
		c.yield(now)
		return
	}
	if lasted < steadyAfter {
		c.way = c.ladder.fails(c.way, c.log)
	}
	c.failed(now)
}

// failed plans the next start. Viewers of the rungs are sent elsewhere unless it comes at once.
func (c *Climb) failed(now time.Time) {
	if c.trials.failed(now) > 0 {
		c.rest(c.first, len(c.rungs))
	}
}

// rest sends the viewers of some rungs elsewhere.
func (c *Climb) rest(from, to int) {
	for n := from; n < to; n++ {
		if r := &c.rungs[n]; !r.resting {
			r.resting = true
			c.to.Rest(n)
		}
	}
}

// end ends the worker for a reason.
func (c *Climb) end(why string) {
	if c.worker != nil && c.ended == "" {
		c.ended = why
		c.worker.stop()
	}
}

// drain lets the worker say its last.
func (c *Climb) drain() {
	for len(c.in) > 0 {
		c.past.add(<-c.in)
	}
	if c.worker == nil {
		return
	}
	c.ended = Closed
	timer := time.NewTimer(drainMax)
	defer timer.Stop()
	open := true
	for c.worker != nil {
		c.give()
		if open && c.past.fed == len(c.past.samples) {
			open = false
			close(c.worker.input)
		}
		select {
		case e := <-c.events:
			c.hear(e)
		case <-timer.C:
			c.worker.stop()
		}
	}
}
