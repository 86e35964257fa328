package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
)

// added writes a track of n parts into an addition.
func (b *bench) added(a *Addition, track segment.Track, n int) {
	b.t.Helper()
	init, prev := []byte{'n', byte(track)}, id.Digest{1}
	for k := range n {
		data := bytes.Repeat([]byte{byte(k), byte(track)}, 50)
		m := manifest.Part{
			Channel: b.channel, Epoch: a.key.Epoch, Track: track, Seq: 1<<20 + uint64(k), Independent: k%4 == 0, Prev: prev, MSN: a.key.Epoch<<20 + uint64(k/4), Index: uint16(k % 4),
			Init: sha256.Sum256(init), WallMS: uint64(b.now.UnixMilli()), StartUS: uint64(k) * 500_000, DurationUS: 500_000,
			Length: uint32(len(data)), PieceSize: uint32(segment.PieceSize(len(data))), Hashes: []id.Digest{sha256.Sum256(data)},
		}
		record, digest, err := sign.Part(&m, b.session)
		if err == nil {
			err = a.Part(record, init, data)
		}
		prev = digest
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestAdditionsAreThereWholeOrNotAtAll(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(3, 12)
	key := Key{Channel: b.channel, Epoch: 3}
	tracks := func() int {
		n := 0
		r := b.find(3)
		for k := range segment.Track(segment.TracksMax) {
			if _, err := r.Media(k); err == nil {
				n++
			}
		}
		return n
	}
	half, err := b.shelf.Add(key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b.added(half, 2, 12)
	if err := half.w.Flush(); err != nil {
		t.Fatal(err)
	}
	if tracks() != 2 {
		t.Error("what is half made is listed")
	}
	b.open(nil) // the process was killed
	if _, err := os.Stat(filepath.Join(b.dir, key.dir(), additionFile)); !errors.Is(err, os.ErrNotExist) || tracks() != 2 {
		t.Errorf("what was half made is there after a start: %v", err)
	}

	a, err := b.shelf.Add(key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b.added(a, 2, 12)
	b.added(a, 3, 12)
	before := b.find(3).Summary().Bytes
	if err := a.Commit("auto"); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		s := b.find(3).Summary()
		if n := tracks(); n != 4 || s.Ladder != "auto" || s.Bytes != before+2*12*100 {
			t.Errorf("%d tracks, %d bytes after %d, ladder %q", n, s.Bytes, before, s.Ladder)
		}
		c, err := b.find(3).Part(3, 1<<20+5)
		if err != nil || c.Size() != 100 {
			t.Errorf("a part that was added: %v", err)
		}
	}
	check()
	b.open(nil)
	check()
	if err := b.shelf.Delete(key); err != nil {
		t.Fatal(err)
	}
	if _, err := b.shelf.Add(key, 1000); !errors.Is(err, ErrNotFound) {
		t.Errorf("what was deleted is added to: %v", err)
	}
}

func TestAnAdditionToWhatWasDeletedIsDropped(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(3, 12)
	key := Key{Channel: b.channel, Epoch: 3}
	a, err := b.shelf.Add(key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b.added(a, 2, 12)
	if err := b.shelf.Delete(key); err != nil {
		t.Fatal(err)
	}
	if err := a.Commit("auto"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, key.dir())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory is back: %v", err)
	}
}
