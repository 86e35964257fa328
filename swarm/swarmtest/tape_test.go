package swarmtest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoal/id"
	"shoal/swarm"
	"shoal/swarm/swarmtest"
	"shoal/swarm/tape"
)

// tapes are the recordings that every body must answer alike: web/engine replays them through the WASM build.
var tapes = map[string]string{"polluter": "a", "leaver": "b"}

// TestTapes records a peer of some scenarios, and holds the recording in testdata to it.
func TestTapes(t *testing.T) {
	for scenario, peer := range tapes {
		text, err := os.ReadFile("testdata/" + scenario + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := strings.Cut(string(text), rule)
		_, world, err := swarmtest.Run(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range world.Nodes() {
			if n.Name == peer {
				golden(t, "testdata/"+scenario+"."+peer+".tape", n.Tape)
				golden(t, "testdata/"+scenario+"."+peer+".outputs", n.Outputs)
			}
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the engine answers differently than when it was recorded; if that is right, run with -update", file)
	}
}

// TestReplay answers every tape as recorded: nothing but the inputs decides the outputs.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.tape")
	if err != nil || len(files) == 0 {
		t.Fatal("no tapes", err)
	}
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".tape") + ".outputs")
		if err != nil {
			t.Fatal(err)
		}
		got, err := swarmtest.Replay(recorded)
		if err != nil {
			t.Fatal(file, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: replayed differently", file)
		}
	}
}

// FuzzEngine feeds an engine that is in mid-swarm any inputs at all: it must not panic, nor lose its bearings.
func FuzzEngine(f *testing.F) {
	recorded, err := os.ReadFile("testdata/polluter.a.tape")
	if err != nil {
		f.Fatal(err)
	}
	config, records, err := tape.SplitFile(recorded)
	if err != nil {
		f.Fatal(err)
	}
	var first [][]byte
	for record := range records {
		first = append(first, bytes.Clone(record))
	}
	f.Add(uint16(10), []byte{})
	for _, skip := range []int{20, 100, 300} {
		var some []byte
		for _, record := range first[skip : skip+20] {
			some = append(append(some, byte(len(record)>>8), byte(len(record))), record...)
		}
		f.Add(uint16(skip), some)
	}
	f.Fuzz(func(t *testing.T, prime uint16, data []byte) {
		engine := swarm.New(config)
		for _, record := range first[:min(int(prime), len(first))] {
			now, in, err := tape.ParseInput(record)
			if err != nil {
				t.Fatal(err)
			}
			engine.Step(now, in, nil)
		}
		for len(data) > 2 {
			n := min(int(data[0])<<8|int(data[1]), len(data)-2)
			now, in, err := tape.ParseInput(data[2 : 2+n])
			data = data[2+n:]
			if err != nil {
				continue
			}
			for _, o := range engine.Step(now, in, nil) {
				if s, ok := o.(swarm.Say); ok && s.Peer == id.Origin {
					t.Fatal("spoke to the origin as to a peer")
				}
			}
			if at, ok := engine.Wake(); ok && at <= 0 {
				t.Fatal("wants to be woken before its birth")
			}
		}
	})
}
