package share

import "shoal/span"

// uplink is a token bucket over bytes, in integers: what was sent and not yet earned back is counted in millionths of a
// byte, so that no rounding is lost.
type uplink struct {
	rate    int   // bytes per second
	spent   int64 // micro-bytes
	settled span.Span
}

// Rate returns the uplink in bytes per second.
func (d *Desk) Rate() int { return d.uplink.rate }

const micro = 1_000_000

// RateMax bounds the uplink in bytes per second, and idleMax the time that is counted at once: their product fits.
const (
	RateMax = 125_000_000
	idleMax = 10 * span.Second
	// debtMax bounds how long pieces are held back for what else went out: as long as sums of bytes fit.
	debtMax = 10 * span.Second
)

func (u *uplink) set(now span.Span, rate int) {
	u.settle(now)
	u.rate = min(max(rate, 0), RateMax)
}

func (u *uplink) settle(now span.Span) {
	idle := min(now-u.settled, idleMax)
	earned := int64(idle/span.Microsecond) * int64(u.rate)
	u.spent = max(0, u.spent-earned)
	u.settled = now
}

func (u *uplink) burst() int64 {
	return max(int64(u.rate)*int64(BurstFor/span.Microsecond), burstMin*micro)
}

// take spends size bytes if the allowance covers them.
func (u *uplink) take(now span.Span, size int) bool {
	u.settle(now)
	if u.rate == 0 || u.spent+int64(size)*micro > u.burst() {
		return false
	}
	u.spent += int64(size) * micro
	return true
}

// spend takes size bytes off the allowance, whether it covers them or not: they are gone.
func (u *uplink) spend(now span.Span, size int) {
	u.settle(now)
	u.spent += int64(size) * micro
	u.spent = min(u.spent, u.burst()+int64(u.rate)*int64(debtMax/span.Microsecond))
}

// when returns when take will say yes to size.
func (u *uplink) when(now span.Span, size int) span.Span {
	over := u.spent + int64(size)*micro - u.burst()
	return now + span.Span(over/int64(max(u.rate, 1))+1)*span.Microsecond
}
