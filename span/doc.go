// Package span is time as the pure rooms count it.
//
// What it is: a stretch of time in nanoseconds, as time.Duration is. A type of its own because package time, with its
// clocks and zones, would make the browser's engine a tenth larger, and because a room that cannot import it cannot
// read a clock.
// Who calls it: the pure rooms; bodies convert: span.Span(d) and time.Duration(s).
// What it owns: nothing.
// What it will never do: know what time it is.
package span
