package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"shoal/peer/door"
	"shoal/wire/signal"
)

// place names a part as the tracker's news do.
type place struct {
	msn   uint64
	index int
}

// witness watches without sharing, on no line at all, and notes when the origin says that a part is published.
type witness struct {
	mu        sync.Mutex
	published map[place]time.Time // guarded by mu
}

// run notes until ctx is done.
func (w *witness) run(ctx context.Context, watch string) error {
	at, err := door.Parse(watch)
	if err != nil {
		return err
	}
	pass, err := at.Join(ctx, http.DefaultClient, door.Watch)
	if err != nil {
		return err
	}
	err = door.Talk(ctx, http.DefaultClient, pass, nil, func(_ context.Context, f door.Frame) {
		if edge, ok := f.Message.(signal.Edge); ok {
			now := time.Now()
			w.mu.Lock()
			w.published[place{edge.MSN, edge.Part}] = now
			w.mu.Unlock()
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// seen returns how many parts were noted.
func (w *witness) seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.published)
}
