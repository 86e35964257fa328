package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// diary notes what happened, in order.
type diary struct {
	mu    sync.Mutex
	notes []string
}

func (d *diary) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, what)
}

// task is one that runs until it is stopped and notes it.
func (d *diary) task(name string) task {
	return task{name, func(ctx context.Context) error {
		<-ctx.Done()
		d.note(name)
		return ctx.Err()
	}}
}

func TestTasksEndTopFloorFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- runAll(ctx, slog.New(slog.DiscardHandler), []task{d.task("cellar"), d.task("floor"), d.task("roof")})
		}()
		synctest.Wait()
		stop()
		if err := <-ended; err != nil || !reflect.DeepEqual(d.notes, []string{"roof", "floor", "cellar"}) {
			t.Error(err, d.notes)
		}
	})
}

func TestATaskThatEndsEndsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		broken := errors.New("broken pipe")
		err := runAll(t.Context(), slog.New(slog.DiscardHandler), []task{
			d.task("cellar"), {"the roof", func(context.Context) error { return broken }},
		})
		if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "the roof ended: ") || len(d.notes) != 1 {
			t.Error(err, d.notes)
		}
		err = runAll(t.Context(), slog.New(slog.DiscardHandler), []task{{"the roof", func(context.Context) error { return nil }}})
		if err == nil || err.Error() != "the roof ended by itself" {
			t.Error(err)
		}
	})
}

func TestASignalRestartsARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		lives := 0
		room, err := newRestartable(func() (int, error) { lives++; return lives, nil }, func(life int, ctx context.Context) error {
			<-ctx.Done()
			d.note(strings.Repeat("i", life))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		signals, ended := make(chan os.Signal), make(chan error)
		go func() { ended <- room.Run(ctx, signals, slog.New(slog.DiscardHandler)) }()
		signals <- os.Interrupt
		synctest.Wait()
		if room.get() != 2 {
			t.Errorf("life %d after one signal", room.get())
		}
		stop()
		if err := <-ended; err != nil || !reflect.DeepEqual(d.notes, []string{"i", "ii"}) {
			t.Error(err, d.notes)
		}
	})
}
