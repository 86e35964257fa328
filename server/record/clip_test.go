package record

import (
	"errors"
	"testing"
	"time"
)

// A clip of what grows, and of what is sealed, is whole segments; what is asked beyond what there is, is refused.
func TestClipsAreCutAtSegments(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Rewind = 0 })
	b.begin(3)
	b.publish(30, 1000, nil) // 15 s: seven whole segments of 2 s, and half of one
	last, err := b.shelf.Cut(b.find(3), -3*time.Second, 0, "live")
	if err != nil || last.Lasts != 4*time.Second || last.Title != "live" || last.Key.Epoch != 3 {
		t.Errorf("%+v, %v", last, err)
	}
	before, err := b.shelf.Cut(b.find(3), -9*time.Second, -6*time.Second, "")
	if err != nil || before.Lasts != 4*time.Second || !before.Ended.Before(last.Ended) {
		t.Errorf("%+v, %v", before, err)
	}
	if err := b.shelf.MayCut(b.find(3), -40*time.Second, -20*time.Second); !errors.Is(err, ErrRange) {
		t.Errorf("before there was anything: %v", err)
	}
	if err := DeleteSealed(b.dir, b.channel, before.Key.Clip); err != nil {
		t.Fatal(err)
	}
	b.end()
	middle, err := b.shelf.Cut(b.find(3), 5*time.Second, 6500*time.Millisecond, "")
	if err != nil || middle.Lasts != 4*time.Second {
		t.Errorf("%+v, %v", middle, err)
	}
	for from, to := range map[time.Duration]time.Duration{20 * time.Second: 21 * time.Second, 2: 1, 0: ClipMax + 1} {
		if _, err := b.shelf.Cut(b.find(3), from, to, ""); !errors.Is(err, ErrRange) {
			t.Errorf("from %v to %v: %v", from, to, err)
		}
		if err := b.shelf.MayCut(b.find(3), from, to); !errors.Is(err, ErrRange) {
			t.Errorf("whether it may be cut from %v to %v: %v", from, to, err)
		}
	}
	again := newBenchAt(b)
	clip, err := again.shelf.Find(Key{Channel: b.channel, Clip: middle.Key.Clip})
	if err != nil {
		t.Fatal(err)
	}
	again.same(clip, 8, 16)
	if _, err := clip.Part(0, 7); !errors.Is(err, ErrNotFound) {
		t.Errorf("more than was cut is there: %v", err)
	}
	if list, err := again.shelf.Clips(b.channel, ""); len(list) != 2 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
	again.free = 0
	if _, err := again.shelf.Cut(again.find(3), 0, time.Second, ""); !errors.Is(err, ErrFull) {
		t.Errorf("a clip on a full disk: %v", err)
	}
	if err := again.shelf.MayCut(again.find(3), 0, time.Second); !errors.Is(err, ErrFull) {
		t.Errorf("whether one may be cut on a full disk: %v", err)
	}
	again.free = 1 << 40
	again.shelf.clipBytes = 10_000 // there are two of 8,000 and more
	if _, err := again.shelf.Cut(again.find(3), 0, time.Second, ""); !errors.Is(err, ErrMany) {
		t.Errorf("a third clip: %v", err)
	}
	if list, err := SealedClips(b.dir, b.channel); err != nil || len(list) != 2 || list[0].Key.Clip != last.Key.Clip || list[0].Title != "live" || list[1].Key.Epoch != 3 {
		t.Errorf("without a shelf: %+v, %v", list, err)
	}
	if list, err := Sealed(b.dir, b.channel); err != nil || len(list) != 1 || list[0].Key.Clip != "" {
		t.Errorf("recordings beside clips: %+v, %v", list, err)
	}
	if err := DeleteSealed(b.dir, b.channel, middle.Key.Clip); err != nil {
		t.Fatal(err)
	}
	if err := DeleteSealed(b.dir, b.channel, "../"+middle.Key.Clip); !errors.Is(err, ErrNotFound) {
		t.Errorf("another directory: %v", err)
	}
}
