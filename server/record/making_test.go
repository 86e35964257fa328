package record

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shoal/segment"
)

// came is when uploads of tests did: long after what their parts say.
var came = time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)

// A recording that is made at once is there when it is sealed, and not before; what a killed process left of one is deleted.
func TestMaking(t *testing.T) {
	b := newBench(t, nil)
	parts := b.signed(9, 6)
	key := Key{Channel: b.channel, Epoch: 9}
	dir := filepath.Join(b.dir, key.dir())
	open := func() *Shelf {
		t.Helper()
		s, err := Open(b.dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shelf := open()
	make := func() *Making {
		t.Helper()
		m, err := shelf.Make(key, "fish", "A title", came)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if err := m.Put(p[0], p[1], p[2]); err != nil {
				t.Fatal(err)
			}
		}
		return m
	}
	m := make()
	if shelf.Has(key) || len(shelf.List(b.channel, 0)) > 0 {
		t.Error("half of it is listed")
	}
	shelf = open() // the process was killed
	if _, err := os.Stat(dir + makingSuffix); !errors.Is(err, os.ErrNotExist) || shelf.Has(key) {
		t.Errorf("half of it is left: %v", err)
	}
	_ = m.tape.close()

	if err := make().Drop(); err != nil || shelf.Has(key) {
		t.Errorf("dropped: %v", err)
	}
	m = make()
	sum, err := m.Seal()
	if err != nil || sum.Title != "A title" || sum.Bytes == 0 {
		t.Fatalf("%+v %v", sum, err)
	}
	if !sum.Started.Equal(came) || !sum.Ended.Equal(came) || sum.Lasts != 3*time.Second || !sum.Chapters[0].Wall.Equal(came) {
		t.Errorf("its date is when it came: %+v", sum)
	}
	whole, err := shelf.Find(key)
	if err != nil {
		t.Fatal(err)
	}
	if clip, err := shelf.Cut(whole, 0, time.Second, "A clip"); err != nil || !clip.Started.Equal(came) {
		t.Errorf("a clip of it is of %v, %v", clip.Started, err)
	}
	if err := m.Drop(); err != nil || !shelf.Has(key) {
		t.Errorf("dropped after it was sealed: %v", err)
	}
	if _, err := shelf.Make(key, "fish", "", came); err == nil {
		t.Error("made twice")
	}
	for range 2 { // now, and after the next start
		rec, err := shelf.Find(key)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := rec.Media(0); err != nil || len(b) == 0 {
			t.Errorf("its playlist: %v", err)
		}
		shelf = open()
	}
	other := key
	other.Epoch = 10
	m, err = shelf.Make(other, "fish", "", came)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Put(parts[0][0], parts[0][1], parts[0][2]); !errors.Is(err, errForeign) {
		t.Errorf("a part of another recording: %v", err)
	}
	if err := m.Drop(); err != nil {
		t.Error(err)
	}
}

// signed returns n parts of half a second of one track, as an origin signs them: record, bytes, init segment.
func (b *bench) signed(epoch uint64, n int) (parts [][3][]byte) {
	b.begin(epoch)
	b.publish(n, 1000, func(uint64) bool { return false })
	for seq := range uint64(n) {
		parts = append(parts, b.kept[segment.Part{Epoch: epoch, Track: 0, Seq: seq}])
	}
	return parts
}

// Without room nothing is begun, and what is begun goes no further.
func TestMakingOnAFullDisk(t *testing.T) {
	b := newBench(t, nil)
	parts := b.signed(9, 2)
	shelf := b.shelf
	m, err := shelf.Make(Key{Channel: b.channel, Epoch: 9}, "fish", "", came)
	if err != nil {
		t.Fatal(err)
	}
	shelf.room = func() error { return ErrFull }
	if err := m.Put(parts[0][0], parts[0][1], parts[0][2]); !errors.Is(err, ErrFull) {
		t.Errorf("put: %v", err)
	}
	if _, err := shelf.Make(Key{Channel: b.channel, Epoch: 10}, "fish", "", came); !errors.Is(err, ErrFull) {
		t.Errorf("begun: %v", err)
	}
	if err := m.Drop(); err != nil {
		t.Error(err)
	}
}
