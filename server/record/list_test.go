package record

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// Lists end, and go on behind what was told last; what they end before is told by its own name.
func TestListsGoOn(t *testing.T) {
	b := newBench(t, nil)
	b.begin(3)
	b.publish(30, 1000, nil)
	b.end()
	const clips = ListMax + 5
	for range clips {
		if _, err := b.shelf.Cut(b.find(3), 2*time.Second, 3*time.Second, ""); err != nil { // all begin at the same time
			t.Fatal(err)
		}
	}
	first, err := b.shelf.Clips(b.channel, "")
	if err != nil || len(first) != ListMax {
		t.Fatalf("%d, %v", len(first), err)
	}
	rest, err := b.shelf.Clips(b.channel, first[ListMax-1].Key.Clip)
	if err != nil || len(rest) != clips-ListMax {
		t.Fatalf("%d, %v", len(rest), err)
	}
	for _, sum := range rest {
		if slices.ContainsFunc(first, func(other Summary) bool { return other.Key == sum.Key }) {
			t.Errorf("%v is told twice", sum.Key)
		}
	}
	last := rest[len(rest)-1].Key
	if none, err := b.shelf.Clips(b.channel, last.Clip); err != nil || len(none) != 0 {
		t.Errorf("behind the last: %v, %v", none, err)
	}
	if sum, err := b.shelf.Summary(Key{Channel: b.channel, Clip: last.Clip}); err != nil || sum.Key != last {
		t.Errorf("%+v, %v", sum, err)
	}
	if err := b.shelf.Delete(last); err != nil {
		t.Fatal(err)
	}
	if _, err := b.shelf.Clips(b.channel, last.Clip); !errors.Is(err, ErrNotFound) {
		t.Errorf("behind one that was deleted: %v", err)
	}
	if _, err := b.shelf.Summary(last); !errors.Is(err, ErrNotFound) {
		t.Errorf("one that was deleted: %v", err)
	}
}

// A recording is told as it grows, from its first part on, and once it is whole.
func TestOneRecordingIsTold(t *testing.T) {
	b := newBench(t, nil)
	key := Key{Channel: b.channel, Epoch: 1}
	b.begin(1)
	if _, err := b.shelf.Summary(key); !errors.Is(err, ErrNotFound) {
		t.Errorf("before its first part: %v", err)
	}
	b.publish(8, 1000, nil)
	if sum, err := b.shelf.Summary(key); err != nil || !sum.Growing || sum.Bytes == 0 {
		t.Errorf("%+v, %v", sum, err)
	}
	b.end()
	if sum, err := b.shelf.Summary(key); err != nil || sum.Growing || sum.Bytes == 0 {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := b.shelf.Summary(Key{Channel: b.channel, Epoch: 2}); !errors.Is(err, ErrNotFound) {
		t.Errorf("one that never was: %v", err)
	}
}
