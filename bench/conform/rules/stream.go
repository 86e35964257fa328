package rules

import (
	"net/http"
	"time"
)

// Answer is one request, and what came of it.
type Answer struct {
	URL    string // absolute, with its query
	Sent   time.Time
	Came   time.Time // when it was read to its end
	Status int
	Proto  string // "HTTP/2.0"
	Header http.Header
	Body   []byte // unpacked
	Packed bool   // it came in gzip
}

// Load is a media playlist that was asked for.
type Load struct {
	Answer
	Blocking bool
	MSN      uint64 // asked for, if Blocking
	Part     int    // asked for, if Blocking; negative for a whole segment
}

// Delta is a playlist that was asked for with _HLS_skip=YES, at the same time as another one without it.
type Delta struct {
	Load
	Full int // which of the rendition's Loads was asked for with the same _HLS_msn and _HLS_part
}

// Hinted is a hinted part that was asked for before it was there.
type Hinted struct {
	Answer
	Load int // which of the rendition's Loads hinted at it
}

// Late is a part or segment that was asked for when no playlist named it any more.
type Late struct {
	Answer
	Segment bool
	Gone    time.Duration // how long before Sent the playlist without it came
}

// Probe is a request that a server has to answer in one certain way.
type Probe struct {
	Answer
	Kind Kind
	Load Load // what the playlist was when it was sent
}

// Kind says what a Probe asks.
type Kind int

// What probes ask.
const (
	PartWithoutMSN Kind = iota // _HLS_part alone
	TooFar                     // an _HLS_msn three beyond the newest
	PartTooFar                 // an _HLS_part well beyond the newest
	LongGone                   // an _HLS_msn that has slid out, which is answered at once
	BeyondLast                 // a part that a finished segment does not have
	Unknown                    // a part that nobody hinted at
	AtTheEnd                   // _HLS_msn and _HLS_skip of a playlist that has ended
	Range                      // the first hundred bytes of a part
)

// Rendition is one media playlist, and what was read of it.
type Rendition struct {
	URL    string
	Loads  []Load // whole playlists, in the order in which they were asked for, one after the other
	Deltas []Delta
	Hints  []Hinted
	Lates  []Late
	Probes []Probe
}

// Stream is what a reader got of one presentation.
type Stream struct {
	Master     *Answer // nil if it began with a media playlist
	Renditions []*Rendition
	Media      map[string]Answer // init segments, parts and segments by absolute address
	// Slack is what the reader's machine may have added to what it timed.
	Slack time.Duration
}
