package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// task is something long-lived of a room.
type task struct {
	name string
	run  func(ctx context.Context) error
}

// runAll runs tasks until ctx ends or one of them does, then ends the others, last started first, and waits for each.
// It returns the error of the one that ended by itself.
func runAll(ctx context.Context, log *slog.Logger, tasks []task) error {
	type end struct {
		at  int
		err error
	}
	ends := make(chan end, len(tasks))
	stops := make([]context.CancelFunc, len(tasks))
	over := make([]chan struct{}, len(tasks))
	for i, t := range tasks {
		// Tasks end in order, not all at once when ctx does: what publishes ends before what it publishes to.
		taskCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		stops[i], over[i] = stop, make(chan struct{})
		go func() {
			defer close(over[i])
			ends <- end{i, t.run(taskCtx)}
		}()
	}
	var failed error
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case e := <-ends:
		failed = fmt.Errorf("%s ended: %w", tasks[e.at].name, e.err)
		if e.err == nil {
			failed = fmt.Errorf("%s ended by itself", tasks[e.at].name)
		}
	}
	for i := len(tasks) - 1; i >= 0; i-- {
		stops[i]()
		<-over[i]
	}
	close(ends)
	for e := range ends {
		if e.err != nil && !errors.Is(e.err, context.Canceled) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", tasks[e.at].name, e.err))
		}
	}
	return failed
}

// restartable is a room that a signal replaces by a new one. Those who ask in between get the old one.
type restartable[R any] struct {
	make func() (R, error)
	run  func(R, context.Context) error

	mu      sync.RWMutex
	current R // guarded by mu
}

func newRestartable[R any](make func() (R, error), run func(R, context.Context) error) (*restartable[R], error) {
	first, err := make()
	return &restartable[R]{make: make, run: run, current: first}, err
}

// get returns the room of now.
func (r *restartable[R]) get() R {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current
}

// Run runs the room, and a new one after each signal, until ctx ends or the room fails.
func (r *restartable[R]) Run(ctx context.Context, signals <-chan os.Signal, log *slog.Logger) error {
	for {
		again, err := r.once(ctx, signals)
		if err != nil || !again {
			return err
		}
		next, err := r.make()
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.current = next
		r.mu.Unlock()
		log.Info("the tracker starts anew: viewers reconnect")
	}
}

// once runs the room of now until ctx ends (again is false) or a signal comes (again is true).
func (r *restartable[R]) once(ctx context.Context, signals <-chan os.Signal) (again bool, err error) {
	roomCtx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.run(r.get(), roomCtx) }()
	select {
	case <-signals:
		stop()
		return ctx.Err() == nil, ignoreCancel(<-ended)
	case err = <-ended:
		stop()
		return false, err
	}
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
