package record

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What cannot be one file is told so in lists, also after a restart, and of what an earlier version sealed once it was read.
func TestWhatCannotBeOneFileIsListedSo(t *testing.T) {
	b := newBench(t, func(*Config) {})
	b.begin(1)
	b.publish(8, 1000, nil)
	b.end()
	b.begin(2)
	b.publish(8, 1000, nil)
	b.form = "other"
	b.publish(8, 1000, nil)
	clip, err := b.shelf.Cut(b.find(2), 0, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	b.end()
	if _, err := b.find(2).File(); !errors.Is(err, ErrParameters) {
		t.Errorf("of two forms: %v", err)
	}
	changed := func(when string, s *Shelf, want ...bool) {
		t.Helper()
		list := s.List(b.channel, 0)
		if len(list) != 2 || list[0].Changed != want[0] || list[1].Changed != want[1] {
			t.Errorf("%s: %+v, want %v", when, list, want)
		}
	}
	changed("when they ended", b.shelf, true, false)
	if clip.Changed {
		t.Error("a clip of its first form counts as changed")
	}
	changed("after a restart", newBenchAt(b).shelf, true, false)
	path := filepath.Join(b.dir, Key{Channel: b.channel, Epoch: 2}.dir(), sealedFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	earlier := strings.Replace(string(text), `"changed": true,`, "", 1)
	if err := os.WriteFile(path, []byte(earlier), 0o600); err != nil || earlier == string(text) {
		t.Fatalf("%s: %v", text, err)
	}
	again := newBenchAt(b)
	changed("as an earlier version sealed it", again.shelf, false, false)
	again.find(2)
	changed("once that was read", again.shelf, true, false)
}

// A file that cannot be whole is refused before its first byte, with the reason.
func TestAFileIsWholeOrRefused(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 1000, nil)
	if _, err := b.find(1).File(); !errors.Is(err, ErrGrowing) {
		t.Errorf("while the broadcast runs: %v", err)
	}
	if err := DeleteSealed(b.dir, b.channel, "1"); !errors.Is(err, ErrGrowing) {
		t.Errorf("deleted while the broadcast runs: %v", err)
	}
	if err := DeleteSealed(b.dir, b.channel, "2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted, though there is none: %v", err)
	}
	b.end()
	lost := func() bool { // the bench's media is made up: no file comes of it
		_, err := b.find(1).File()
		return errors.Is(err, ErrLost)
	}
	if lost() {
		t.Error("when it has ended, something is missing")
	}
	spool := filepath.Join(b.dir, Key{Channel: b.channel, Epoch: 1}.dir(), spoolName(1))
	is, err := os.Stat(spool)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(spool, is.Size()/2); err != nil {
		t.Fatal(err)
	}
	if !lost() {
		t.Error("half of a spool is no loss")
	}
	if err := os.Remove(spool); err != nil {
		t.Fatal(err)
	}
	if !lost() {
		t.Error("a spool that is gone is no loss")
	}
}

func FuzzDecodeTime(f *testing.F) {
	part := []byte("\x00\x00\x00\x58moof\x00\x00\x00\x10mfhd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x40traf\x00\x00\x00\x14tfdt\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07")
	if at, size := decodeTime(part); size != 8 || binary.BigEndian.Uint64(part[at:]) != 7 {
		f.Errorf("%d bytes at %d of %q", size, at, part)
	}
	f.Add(part)
	f.Add([]byte("\x00\x00\x00\x00moof"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, size := decodeTime(b); at >= 0 && (at < 12 || at+size > len(b) || string(b[at-8:at-4]) != "tfdt") {
			t.Errorf("%d bytes at %d of %x", size, at, b)
		}
	})
}
