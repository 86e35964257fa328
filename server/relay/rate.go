package relay

import (
	"sync"
	"time"
)

// rate lets perSecond units pass in the long run and atOnce together. It may be used at once by many.
type rate struct {
	perSecond, atOnce int64

	mu   sync.Mutex
	owed time.Duration // guarded by mu: what must pass until all is free again
	at   time.Time     // guarded by mu
}

// take takes n units if they are free.
func (r *rate) take(now time.Time, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if past := now.Sub(r.at); past > 0 {
		r.owed, r.at = max(0, r.owed-past), now
	}
	cost := time.Duration(int64(n) * int64(time.Second) / r.perSecond)
	if r.owed+cost > time.Duration(r.atOnce*int64(time.Second)/r.perSecond) {
		return false
	}
	r.owed += cost
	return true
}

func (r *rate) idle(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Sub(r.at) >= r.owed
}

// bits returns a rate that counts bytes.
func bits(perSecond int64) *rate {
	bytes := perSecond / 8
	return &rate{perSecond: bytes, atOnce: bytes * int64(burst) / int64(time.Second)}
}
