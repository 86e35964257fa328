package swarmtest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoal/swarm/swarmtest"
)

var update = flag.Bool("update", false, "rewrite what came of each scenario, and the tapes")

const rule = "----\n"

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, want, _ := strings.Cut(string(text), rule)
			came, world, err := swarmtest.Run(script)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range world.Problems() {
				t.Error("broken rule:", p)
			}
			if again, _, _ := swarmtest.Run(script); again != came {
				t.Error("the same scenario came out differently a second time")
			}
			if *update {
				if err := os.WriteFile(file, []byte(script+rule+came), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if came != want {
				t.Errorf("came out differently; if that is right, go test ./swarm/swarmtest -update\ngot:\n%s\nwant:\n%s", came, want)
			}
		})
	}
}
