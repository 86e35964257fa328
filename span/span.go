package span

// Span is a stretch of time in nanoseconds.
type Span int64

// The usual units.
const (
	Nanosecond  Span = 1
	Microsecond      = 1000 * Nanosecond
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
)
