package link

import (
	"encoding/binary"
	"net"
	"time"
)

const (
	// queueTarget is how long what goes out may wait on the line, beside the time that one datagram takes: less cannot be told from
	// chance, more is felt by others. datagramMost is such a datagram, and datagramFor what it takes at most.
	queueTarget  = 9 * time.Millisecond
	datagramMost = 1300
	datagramFor  = 40 * time.Millisecond
	// queueWindow is how long the shortest wait of late counts. Every link is asked once in checkEvery, so there are a few in it: a queue of
	// ours is in front of all of them, and one at the other end, or jitter, is not.
	queueWindow = 500 * time.Millisecond
	// judgeEvery is how often the pace is judged at most.
	judgeEvery = 100 * time.Millisecond
	// paceLeast is the slowest pace, bytes per second: the line may be another's fault.
	paceLeast = 32_000
	// growNear is by how much the pace grows a second where it failed last, growFar elsewhere, while pieces wait.
	growNear, growFar = 0.02, 0.25
	// nearly is what of the pace that failed last is far from it; and after calmFor without a queue nothing is near.
	nearly  = 0.9
	calmFor = 20 * time.Second
	// cutMost is the most that a queue takes off at once, cutPerSecond what it takes off for each second of it.
	cutMost, cutPerSecond = 0.4, 3.0
	// askedMax and pathsMax bound the questions under way, and the ways that are known.
	askedMax, pathsMax = 256, 128
	// askedFor is how long an answer is waited for.
	askedFor = 3 * time.Second
)

// pace finds how fast the line takes what is sent, by the round trips of the checks that keep connections alive: they do not wait for
// what does, so if they take longer than at best, something stands on the line. Its times are the caller's.
type pace struct {
	limit   float64 // bytes per second, 0 is none
	rate    float64 // that the line bears; 0 while nothing has told
	failed  float64 // the pace at which a queue grew last
	calm    time.Time
	judged  time.Time
	asks    map[transaction]question
	paths   map[string]*flow
	waits   []wait
	pressed bool      // something waited since judged
	since   time.Time // when bytes began to be counted
	bytes   int
	out     float64 // bytes per second of late
}

type transaction [12]byte

type question struct {
	at time.Time
	to string
}

// wait is how much longer than at best a round trip took.
type wait struct {
	at   time.Time
	took time.Duration
}

// now returns the pace in bytes per second, 0 for none.
func (p *pace) now() float64 {
	if p.rate > 0 && p.limit > 0 {
		return min(p.rate, p.limit)
	}
	return p.limit
}

// left notes that bytes went out, and whether more wait.
func (p *pace) left(now time.Time, size int, more bool) {
	p.pressed = p.pressed || more
	if p.since.IsZero() {
		p.since = now
	}
	p.bytes += size
	if took := now.Sub(p.since); took >= queueWindow {
		p.out = float64(p.bytes) / took.Seconds()
		p.since, p.bytes = now, 0
	}
}

// asked notes a check that goes out.
func (p *pace) asked(now time.Time, data []byte, to net.Addr) {
	id, answer, ok := check(data)
	if !ok || answer || p.limit == 0 {
		return
	}
	if p.asks == nil {
		p.asks = map[transaction]question{}
	}
	if len(p.asks) >= askedMax {
		for id, q := range p.asks {
			if now.Sub(q.at) > askedFor {
				delete(p.asks, id)
			}
		}
	}
	if len(p.asks) < askedMax {
		p.asks[id] = question{now, to.String()}
	}
}

// answered takes in what a check's answer tells of the line.
func (p *pace) answered(now time.Time, data []byte) {
	id, answer, ok := check(data)
	q, known := p.asks[id]
	if !ok || !answer || !known {
		return
	}
	delete(p.asks, id)
	path := p.paths[q.to]
	if path == nil {
		if p.paths == nil || len(p.paths) >= pathsMax {
			p.paths = map[string]*flow{}
		}
		path = &flow{}
		p.paths[q.to] = path
	}
	took := now.Sub(q.at)
	best := path.least(now, took.Seconds()*1000)
	p.waits = append(p.waits, wait{now, took - time.Duration(best*float64(time.Millisecond))})
	p.judge(now)
}

// judge sets the pace by the shortest wait of late.
func (p *pace) judge(now time.Time) {
	for len(p.waits) > 1 && now.Sub(p.waits[0].at) > queueWindow {
		p.waits = p.waits[1:]
	}
	took := now.Sub(p.judged)
	if took < judgeEvery {
		return
	}
	p.judged = now
	queue := p.waits[0].took
	for _, w := range p.waits {
		queue = min(queue, w.took)
	}
	target := queueTarget
	if p.out > 0 {
		target += min(time.Duration(datagramMost/p.out*float64(time.Second)), datagramFor)
	}
	pressed := p.pressed
	p.pressed = false
	ours := pressed || p.rate == 0 || p.out > p.rate/2 // who sends less than he may is not who makes others wait
	switch {
	case queue > target && !ours:
	case queue > target:
		p.calm = now
		p.failed = p.now()
		if p.out > 0 {
			p.failed = min(p.failed, p.out)
		}
		p.rate = max(p.failed*(1-min(cutMost, cutPerSecond*(queue-target).Seconds())), paceLeast)
	case p.rate > 0: // also while nothing waits: what is sold goes by what was let out, and would never be more
		grow := growFar
		if p.rate > nearly*p.failed && now.Sub(p.calm) < calmFor {
			grow = growNear
		}
		p.rate *= 1 + grow*min(took, time.Second).Seconds()*(1-float64(max(queue, 0))/float64(target))
		if p.rate > p.limit {
			p.rate = 0
		}
	}
}

// check reads a STUN binding request or its answer, relayed or not: 2 bytes of type, 2 of length, 4 that never change, 12 that name it.
func check(data []byte) (id transaction, answer, ok bool) {
	if len(data) > 4 && data[0]&0xC0 == 0x40 { // the relay's header of data, 4 bytes
		data = data[4:]
	}
	if len(data) < 20 || binary.BigEndian.Uint32(data[4:]) != 0x2112A442 {
		return id, false, false
	}
	copy(id[:], data[8:20])
	kind := binary.BigEndian.Uint16(data)
	return id, kind == 0x0101, kind == 0x0001 || kind == 0x0101
}
