package pack

import "time"

// toTicks converts a time to ticks of a scale, rounding to the nearest. Seconds are taken apart first: nanoseconds
// times a scale overflow after a day.
func toTicks(d time.Duration, scale uint32) int64 {
	secs, rest := int64(d/time.Second), int64(d%time.Second)
	half := int64(time.Second / 2)
	if rest < 0 {
		half = -half
	}
	return secs*int64(scale) + (rest*int64(scale)+half)/int64(time.Second)
}

// fromTicks converts ticks of a scale to a time, rounding so that toTicks gives the ticks back.
func fromTicks(ticks int64, scale uint32) time.Duration {
	s := int64(scale)
	secs, rest := ticks/s, ticks%s
	return time.Duration(secs)*time.Second + time.Duration((rest*int64(time.Second)+s/2)/s)
}

// rescale converts ticks of one scale to ticks of another, rounding up: times never go back.
func rescale(ticks int64, from, to uint32) int64 {
	f, t := int64(from), int64(to)
	return ticks/f*t + (ticks%f*t+f-1)/f
}
