package live

import (
	"sync"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

// State is what may be known of a broadcast.
type State struct {
	Live          bool // an epoch is open; its publisher may be away
	Publishing    bool
	Awaited       bool // it is not live, as the end of the process before cut it off, and its publisher may still come back
	Epoch         uint64
	Started       time.Time
	Tracks        []ingest.Track // not to be changed
	Resting       segment.Tracks // rungs of which nothing is to be expected for now
	Captions      []string       // inside the pictures, as INSTREAM-ID names them; not to be changed
	BitsPerSecond int64          // of media from the publisher, lately
}

// rateSeconds is how many seconds a rate looks back on.
const rateSeconds = 5

// rate counts bytes by the second. Its methods may be called at once.
type rate struct {
	mu    sync.Mutex
	bytes [rateSeconds + 1]int64 // by second; the running one is not looked at
	first int64                  // the second of the first byte
	last  int64                  // the newest second counted
}

func (r *rate) add(now time.Time, bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	second := now.Unix()
	if r.first == 0 {
		r.first = second
	}
	r.forget(second)
	r.bytes[second%int64(len(r.bytes))] += int64(bytes)
}

// bitsPerSecond is the mean over the last rateSeconds whole seconds, or as many as there were.
func (r *rate) bitsPerSecond(now time.Time) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	second := now.Unix()
	if r.first == 0 || second <= r.first {
		return 0
	}
	r.forget(second)
	var sum int64
	for i, n := range r.bytes {
		if int64(i) != second%int64(len(r.bytes)) {
			sum += n
		}
	}
	return sum * 8 / min(rateSeconds, second-r.first)
}

// forget clears the seconds between the newest counted one and second.
func (r *rate) forget(second int64) {
	for s := max(r.last+1, second-int64(len(r.bytes))+1); s <= second; s++ {
		r.bytes[s%int64(len(r.bytes))] = 0
	}
	r.last = max(r.last, second)
}
