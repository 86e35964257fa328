package sim

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"shoal/segment"
	"shoal/swarm"
	"shoal/swarm/tape"
)

// TestLibrary holds every scenario that is built in to be one that runs.
func TestLibrary(t *testing.T) {
	if len(Names()) < 12 {
		t.Fatal("scenarios are missing:", Names())
	}
	for _, name := range Names() {
		s, err := Named(name)
		if err != nil {
			t.Error(err)
		} else if err := s.Check(); err != nil || s.Summary == "" {
			t.Errorf("%s: %v, %q", name, err, s.Summary)
		}
	}
}

// TestWords reads back every setting as it is written.
func TestWords(t *testing.T) {
	for seed := range uint64(20) {
		s, again := Chaos(seed), Everyday()
		again.Name, again.Summary = s.Name, s.Summary
		for _, w := range s.Words() {
			if err := again.Set(w.Word + " " + w.Value); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%+v\nread back as\n%+v", s, again)
		}
	}
}

func TestBound(t *testing.T) {
	for settings, want := range map[string]float64{
		"peers 100": 1, "peers 1000; uplinks 0.4x0.25 0.4x0.75 0.2x2": 200, "peers 100; free-riders 0.5": 20, "peers 100; up-cap 0.5": 50,
	} {
		if got := neat(everyday(t, settings).Bound()); got != want {
			t.Errorf("%s: bound %v, want %v", settings, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := library.ReadFile(shelved + name + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("nat 0.5xcone\nuplinks x")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse("fuzz", text); err == nil {
			_ = s.Check()
			_ = s.Words()
		}
	})
}

// tapes are recordings that the engine's own tests keep.
const tapes = "../swarm/swarmtest/testdata/*.tape"

// TestReplay steps an engine through recorded tapes: they are not empty, and no rule is broken.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob(tapes)
	if err != nil || len(files) == 0 {
		t.Fatal("no tapes", err)
	}
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Replay(recorded)
		if err != nil || len(r.Broken) > 0 || len(r.Inputs) == 0 || len(r.Said) == 0 {
			t.Errorf("%s: %v %+v", file, err, r)
		}
	}
}

func FuzzReplay(f *testing.F) {
	files, err := filepath.Glob(tapes)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(recorded[:min(len(recorded), 4000)])
	}
	f.Add(tape.AppendFramed(tape.AppendHead(nil, swarm.Config{}), 0, swarm.Checked{Piece: segment.PiecesMax, OK: true}))
	f.Fuzz(func(t *testing.T, recorded []byte) { _, _ = Replay(recorded) })
}

// TestReplayOfALateTape steps an engine through what a recorder kept after its ring had turned: the engine misses what came
// before, and breaks no rule for all that.
func TestReplayOfALateTape(t *testing.T) {
	files, err := filepath.Glob(tapes)
	if err != nil || len(files) == 0 {
		t.Fatal("no tapes", err)
	}
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := len("shoal.tape.v1\n") + 60 // the birth; then each input behind its length
		head := recorded[:at]
		for at < len(recorded)/2 {
			at += 4 + int(binary.BigEndian.Uint32(recorded[at:]))
		}
		whole, err := Replay(recorded)
		if err != nil {
			t.Fatal(err)
		}
		late, err := Replay(slices.Concat(head, recorded[at:]))
		if err != nil || len(late.Broken) > 0 || late.Began <= whole.Began || late.Lasted != whole.Lasted {
			t.Errorf("%s: %v, from %v instead of %v, %v", file, err, late.Began, whole.Began, late.Broken)
		}
	}
}
