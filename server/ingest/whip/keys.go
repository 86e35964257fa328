package whip

import "time"

// Bounds on asking for key frames. Every segment begins with one.
const (
	// keyEvery is after how long without a key frame one is asked for: a little more than encoders with a frame every 2 s take.
	keyEvery = 2200 * time.Millisecond
	// askEvery is the least time between two requests.
	askEvery = 400 * time.Millisecond
)

// wantsKey tells whether a key frame is to be asked for now, and supposes that it is.
func (p *publication) wantsKey(now time.Duration) bool {
	if !p.wanted[picture] || !p.waits && now-p.lastKey < keyEvery || p.asked && now-p.lastAsk < askEvery {
		return false
	}
	p.asked, p.lastAsk = true, now
	return true
}
