package pack

import (
	"bytes"
	"fmt"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

const (
	// partSlack is how much longer than the first part a part may be: RTMP rounds times to milliseconds.
	partSlack = 4 * time.Millisecond
	// partSamplesMax bounds the samples of a part, whatever their times say.
	partSamplesMax = 1024
	// frameGuess is the duration of a lone sample that nothing follows.
	frameGuess = time.Second / 30
)

// held is a sample in ticks of its track, in the epoch.
type held struct {
	at, pts int64
	key     bool
	data    []byte
}

// cutter makes the parts of one track.
type cutter struct {
	packer *Packer
	number segment.Track
	track  ingest.Track
	init   []byte

	limit   int64  // part target in ticks; 0 until the first part is cut
	pending []held // the part being made
	size    int    // bytes of pending
	next    int64  // no sample may be earlier
	frame   int64  // duration of the latest sample that has one

	msn      uint64
	index    int
	segStart int64
	lastKey  int64
	opened   bool // segStart is set
	parts    uint32

	discontinuity bool
	waitsForKey   bool

	rung        bool // made of another track: see Packer.Describe
	waitsForCut bool // what comes does not go on where the rung stopped
}

func newCutter(p *Packer, number segment.Track, t ingest.Track) (*cutter, error) {
	c := &cutter{packer: p, number: number, track: t, msn: p.cuts[0].msn, waitsForKey: t.Kind == segment.Video}
	if IsRung(t) {
		c.rung, c.waitsForKey, c.waitsForCut = true, false, true
		c.track.TimeScale = rungScale
		return c, nil
	}
	if t.Codec == nil || t.TimeScale == 0 {
		return nil, fmt.Errorf("track %d has no codec or no time scale", number)
	}
	var err error
	c.init, err = c.initFor(t)
	return c, err
}

// initFor returns the init segment for t: the present slice if its bytes are the same.
func (c *cutter) initFor(t ingest.Track) ([]byte, error) {
	b, err := marshalInit(t)
	if err != nil {
		return nil, fmt.Errorf("track %d: %w", c.number, err)
	}
	if bytes.Equal(b, c.init) {
		return c.init, nil
	}
	return b, nil
}

// restart begins a run: the newest segment is the track's.
func (c *cutter) restart(t ingest.Track, init []byte, broken bool) {
	if t.TimeScale != c.track.TimeScale {
		c.next = rescale(c.next, c.track.TimeScale, t.TimeScale)
		c.limit = rescale(c.limit, c.track.TimeScale, t.TimeScale)
		c.frame = 0
	}
	if init != nil {
		c.track, c.init = t, init
	}
	c.waitsForCut = c.rung
	c.msn, c.index, c.opened = c.packer.newestCut().msn, 0, false
	c.discontinuity = c.discontinuity || broken
	c.waitsForKey = t.Kind == segment.Video && !c.rung
}

// end is when the track's last sample ends, as far as known.
func (c *cutter) end() time.Duration {
	end := c.next
	if n := len(c.pending); n > 0 {
		end = c.pending[n-1].at + c.nominal()
	}
	return fromTicks(end, c.track.TimeScale)
}

// heard is until when the track has been heard of: a track that said nothing yet counts from the run's start.
func (c *cutter) heard() time.Duration { return max(c.end(), c.packer.base) }

// nominal is the duration to suppose for the newest sample.
func (c *cutter) nominal() int64 {
	if c.frame > 0 {
		return c.frame
	}
	return toTicks(frameGuess, c.track.TimeScale)
}

// shown is when a sample is shown, or decoded if that is later. Segments begin there: a rung made of a track with B-frames has none.
func (c *cutter) shown(h held) time.Duration { return fromTicks(max(h.at, h.pts), c.track.TimeScale) }

func (c *cutter) starts(h held) bool { return h.key || c.track.Kind == segment.Audio }

func (c *cutter) write(s ingest.Sample) error {
	scale := c.track.TimeScale
	h := held{at: toTicks(s.DTS+c.packer.offset, scale), pts: toTicks(s.PTS+c.packer.offset, scale), key: s.Key, data: s.Data}
	if partOverhead(1)+len(h.data) > segment.PartSizeMax {
		return fmt.Errorf("a %v frame of %d bytes is larger than a part may be (%d): lower the bitrate",
			c.track.Kind, len(h.data), segment.PartSizeMax)
	}
	h.at = max(h.at, c.next)
	c.next = h.at + 1
	c.packer.noteGroup(c, s, h.at)
	c.waitsForKey = false
	if n := len(c.pending); n > 0 {
		c.frame = h.at - c.pending[n-1].at
	}
	if !c.opened {
		c.open(h)
	}
	if err := c.makeRoom(h); err != nil {
		return err
	}
	if h.key {
		c.lastKey = h.at
	}
	c.pending = append(c.pending, h)
	c.size += len(h.data)
	return nil
}

// open places the track's first sample of a run.
func (c *cutter) open(h held) {
	if newest, ok := c.packer.cutBefore(c.shown(h), c.msn); ok {
		c.msn = newest.msn
	}
	c.segStart, c.lastKey, c.opened = h.at, h.at, true
}

// makeRoom emits what must not share a part with h.
func (c *cutter) makeRoom(h held) error {
	full := false
	if n := len(c.pending); n > 0 {
		c.settle(h.at)
		if c.limit > 0 && h.at-c.pending[0].at > c.limit && n > 1 { // the newest lasted longer than supposed
			if err := c.emit(n-1, c.pending[n-1].at, false); err != nil {
				return err
			}
		}
		full = c.limit > 0 && h.at-c.pending[0].at+c.frame > c.limit
	}
	if msn, ok := c.packer.segmentOf(c, h, full); ok {
		if err := c.emit(len(c.pending), h.at, true); err != nil {
			return err
		}
		c.msn, c.index, c.segStart = msn, 0, h.at
		return nil
	}
	n := len(c.pending)
	if full || n >= partSamplesMax || partOverhead(n+1)+c.size+len(h.data) > segment.PartSizeMax {
		return c.emit(n, h.at, false)
	}
	return nil
}

// settle fixes the part target once enough frames are known: the least whole number of them that lasts PartTarget, so
// that parts of a steady track are all alike and none is under 85 % of the target.
func (c *cutter) settle(end int64) {
	if c.limit > 0 {
		return
	}
	scale := c.track.TimeScale
	n, lasts := int64(len(c.pending)), end-c.pending[0].at
	target, slack := toTicks(c.packer.config.PartTarget, scale), toTicks(partSlack, scale)
	frames := max(1, (target*n-lasts/20+lasts-1)/lasts) // ceil(target/frame), forgiving a twentieth of a frame
	if n >= frames {
		c.limit = max(lasts, lasts*frames/n) + slack
	}
}

// cutAt applies a segment start that became known after samples behind it came.
func (c *cutter) cutAt(k cut) error {
	if c.msn >= k.msn || !c.opened {
		return nil
	}
	for i, h := range c.pending {
		if c.shown(h) < k.at || !c.starts(h) {
			continue
		}
		if err := c.emit(i, h.at, true); err != nil {
			return err
		}
		c.msn, c.index, c.segStart = k.msn, 0, h.at
		return nil
	}
	return nil
}

// flush ends the run's last segment.
func (c *cutter) flush() error { return c.drain(true) }

// flushPending emits what a silent track has left.
func (c *cutter) flushPending() error { return c.drain(false) }

func (c *cutter) drain(last bool) error {
	n := len(c.pending)
	if n == 0 {
		return nil
	}
	end := c.pending[n-1].at + c.nominal()
	if c.limit > 0 && n > 1 && end-c.pending[0].at > c.limit {
		end = max(c.pending[n-1].at+1, c.pending[0].at+c.limit)
	}
	c.next = end
	return c.emit(n, end, last)
}

// emit makes a part of the first n pending samples; it ends at end.
func (c *cutter) emit(n int, end int64, last bool) error {
	if n == 0 {
		return nil
	}
	samples := c.pending[:n]
	lasts := end - samples[0].at
	scale := c.track.TimeScale
	if c.limit == 0 { // cut early: suppose that what is known goes on
		frame := max(1, lasts/int64(n))
		c.limit = max(toTicks(c.packer.config.PartTarget, scale), frame) + min(frame, toTicks(frameGuess, scale)) + toTicks(partSlack, scale)
	}
	if c.track.Kind == segment.Video && !c.rung {
		c.packer.groups.measure(fromTicks(lasts, scale), n)
	}
	data, err := marshalPart(c.track, c.parts, samples, end)
	if err != nil {
		return fmt.Errorf("track %d: %w", c.number, err)
	}
	first := samples[0].pts
	for _, h := range samples {
		first = min(first, h.pts)
	}
	start := fromTicks(samples[0].at, scale)
	part := Part{
		Track: c.number, MSN: c.msn, Index: c.index,
		Independent: c.starts(samples[0]), Discontinuity: c.discontinuity, Last: last,
		Target: (fromTicks(c.limit, scale) + time.Millisecond - 1).Truncate(time.Millisecond),
		Start:  start, Duration: fromTicks(end, scale) - start,
		Wall: c.packer.wall.Add(fromTicks(first, scale) - c.packer.base),
		Init: c.init, Data: data,
	}
	c.parts++
	c.index++
	c.discontinuity = false
	rest := copy(c.pending, c.pending[n:])
	clear(c.pending[rest:])
	c.pending = c.pending[:rest]
	c.size = 0
	for _, h := range c.pending {
		c.size += len(h.data)
	}
	return c.packer.emit(part)
}
