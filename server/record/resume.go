package record

import (
	"errors"
	"io/fs"
)

// unwrittenMax bounds the recordings that wait for the disk to take their summaries. Beyond it the next start seals them, as it does all.
const unwrittenMax = 256

// remember notes a recording that is whole but for its summary.
func (r *Recorder) remember(rec *Recording, err error) {
	if !rec.sealed || len(r.unwritten) == unwrittenMax {
		return
	}
	r.unwritten = append(r.unwritten, rec)
	r.failed(err)
}

// resume goes on after an error though no part comes that would try: what waits is written, and who looks is told that there is room again.
func (r *Recorder) resume() {
	if len(r.unwritten) == 0 && (len(r.tapes) > 0 || r.Status().State != Full) || !r.rested() {
		return
	}
	for len(r.unwritten) > 0 {
		rec := r.unwritten[0]
		rec.mu.Lock()
		err := rec.settle()
		rec.mu.Unlock()
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it was deleted meanwhile
			r.failed(err)
			return
		}
		r.unwritten = r.unwritten[1:]
	}
	if len(r.tapes) == 0 {
		r.well()
	}
}
