package record

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// State is how recording goes, in one word.
type State string

// The states.
const (
	Well    State = "recording"
	Off     State = "off" // nothing is kept after a broadcast
	Full    State = "full"
	Failing State = "failing"
)

// Status says how recording goes.
type Status struct {
	State   State
	Says    string // why, for the operator
	Since   time.Time
	Stopped uint64 // times that recording stopped for want of room or another error
	Lost    uint64 // parts that are missing in recordings
}

// Status returns how recording goes.
func (r *Recorder) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// failed notes that nothing can be written now.
func (r *Recorder) failed(err error) {
	r.retry = r.now().Add(RetryEvery)
	state, says := Failing, fmt.Sprintf("recordings cannot be written: %v", err)
	if errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		state = Full
		says = "the disk is full: live goes on, recordings have stopped. Free some room, or lower keep_gb; it is tried again every half minute"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.State == state {
		return
	}
	r.status.State, r.status.Says, r.status.Since = state, says, r.now()
	r.status.Stopped++
	r.log().Error(says, "err", err)
}

// well notes that a part was written.
func (r *Recorder) well() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.State == Well || r.status.State == Off {
		return
	}
	r.log().Info("recordings go on", "stopped_for", r.now().Sub(r.status.Since))
	r.status.State, r.status.Says, r.status.Since = Well, "", r.now()
	if !r.config.Keep {
		r.status.State = Off
	}
}

func (r *Recorder) lost(parts uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Lost += parts
}
