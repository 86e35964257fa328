package lab

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"time"

	"shoal/peer/door"
	"shoal/wire/signal"
)

// Place names a part as the tracker's news do.
type Place struct {
	msn   uint64
	index int
}

// Witness watches without sharing, on no line at all, and notes when the origin says that a part is published.
type Witness struct {
	mu        sync.Mutex
	published map[Place]time.Time // guarded by mu
}

// NewWitness returns one that has seen nothing yet.
func NewWitness() *Witness { return &Witness{published: map[Place]time.Time{}} }

// Published returns when each part was.
func (w *Witness) Published() map[Place]time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.published)
}

// Run notes until ctx is done.
func (w *Witness) Run(ctx context.Context, watch string) error {
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
			w.published[Place{edge.MSN, edge.Part}] = now
			w.mu.Unlock()
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Seen returns how many parts were noted.
func (w *Witness) Seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.published)
}
