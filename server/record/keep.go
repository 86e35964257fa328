package record

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// What is left free on the disk for the database and everything else: reserveShare of it, at most reserveMax.
const (
	reserveShare = 20 // a twentieth
	reserveMax   = 1 << 30
)

// freeSpace returns how much of a directory's disk is free for us, and how large it is.
func freeSpace(dir string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, nil
}

// room returns ErrFull if the disk has no room for recordings.
func (r *Recorder) room() error {
	free, total, err := r.config.Free(r.config.Shelf.dir)
	if err != nil {
		return err
	}
	if free < min(total/reserveShare, reserveMax) {
		return fmt.Errorf("%w: %d MB are free", ErrFull, free>>20)
	}
	return nil
}

// prune deletes what need not be kept, and stops recording while the disk is nearly full.
func (r *Recorder) prune() {
	r.pruned = r.now()
	r.discard()
	if err := r.room(); err != nil {
		r.failed(err)
	}
}

// keepHouse deletes what earlier starts recorded when its time comes, until ctx is done.
func (r *Recorder) keepHouse(ctx context.Context) error {
	ticker := time.NewTicker(PruneEvery)
	defer ticker.Stop()
	for {
		r.discard()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// discard deletes what is too old or too much, oldest first.
func (r *Recorder) discard() {
	r.forgetVanished()
	r.trimGrowing()
	r.clearAway()
	r.discardOld()
	r.shrinkEach()
	r.shrink()
}

// shrink deletes the oldest recordings while all of them take more than they may, and then the oldest spools of what grows.
func (r *Recorder) shrink() {
	if r.config.Bytes == 0 {
		return
	}
	sealed := r.sealed()
	var all int64
	for _, s := range sealed {
		all += s.Bytes
	}
	for _, t := range r.tapes {
		all += t.rec.Summary().Bytes
	}
	for _, s := range sealed {
		if all <= r.config.Bytes {
			return
		}
		if r.remove(s, "recordings take more than keep_gb") {
			all -= s.Bytes
		}
	}
	for _, t := range r.tapes {
		for all > r.config.Bytes {
			s := t.rec.Summary()
			before := s.Started.Add(2 * spoolLasts)
			if s.Ended.Sub(before) < t.rec.rewind {
				break
			}
			freed, err := t.trim(before)
			if err != nil || freed == 0 {
				break
			}
			all -= freed
		}
	}
}

// trimGrowing keeps what grows within what is to be kept of it.
func (r *Recorder) trimGrowing() {
	for _, t := range r.tapes {
		keep := LastsMax
		if !t.keep {
			keep = t.rec.rewind
		}
		if _, err := t.trim(r.now().Add(-keep - spoolLasts)); err != nil {
			r.log().Error("old spools cannot be deleted", "err", err)
		}
	}
}

func (r *Recorder) remove(s Summary, why string) bool {
	if err := r.config.Shelf.Delete(s.Key); err != nil {
		r.log().Error("a recording cannot be deleted", "channel", s.Name, "epoch", s.Key.Epoch, "err", err)
		return false
	}
	r.log().Info("a recording is deleted", "channel", s.Name, "epoch", s.Key.Epoch, "clip", s.Key.Clip, "recorded", s.Started, "because", why)
	return true
}

// sealed returns all that nobody writes to, oldest first.
func (r *Recorder) sealed() []Summary {
	s := r.config.Shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Summary, 0, len(s.sealed))
	for _, sum := range s.sealed {
		list = append(list, sum)
	}
	slices.SortFunc(list, func(a, b Summary) int { return a.Ended.Compare(b.Ended) })
	return list
}

// forgetVanished forgets what was deleted from outside: `shoal recording delete` works beside a running server.
func (r *Recorder) forgetVanished() {
	for _, s := range r.sealed() {
		if _, err := os.Stat(r.config.Shelf.path(s.Key)); os.IsNotExist(err) {
			r.config.Shelf.forget(s.Key)
		}
	}
}

// Totals returns how many recordings and clips there are, and the bytes of their parts.
func (s *Shelf) Totals() (recordings, clips int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, sum := range s.sealed {
		if key.Clip != "" {
			clips++
		} else {
			recordings++
		}
		bytes += sum.Bytes
	}
	for _, r := range s.growing {
		recordings++
		bytes += r.Summary().Bytes
	}
	return recordings, clips, bytes
}
