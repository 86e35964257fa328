package api

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// holds counts requests that wait for media, in all and by network.
type holds struct {
	max, maxEach int // set once

	mu   sync.Mutex
	all  int                  // guarded by mu
	each map[netip.Prefix]int // guarded by mu; at most max entries
}

func newHolds(max, maxEach int) *holds {
	return &holds{max: max, maxEach: maxEach, each: make(map[netip.Prefix]int)}
}

// take admits one more request from ip, or says why not. Every take that succeeds is followed by a release.
func (h *holds) take(ip netip.Addr) *problem {
	from := network(ip)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.each[from] >= h.maxEach {
		return errManyHere
	}
	if h.all >= h.max {
		return errManyInAll
	}
	h.all++
	h.each[from]++
	return nil
}

func (h *holds) release(ip netip.Addr) {
	from := network(ip)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all--
	if h.each[from]--; h.each[from] == 0 {
		delete(h.each, from)
	}
}

// networksMax bounds the networks that a pace remembers at once (about 10 MB).
const networksMax = 50_000

// pace limits how often each network does something: a burst of a minute's worth, refilled evenly.
type pace struct {
	perMinute int              // set once
	now       func() time.Time // set once

	mu   sync.Mutex
	of   map[netip.Prefix]*rate.Limiter // guarded by mu; at most networksMax entries
	next time.Time                      // guarded by mu: when full buckets are forgotten
}

func newPace(perMinute int, now func() time.Time) *pace {
	return &pace{perMinute: perMinute, now: now, of: make(map[netip.Prefix]*rate.Limiter)}
}

// allow reports whether ip may do it once more now.
func (p *pace) allow(ip netip.Addr) bool {
	now, from := p.now(), network(ip)
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter := p.of[from]
	if limiter == nil {
		p.forget(now)
		if len(p.of) >= networksMax {
			return false // a flood from everywhere: those already here keep their pace
		}
		limiter = rate.NewLimiter(rate.Limit(float64(p.perMinute)/60), p.perMinute)
		p.of[from] = limiter
	}
	return limiter.AllowN(now, 1)
}

// forget drops the networks whose bucket is full again, once a minute or when there are too many. The caller holds mu.
func (p *pace) forget(now time.Time) {
	if now.Before(p.next) && len(p.of) < networksMax {
		return
	}
	if len(p.of) >= networksMax && now.Before(p.next.Add(-59*time.Second)) {
		return // swept less than a second ago: do not sweep for every stranger of a flood
	}
	p.next = now.Add(time.Minute)
	for from, limiter := range p.of {
		if limiter.TokensAt(now) >= float64(p.perMinute) {
			delete(p.of, from)
		}
	}
}
