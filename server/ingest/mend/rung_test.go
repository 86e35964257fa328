package mend

import (
	"log/slog"
	"testing"
	"time"
)

// A rung is on the picture's clock, whoever comes first, and goes where that one goes; where it goes alone it is left out.
func TestRungsFollowThePicture(t *testing.T) {
	s := &oddSink{}
	m := New(s, slog.New(slog.DiscardHandler))
	why := map[int]string{}
	m.RungOut = func(n int, text string) { why[n] = text }
	for n := range 3 {
		if err := m.NALs(n, false, 4, [][]byte{testSPS, testPPS}); err != nil {
			t.Fatal(err)
		}
	}
	const frame = 40
	send := func(n int, ms uint32, key bool) {
		t.Helper()
		unit := []byte{0x41, byte(n)}
		if key {
			unit[0] = 0x65
		}
		if err := m.Picture(n, ms, 0, joinUnits([][]byte{unit})); err != nil {
			t.Fatal(err)
		}
	}
	begins := uint32(1<<32 - 800) // it wraps
	for n := range uint32(100) {
		at := begins + n*frame
		if n >= 50 {
			at += 3_600_000 // all of them jump
		}
		send(1, at, n%10 == 0)
		if n < 25 {
			send(2, at, n%10 == 0)
		} else {
			send(2, at+60_000, n%10 == 0) // this one jumps alone
		}
		send(0, at, n%10 == 0)
	}
	count := map[[2]int]int{}
	var last [3]time.Duration
	for i, x := range s.samples {
		count[[2]int{s.run[i], x.Track}]++
		if x.DTS%(frame*time.Millisecond) != 0 || x.DTS != x.PTS {
			t.Errorf("a frame of picture %d is at %v", x.Track, x.DTS)
		}
		last[x.Track] = x.DTS
	}
	if s.runs != 2 || last[0] != last[1] {
		t.Errorf("%d runs; the picture ends at %v, its rung at %v", s.runs, last[0], last[1])
	}
	// The rung's first frame behind the jump comes before the picture has jumped: it goes on with the next key frame.
	want := map[[2]int]int{{1, 0}: 50, {1, 1}: 50, {1, 2}: 25, {2, 0}: 50, {2, 1}: 40}
	for k, n := range want {
		if count[k] != n {
			t.Errorf("run %d has %d frames of picture %d, wants %d", k[0], count[k], k[1], n)
		}
	}
	if count[[2]int{2, 2}] != 0 || len(why) != 0 {
		t.Errorf("%d frames of what jumped alone; left out: %v", count[[2]int{2, 2}], why)
	}
}

// Without a first picture there is nothing that a rung could be one of.
func TestARungWithoutAPicture(t *testing.T) {
	s := &oddSink{}
	m := New(s, slog.New(slog.DiscardHandler))
	why := map[int]string{}
	m.RungOut = func(n int, text string) { why[n] = text }
	if err := m.NALs(1, false, 4, [][]byte{testSPS, testPPS}); err != nil {
		t.Fatal(err)
	}
	if err := m.Opus(0, 2); err != nil {
		t.Fatal(err)
	}
	for n := range uint32(100) {
		if err := m.Picture(1, n*40, 0, joinUnits([][]byte{{0x65, 1}})); err != nil {
			t.Fatal(err)
		}
		if err := m.Sound(0, n*40, []byte{0xfc, 1, 2}); err != nil {
			t.Fatal(err)
		}
	}
	if s.runs != 1 || len(s.samples) != 100 || why[1] == "" {
		t.Errorf("%d runs, %d samples, left out: %v", s.runs, len(s.samples), why)
	}
}
