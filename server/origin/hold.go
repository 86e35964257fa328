package origin

import (
	"context"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/pack"
)

// await calls found, under the broadcast's lock, once p is kept, with its track; or with no part if it is not kept and
// will not come.
func (o *Origin) await(ctx context.Context, name id.Name, p segment.Part, found func(*Broadcast, *track, *stored) error) error {
	b, err := o.epoch(name, p.Epoch)
	if err != nil {
		return err
	}
	return o.hold(ctx, b, p.Track, func() (bool, error) {
		t := b.find(p.Track)
		if t == nil {
			return false, ErrNotFound
		}
		s := t.part(p.Seq)
		if s == nil && p.Seq == t.next && b.ended.IsZero() {
			return false, nil
		}
		return true, found(b, t, s)
	})
}

// hold calls ready, under b's lock, until it returns true or an error, each time that track n changed.
func (o *Origin) hold(ctx context.Context, b *Broadcast, n segment.Track, ready func() (bool, error)) error {
	done, wake, within, err := b.look(n, ready)
	if done || err != nil {
		return err
	}
	if o.held.Add(1) > HeldMax {
		o.held.Add(-1)
		return ErrBusy
	}
	defer o.held.Add(-1)
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		select {
		case <-wake:
		case <-timer.C:
			return ErrTimeout
		case <-ctx.Done():
			return ctx.Err()
		}
		if done, wake, _, err = b.look(n, ready); done || err != nil {
			return err
		}
	}
}

// look calls ready and returns what to wait for if it is not, and how long at most.
func (b *Broadcast) look(n segment.Track, ready func() (bool, error)) (done bool, wake <-chan struct{}, within time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done, err = ready(); done || err != nil {
		return done, nil, 0, err
	}
	t := b.find(n)
	if !b.ended.IsZero() || t == nil || t.window.Resting {
		return false, nil, 0, ErrNotFound
	}
	return false, t.wake, holdTargets * max(pack.DefaultSegmentTarget, t.window.SegmentTarget, t.window.Longest), nil
}
