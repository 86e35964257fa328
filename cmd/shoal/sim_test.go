package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// simulate runs shoal sim with these arguments and returns what it prints.
func simulate(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command, err := parse(append([]string{"sim"}, args...), &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	err = command.Run(context.Background(), world{out: &out, err: &out})
	return out.String(), err
}

// small is a scenario that takes no time to speak of.
var small = []string{"--peers", "5", "--set", "warm 3s", "--set", "measure 5s"}

// TestSimJSON prints one line a run that begins with the fields that other programs rely on.
func TestSimJSON(t *testing.T) {
	out, err := simulate(t, append(small, "--json", "--seeds", "3", "--jobs", "2")...)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatal(out)
	}
	const fields = "scenario seed n copies bound late_per_million age_p50_ms age_p99_ms hops_mean dup_share control_share offload"
	for i, line := range lines {
		var got []string
		d := json.NewDecoder(strings.NewReader(line))
		for range 1 + 2*len(strings.Fields(fields)) {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.Trim(strings.TrimSpace(jsonText(token)), `"`))
		}
		var names []string
		for k := 1; k < len(got); k += 2 {
			names = append(names, got[k])
		}
		if strings.Join(names, " ") != fields || got[4] != string(rune('1'+i)) {
			t.Errorf("line %d: fields %v, seed %s", i, names, got[4])
		}
	}
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "{"
	}
	return string(text)
}

// TestSimTable prints a table, a mean, and what is inside, for a scenario in a file too.
func TestSimTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.txt")
	if err := os.WriteFile(file, []byte("# Mine.\npeers 4\nwarm 3s\nmeasure 5s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plots := filepath.Join(t.TempDir(), "plots")
	out, err := simulate(t, file, "--seeds", "2", "--detail", "--policy", "shoal,mesh", "--plot", plots)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"mine: Mine\n", "mesh ", "mean", "HAVE", "uplink"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if svg, err := os.ReadFile(filepath.Join(plots, "copies.svg")); err != nil || !bytes.Contains(svg, []byte("<svg")) {
		t.Error("no picture:", err)
	}
}

// TestSimReplay steps an engine through a tape.
func TestSimReplay(t *testing.T) {
	out, err := simulate(t, "--replay", "../../swarm/swarmtest/testdata/polluter.a.tape")
	if err != nil || !strings.Contains(out, "0 rules broken") {
		t.Error(out, err)
	}
}

// TestSimMisuse says what there is when asked for what there is not.
func TestSimMisuse(t *testing.T) {
	for _, args := range [][]string{{"n7"}, {"n8", "--set", "nonsense 1"}, {"n8", "--policy", "none"}, {"n8", "--set", "part 1h"}} {
		_, err := simulate(t, args...)
		var misuse *misuseError
		if !errors.As(err, &misuse) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if out, err := simulate(t); err != nil || !strings.Contains(out, "n1000-scarce") || !strings.Contains(out, "p2pml-live") {
		t.Error("the list lacks something:", out, err)
	}
}
