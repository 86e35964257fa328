package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// pictureWithin is how long a picture may take from the start of an encoder, on a machine with other work.
	pictureWithin = 30 * time.Second
	// againAfter is how long an encoder that was refused waits before it tries again, as encoders do.
	againAfter = 500 * time.Millisecond
)

var errEnded = errors.New("the encoder ended")

// shown waits for a picture of a run that begins after the one before, and has it decoded: what an earlier publication left
// behind is not taken for this one's.
func (h *house) shown(ctx context.Context, name string, before picture, e *encoder) (picture, error) {
	var p picture
	err := until(ctx, pictureWithin, "a picture", func() (bool, error) {
		if e != nil {
			select {
			case err := <-e.ended:
				return false, errors.Join(errEnded, err)
			default:
			}
		}
		now, err := h.newest(ctx, name)
		if err != nil || now.part == "" || before.part != "" && !now.after(before) {
			return false, nil // not yet
		}
		p = now
		return true, nil
	})
	if err != nil {
		return p, err
	}
	return p, p.decode(ctx)
}

// publications publishes again and again to one channel: each time a new picture must come, in one broadcast.
func (h *house) publications(ctx context.Context, t *table, protocol string, times int) {
	k := h.card(protocol)
	what := "publish over " + protocol
	var last picture
	for range times {
		if ctx.Err() != nil {
			return
		}
		began := time.Now()
		e, err := h.encode(ctx, k, protocol)
		if err != nil {
			t.note(what, 0, err)
			continue
		}
		p, err := h.shown(ctx, k.Name, last, e)
		took := time.Since(began)
		e.end(os.Interrupt)
		switch {
		case err != nil:
			err = fmt.Errorf("%w\n%s", err, e.story(k))
		case last.part != "" && p.epoch != last.epoch:
			err = fmt.Errorf("the broadcast did not go on: epoch %d became %d", last.epoch, p.epoch)
		}
		t.note(what, took, err)
		if p.part != "" {
			last = p // also of one that failed: what it left behind is not the next one's
		}
	}
}

// insist publishes as an encoder does that tries again when it is refused.
func (h *house) insist(ctx context.Context, k card, protocol string, last picture) (*encoder, picture, error) {
	for deadline := time.Now().Add(pictureWithin); ; {
		e, err := h.encode(ctx, k, protocol)
		if err != nil {
			return nil, picture{}, err
		}
		p, err := h.shown(ctx, k.Name, last, e)
		if err == nil {
			return e, p, nil
		}
		e.end(os.Kill)
		if !errors.Is(err, errEnded) || time.Now().After(deadline) || ctx.Err() != nil {
			return nil, p, fmt.Errorf("%w\n%s", err, e.story(k))
		}
		time.Sleep(againAfter)
	}
}

// killPublisher kills an encoder, and another comes back: the broadcast must go on behind a discontinuity.
func (h *house) killPublisher(ctx context.Context, t *table, first, second string) {
	if ctx.Err() != nil {
		return
	}
	k := h.card("killed")
	what := fmt.Sprintf("killed over %s, back over %s", first, second)
	last, _ := h.newest(ctx, k.Name) // nothing yet, the first time
	e, p, err := h.insist(ctx, k, first, last)
	if err != nil {
		t.note(what, 0, err)
		return
	}
	before, err := h.state(ctx, k.Name)
	e.end(os.Kill)
	killed := time.Now()
	if err == nil {
		e, p, err = h.insist(ctx, k, second, p)
	}
	took := time.Since(killed)
	if err == nil {
		var after state
		if after, err = h.state(ctx, k.Name); err == nil && after.Epoch != before.Epoch {
			err = fmt.Errorf("epoch %d became %d", before.Epoch, after.Epoch)
		}
		e.end(os.Interrupt)
	}
	t.note(what, took, err)
}

// killServers kills the server while a publisher of each protocol sends, and starts it again.
func (h *house) killServers(ctx context.Context, t *table, protocols []string, times int) {
	for range times {
		if ctx.Err() != nil {
			return
		}
		var wait sync.WaitGroup
		lasts, encoders := map[string]picture{}, map[string]*encoder{}
		for _, p := range protocols {
			last, _ := h.newest(ctx, p) // nothing yet, the first time
			e, now, err := h.insist(ctx, h.card(p), p, last)
			if err != nil {
				t.note("server killed, back over "+p, 0, fmt.Errorf("before the kill: %w", err))
				continue
			}
			encoders[p], lasts[p] = e, now
		}
		h.kill()
		killed := time.Now()
		if err := h.start(ctx); err != nil {
			t.note("server killed", 0, err)
			return
		}
		for p, e := range encoders {
			wait.Go(func() {
				e.end(os.Kill) // it has lost the server, or will notice soon: whoever runs encoders starts them again
				e, _, err := h.insist(ctx, h.card(p), p, lasts[p])
				t.note("server killed, back over "+p, time.Since(killed), err)
				if err == nil {
					e.end(os.Interrupt)
				}
			})
		}
		wait.Wait()
	}
}

// cutWithin is how soon a publisher whose key was replaced must be gone.
const cutWithin = 2 * time.Second

// replaceKeys replaces the stream key while somebody publishes with it, again and again.
func (h *house) replaceKeys(ctx context.Context, t *table, protocol string, times int) {
	what := "key replaced, cut over " + protocol
	for range times {
		if ctx.Err() != nil {
			return
		}
		k := h.card(protocol)
		last, _ := h.newest(ctx, k.Name) // nothing yet, the first time
		e, _, err := h.insist(ctx, k, protocol, last)
		if err != nil {
			t.note(what, 0, err)
			continue
		}
		if err := h.learn(ctx, protocol, "rekey"); err != nil {
			t.note(what, 0, err)
			e.end(os.Kill)
			continue
		}
		replaced := time.Now()
		if overWHIP(protocol) { // it goes on though nobody listens: the server tells
			err := until(ctx, cutWithin, "the publisher is cut", func() (bool, error) { return h.alone(ctx, protocol) })
			t.note(what, time.Since(replaced), err)
			e.end(os.Kill)
			continue
		}
		select {
		case <-e.ended:
			t.note(what, time.Since(replaced), nil)
		case <-time.After(cutWithin):
			t.note(what, 0, fmt.Errorf("still publishing after %v", cutWithin))
			e.end(os.Kill)
		}
	}
}
