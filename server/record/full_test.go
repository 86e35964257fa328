package record

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A recording that ends while the disk takes nothing is sealed as soon as it does, and the status does not wait for the next broadcast.
func TestWhatEndsOnAFullDiskIsSealedLater(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	sealed := filepath.Join(b.dir, b.channel.String(), "1", sealedFile)
	blocked := filepath.Join(sealed+".new", "blocked")
	if err := os.MkdirAll(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	b.free = 1 << 20
	b.recorder.prune()
	b.recorder.end(b.channel)
	if _, err := os.Stat(sealed); err == nil || b.find(1).Summary().Lasts != 4*time.Second {
		t.Fatalf("it is sealed (%v), or is not there", err)
	}
	b.free = 1 << 40
	for _, state := range []State{Failing, Well} { // there is room, but the file cannot be made yet; then it can
		b.now = b.now.Add(RetryEvery)
		b.recorder.tick()
		if s := b.recorder.Status(); s.State != state {
			t.Fatalf("%+v, want %s", s, state)
		}
		if err := os.RemoveAll(filepath.Dir(blocked)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(sealed); err != nil {
		t.Error(err)
	}
	b.begin(2)
	b.publish(8, 5000, nil)
	b.free = 1 << 20
	b.recorder.prune()
	b.recorder.end(b.channel)
	b.free, b.now = 1<<40, b.now.Add(RetryEvery)
	b.recorder.tick()
	if s := b.recorder.Status(); s.State != Well {
		t.Errorf("nothing is live, there is room, and it is %+v", s)
	}
}

func TestAFullDiskStopsRecordingsAndSaysSo(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	b.free = 1 << 20
	b.recorder.prune()
	if s := b.recorder.Status(); s.State != Full || s.Stopped != 1 || !strings.Contains(s.Says, "the disk is full") {
		t.Errorf("%+v", s)
	}
	b.publish(80, 5000, nil)
	if s := b.find(1).Summary(); s.Lasts != 4*time.Second {
		t.Errorf("on a full disk %v are recorded", s.Lasts)
	}
	for part := range b.kept { // the origin forgets, too
		if part.Seq >= 8 && part.Seq < 70 {
			delete(b.kept, part)
		}
	}
	b.free = 1 << 40
	b.now = b.now.Add(RetryEvery)
	b.publish(8, 5000, nil)
	if s := b.recorder.Status(); s.State != Well || s.Lost != 2*62 {
		t.Errorf("with room again: %+v", s)
	}
	b.end()
	text, err := b.find(1).Media(0)
	if err != nil || strings.Count(string(text), "#EXT-X-GAP") != 16 { // segments 2 to 16 were never there, and half of 17
		t.Errorf("%v, the hole is not named as 16 gaps:\n%s", err, text)
	}
	b.same(b.find(1), 70, 96)
}

// A write that fails half-way leaves nothing of itself.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(4, 5000, nil)
	tape := b.recorder.tapes[b.channel]
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	least := was
	least.Cur = uint64(tape.size + 7000) // one more part fits, and half of the next
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &least); err != nil {
		t.Skip("no bound on files here:", err)
	}
	b.publish(2, 5000, nil)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if s := b.recorder.Status(); s.State != Failing || s.Stopped != 1 {
		t.Errorf("%+v", s)
	}
	b.now = b.now.Add(RetryEvery)
	b.publish(2, 5000, nil)
	if s := b.recorder.Status(); s.State != Well || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	b.end()
	again := newBenchAt(b)
	again.same(again.find(1), 0, 8)
}
