package ladder

import (
	"time"

	"shoal/server/ingest"
)

// Bounds on the past of a source that is kept.
const (
	pastSamplesMax = 2048
	pastBytesMax   = 32 << 20
)

// past is the source's samples, in their decode order, from a key frame on: what a worker that starts must read to go on where
// another stopped. It is not safe for concurrent use.
type past struct {
	samples []ingest.Sample
	bytes   int
	fed     int           // how many of samples the worker was given
	newest  time.Duration // the latest that any picture is shown
	delay   time.Duration // from decode to show, lately
}

// add takes the next sample. What comes before the first key frame is of no use.
func (p *past) add(s ingest.Sample) {
	if len(p.samples) == 0 && !s.Key {
		return
	}
	if len(p.samples) == pastSamplesMax || p.bytes+len(s.Data) > pastBytesMax {
		p.clear()
		if !s.Key {
			return
		}
	}
	p.samples = append(p.samples, s)
	p.bytes += len(s.Data)
	p.newest = max(p.newest, s.PTS)
}

func (p *past) clear() {
	clear(p.samples)
	p.samples, p.bytes, p.fed = p.samples[:0], 0, 0
}

// next returns the first sample that was not fed.
func (p *past) next() (s ingest.Sample, ok bool) {
	if p.fed == len(p.samples) {
		return s, false
	}
	return p.samples[p.fed], true
}

// forget drops what nobody needs who has all pictures before at: all up to the last key frame shown at or before it.
func (p *past) forget(at time.Duration) {
	from := 0
	for i, s := range p.samples[:p.fed] {
		if s.Key && s.PTS <= at {
			from = i
		}
	}
	if from == 0 {
		return
	}
	for _, s := range p.samples[:from] {
		p.bytes -= len(s.Data)
	}
	rest := copy(p.samples, p.samples[from:])
	clear(p.samples[rest:])
	p.samples = p.samples[:rest]
	p.fed -= from
}

// holds reports whether every picture from at on can be made again.
func (p *past) holds(at time.Duration) bool {
	for _, s := range p.samples {
		if s.Key {
			return s.PTS <= at
		}
	}
	return false
}

// times returns the source's times of the picture shown at about at: a picture is decoded when the source's picture of the same
// rank is, so that parts of both are cut alike.
func (p *past) times(at time.Duration) (dts, pts time.Duration) {
	const near = 2 * time.Second / ticks // what rounding does
	rank, pts := 0, at
	for _, s := range p.samples {
		switch d := s.PTS - at; {
		case d < -near:
			rank++
		case d <= near:
			pts = s.PTS
		}
	}
	if rank >= len(p.samples) {
		return pts - p.delay, pts
	}
	dts = min(p.samples[rank].DTS, pts)
	p.delay = pts - dts
	return dts, pts
}
