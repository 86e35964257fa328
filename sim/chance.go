package sim

import (
	"math"

	"shoal/span"
)

// chance is SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
type chance struct{ state uint64 }

func (c *chance) next() uint64 {
	c.state += 0x9e3779b97f4a7c15
	return mix(c.state)
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit returns a number in [0, 1).
func (c *chance) unit() float64 { return unit(c.next()) }

func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// between returns a number in [lo, hi).
func (c *chance) between(lo, hi float64) float64 { return lo + (hi-lo)*c.unit() }

// span returns a time in [lo, hi).
func (c *chance) span(lo, hi span.Span) span.Span { return lo + span.Span(c.unit()*float64(hi-lo)) }

// exponential returns a time with this mean.
func (c *chance) exponential(mean span.Span) span.Span {
	return span.Span(-float64(mean) * math.Log(1-c.unit()))
}

// pair returns a number in [0, 1) that belongs to two viewers, whichever is named first.
func pair(seed uint64, a, b int32) float64 {
	if a > b {
		a, b = b, a
	}
	return unit(mix(seed ^ uint64(a)<<32 ^ uint64(b)))
}
