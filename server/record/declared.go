package record

import (
	"path/filepath"
	"strconv"
	"time"
)

const (
	// declaredMax bounds what is believed of how long segments are.
	declaredMax = time.Minute
	// declaredFile holds what is declared of segments, in milliseconds, for whoever takes in a recording that a crash broke off.
	declaredFile     = "declared"
	declaredFileSize = 16 // bytes at most
)

// declare takes over what live playlists declare of segments, so that who rewinds is told the same, and the same when the broadcast has ended: it may
// not change once it is given away (RFC 8216bis, 6.2.1), so until it is settled no playlist is. It rests before anybody is told; an error says that it
// does not.
func (r *Recording) declare(longest time.Duration) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if longest <= r.summary.Declared || longest > declaredMax {
		return nil
	}
	err = writeDurably(filepath.Join(r.dir, declaredFile), strconv.AppendInt(nil, longest.Milliseconds(), 10))
	r.summary.Declared = longest
	clear(r.rendered)
	return err
}

// declaredIn reads what was declared of a recording in a directory: 0 if nothing was, or it cannot be read.
func declaredIn(dir string) time.Duration {
	b, err := readBounded(filepath.Join(dir, declaredFile), declaredFileSize)
	if err != nil {
		return 0 // segments are then declared as long as they are
	}
	n, err := strconv.ParseUint(string(b), 10, 32)
	if declared := time.Duration(n) * time.Millisecond; err == nil && declared <= declaredMax {
		return declared
	}
	return 0
}
