package record

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestOldRecordingsGo(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Days, c.Bytes = 10, 500_000 })
	for epoch := uint64(1); epoch <= 5; epoch++ {
		b.begin(epoch)
		b.publish(8, 10_000, nil) // 160 kB
		b.end()
		b.now = b.now.Add(4 * 24 * time.Hour)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 2 || list[0].Key.Epoch != 5 || list[1].Key.Epoch != 4 {
		t.Errorf("after ten days: %+v", list)
	}
	b.begin(6)
	b.publish(600, 1000, nil) // 5 minutes, 1.2 MB
	b.recorder.prune()
	list := b.shelf.List(b.channel, 0)
	if len(list) != 1 || list[0].Key.Epoch != 6 {
		t.Errorf("with too many bytes: %+v", list)
	}
	if err := b.shelf.Delete(Key{Channel: b.channel, Epoch: 5}); !errors.Is(err, ErrNotFound) {
		t.Errorf("it was deleted, and can be deleted: %v", err)
	}
	b.end()
	if err := Remove(b.dir, Key{Channel: b.channel, Epoch: 6}); err != nil { // from outside
		t.Fatal(err)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("deleted beside the server: %+v", list)
	}
}

// With recordings turned off what was kept for rewinding goes with the broadcast, also after a kill.
// Who turns recordings off still has those from before: they go when their time comes.
func TestOldRecordingsGoThoughNoneIsMade(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(1, 8)
	b.now = b.now.Add(11 * 24 * time.Hour)
	b.open(func(c *Config) { c.Keep, c.Rewind, c.Days = false, 0, 10 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.recorder.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("after ten days: %+v", list)
	}
	if s := b.recorder.Status(); s.State != Off {
		t.Errorf("it says %v", s)
	}
}

// What a recording got afterwards counts as what was sent does.
func TestRungsMadeAfterwardsCountForKeeping(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Bytes = 45_000 })
	b.sealed(1, 8) // 32 kB
	b.now = b.now.Add(time.Hour)
	b.sealed(2, 2) // 8 kB
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	if _, err := b.shelf.Add(Key{Channel: b.channel, Epoch: 2}, 6000); !errors.Is(err, ErrKeep) {
		t.Errorf("an older recording would go for rungs: %v", err)
	}
	a, err := b.shelf.Add(Key{Channel: b.channel, Epoch: 2}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b.added(a, 2, 60) // 6 kB
	if err := a.Commit("auto"); err != nil {
		t.Fatal(err)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 1 || list[0].Key.Epoch != 2 {
		t.Errorf("with the rungs they take too much, and there are %+v", list)
	}
}

func TestRewindingAloneKeepsNothing(t *testing.T) {
	rewind := func(c *Config) { c.Keep, c.Rewind = false, 2*time.Minute }
	b := newBench(t, rewind)
	b.begin(1)
	b.publish(1200, 1000, nil)
	b.recorder.prune()
	r := b.find(1)
	if lasts := r.Summary().Lasts; lasts < 2*time.Minute || lasts > 5*time.Minute {
		t.Errorf("%v of ten minutes are kept for rewinding two", lasts)
	}
	text, err := r.Media(0)
	if n := strings.Count(string(text), "#EXTINF"); err != nil || n < 55 || n > 60 {
		t.Errorf("%d segments in a window of two minutes, %v", n, err)
	}
	if _, err := r.Part(0, 900); !errors.Is(err, ErrNotFound) {
		t.Errorf("a part before the window: %v", err)
	}
	b.open(rewind)
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("after a kill: %+v", list)
	}
	b.begin(2)
	b.publish(8, 1000, nil)
	b.end()
	if _, err := b.shelf.Find(Key{Channel: b.channel, Epoch: 2}); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
}
