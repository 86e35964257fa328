package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"shoal/sim"
	"shoal/span"
	"shoal/swarm"
	"shoal/swarm/tape"
)

func main() {
	scenario := flag.String("scenario", "n100", "the scenario in which a viewer is recorded")
	viewer := flag.Int("viewer", 40, "which viewer, in the order of coming")
	seconds := flag.Int("seconds", 60, "how long, in virtual time")
	passes := flag.Int("passes", 5, "how often the tape is stepped through each engine, in turn")
	wasm := flag.String("wasm", "web/engine/engine.wasm", "the engine for browsers")
	flag.Parse()
	if err := run(*scenario, *viewer, *seconds, *passes, *wasm); err != nil {
		fmt.Fprintln(os.Stderr, "bench/engine:", err)
		os.Exit(1)
	}
}

func run(scenario string, viewer, seconds, passes int, wasm string) error {
	recorded, media, err := record(scenario, viewer, seconds)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "shoal-engine-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "viewer.tape")
	if err := os.WriteFile(file, recorded, 0o600); err != nil {
		return err
	}
	var native, fresh, browser []float64
	var cost cost
	for range passes {
		if cost, err = step(recorded); err != nil {
			return err
		}
		native = append(native, cost.nanoseconds)
		first, warm, err := stepWASM(wasm, file)
		if err != nil {
			return err
		}
		fresh, browser = append(fresh, first), append(browser, warm)
	}
	n, f, w := middle(native), middle(fresh), middle(browser)
	fmt.Printf("viewer %d of %s, %d s: %d steps, %.0f a megabyte of media that it was given\n", viewer, scenario, seconds, cost.steps, float64(cost.steps)/media)
	fmt.Printf("%-34s %8.0f ns a step   %5.1f allocations, %5.0f bytes\n", "native", n, cost.allocations, cost.bytes)
	fmt.Printf("%-34s %8.0f ns a step   %5.1f times native (Node, with the border)\n", "WebAssembly", w, w/n)
	fmt.Printf("%-34s %8.0f ns a step   %5.1f times native\n", "the same, while it is translated", f, f/n)
	fmt.Printf("(the middle of %d passes in turn)\n", passes)
	return nil
}

// record runs a scenario and returns the tape of one viewer, and the megabytes of media that it was given while it lasted.
func record(name string, viewer, seconds int) (recorded []byte, media float64, err error) {
	s, err := sim.Named(name)
	if err != nil {
		return nil, 0, err
	}
	s.Warm, s.Measure = 0, span.Span(seconds)*span.Second
	n := sim.New(s, sim.Policies()[0], 1)
	n.Record(viewer)
	n.Run()
	if recorded = n.Tape(); recorded == nil {
		return nil, 0, fmt.Errorf("viewer %d never came to %s", viewer, name)
	}
	return recorded, given(recorded) / 1e6, nil
}

// given returns the bytes of the pieces that a tape says were good.
func given(recorded []byte) (sum float64) {
	_, records, err := tape.SplitFile(recorded)
	if err != nil {
		return 0
	}
	sizes := map[swarm.Checked]int{}
	for r := range records {
		_, in, err := tape.ParseInput(r)
		if err != nil {
			return sum
		}
		switch in := in.(type) {
		case swarm.Arrived:
			sizes[swarm.Checked{Part: in.Part, Piece: in.Piece, From: in.From, OK: true}] = in.Size
		case swarm.Checked:
			sum += float64(sizes[in])
		}
	}
	return sum
}

// cost is what a step takes, on average.
type cost struct {
	steps                           int
	nanoseconds, allocations, bytes float64
}

// step steps a new engine through a tape. Reading the tape is not counted.
func step(recorded []byte) (c cost, err error) {
	config, records, err := tape.SplitFile(recorded)
	if err != nil {
		return c, err
	}
	type heard struct {
		now span.Span
		in  swarm.Input
	}
	var all []heard
	for r := range records {
		now, in, err := tape.ParseInput(r)
		if err != nil {
			return c, err
		}
		all = append(all, heard{now, in})
	}
	engine := swarm.New(config)
	var out []swarm.Output
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	for _, h := range all {
		out = engine.Step(h.now, h.in, out[:0])
		clear(out)
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	steps := float64(len(all))
	return cost{
		len(all), float64(took.Nanoseconds()) / steps,
		float64(after.Mallocs-before.Mallocs) / steps, float64(after.TotalAlloc-before.TotalAlloc) / steps,
	}, nil
}

// stepWASM does the same in Node, with the module and the border that browsers have: once while the module is still being
// translated, and once more.
func stepWASM(wasm, file string) (first, warm float64, err error) {
	cmd := exec.Command("node", "bench/engine/replay.mjs", wasm, file)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	answer, err := cmd.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, problem.String())
	}
	var result struct{ First, Warm float64 }
	err = json.Unmarshal(answer, &result)
	return result.First, result.Warm, err
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
