package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shoal/sim"
	"shoal/sim/plot"
)

type simCommand struct {
	Scenario string   `arg:"" optional:"" help:"Name or file. Without one: list the names, the settings and the policies."`
	Seed     uint64   `default:"1" placeholder:"N" help:"Where all chance comes from."`
	Seeds    int      `default:"1" placeholder:"N" help:"Run so many seeds, from --seed on."`
	Peers    int      `placeholder:"N" help:"Viewers, instead of what the scenario says."`
	Set      []string `sep:"none" placeholder:"'WORD VALUE'" help:"Change a setting. May be repeated."`
	Jobs     int      `default:"1" placeholder:"N" help:"Run so many at once."`
	Policy   string   `default:"shoal" placeholder:"NAME" help:"Whose policy the viewers follow, several with commas between, or all."`
	Summary  bool     `help:"Of many seeds print only the mean and the worst."`
	Detail   bool     `help:"Also print what the swarm looked like inside."`
	JSON     bool     `name:"json" help:"Print one JSON object a run."`
	Plot     string   `placeholder:"DIR" help:"Draw the runs of the first seed: SVG files."`
	Replay   string   `placeholder:"FILE" help:"Instead of all that: step an engine through a tape."`
}

// memoryShare lets the heap grow to this percentage of what is in use before it is swept: a run makes much rubbish.
const memoryShare = 400

// Run runs a scenario in the made-up internet.
func (c *simCommand) Run(ctx context.Context, w world) error {
	switch {
	case c.Replay != "":
		return replayTape(w.out, c.Replay, c.JSON)
	case c.Scenario == "" && c.Peers == 0 && len(c.Set) == 0:
		return listSim(w.out)
	}
	scenario, err := c.scenario(c.Seed)
	if err != nil {
		return &misuseError{err}
	}
	policies, err := policiesNamed(c.Policy)
	if err != nil {
		return &misuseError{err}
	}
	if len(scenario.Ladder) > 1 {
		policies = append(policies, sim.OneRung())
	}
	debug.SetGCPercent(memoryShare)
	table := &simTable{out: w.out, scenario: scenario, json: c.JSON, detail: c.Detail, summary: c.Summary}
	var curves []plot.Run
	for run, err := range c.runs(ctx, policies) {
		if err == nil {
			err = table.add(run)
		}
		if err != nil {
			return err
		}
		if run.Result.Seed == c.Seed {
			curves = append(curves, plot.Run{Result: run.Result, Detail: run.Detail})
		}
	}
	if err := table.end(); err != nil || c.Plot == "" {
		return err
	}
	return draw(w.err, c.Plot, curves)
}

// simRun is one run that has ended.
type simRun struct {
	sim.Result
	sim.Detail
	took time.Duration
}

// runs yields the runs in order, each policy's seeds after another. So many as there are jobs run at once: each by itself is
// one thread, and the same whatever runs beside it.
func (c *simCommand) runs(ctx context.Context, policies []sim.Policy) iter.Seq2[simRun, error] {
	return func(yield func(simRun, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		type ended struct {
			run simRun
			err error
		}
		ends := make([]chan ended, len(policies)*c.Seeds)
		for i := range ends {
			ends[i] = make(chan ended, 1)
		}
		var next atomic.Int64
		for range min(max(c.Jobs, 1), len(ends)) {
			workers.Go(func() {
				for i := int(next.Add(1)) - 1; i < len(ends) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
					run, err := c.one(ctx, policies[i/c.Seeds], c.Seed+uint64(i%c.Seeds))
					ends[i] <- ended{run, err}
				}
			})
		}
		for _, end := range ends {
			select {
			case e := <-end:
				if !yield(e.run, e.err) {
					return
				}
			case <-ctx.Done():
				yield(simRun{}, ctx.Err())
				return
			}
		}
	}
}

// eventsAtOnce is how many events happen between two looks at whether to stop: some tenths of a second.
const eventsAtOnce = 1 << 16

// one runs one seed.
func (c *simCommand) one(ctx context.Context, p sim.Policy, seed uint64) (r simRun, err error) {
	scenario, err := c.scenario(seed)
	if err != nil {
		return r, &misuseError{err}
	}
	began := time.Now()
	n := sim.New(scenario, p, seed)
	if c.Detail {
		n.Curious()
	}
	for n.Advance(eventsAtOnce) {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
	}
	r.Result, r.Detail, r.took = n.Result(), n.Detail(), time.Since(began)
	if broken := n.Broken(); len(broken) > 0 {
		return r, fmt.Errorf("a rule was broken: %s; run it again with the settings %q", broken[0], scenario.Line())
	}
	return r, nil
}

// scenario reads the scenario, and changes it as the flags say.
func (c *simCommand) scenario(seed uint64) (s sim.Scenario, err error) {
	switch {
	case c.Scenario == sim.ChaosName:
		s = sim.Chaos(seed)
	case c.Scenario == "":
		s = sim.Everyday()
		s.Name = "everyday"
	case strings.ContainsAny(c.Scenario, "/."):
		text, err := os.ReadFile(c.Scenario)
		if err != nil {
			return s, err
		}
		if s, err = sim.Parse(strings.TrimSuffix(filepath.Base(c.Scenario), ".txt"), string(text)); err != nil {
			return s, err
		}
	default:
		if s, err = sim.Named(c.Scenario); err != nil {
			return s, err
		}
	}
	if c.Peers > 0 {
		s.Peers = c.Peers
	}
	for _, line := range c.Set {
		if err := s.Set(line); err != nil {
			return s, err
		}
	}
	if c.Seeds < 1 {
		return s, errors.New("--seeds must be at least 1")
	}
	return s, s.Check()
}

func policiesNamed(names string) (chosen []sim.Policy, err error) {
	all := sim.Policies()
	if names == "all" {
		return all, nil
	}
	for _, name := range strings.Split(names, ",") {
		found := false
		for _, p := range all {
			if p.Name == name {
				chosen, found = append(chosen, p), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no policy is called %q; shoal sim alone lists them", name)
		}
	}
	return chosen, nil
}

func listSim(out io.Writer) error {
	fmt.Fprintln(out, "Scenarios, by name; a file of your own does as well:")
	for _, name := range sim.Names() {
		s, err := sim.Named(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-14s %s\n", name, s.Summary)
	}
	fmt.Fprintf(out, "  %-14s Few viewers, and whatever the seed has in store.\n", sim.ChaosName)
	fmt.Fprintln(out, "\nSettings, one a line of a file, or --set 'stay 60s':")
	for _, word := range sim.Everyday().Words() {
		fmt.Fprintf(out, "  %-14s %s. Default: %s\n", word.Word, word.Means, word.Value)
	}
	fmt.Fprintln(out, "\nPolicies:")
	for _, p := range sim.Policies() {
		fmt.Fprintf(out, "  %-14s %s\n", p.Name, p.Means)
	}
	return nil
}

func draw(out io.Writer, dir string, runs []plot.Run) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("there is nowhere to draw: %w", err)
	}
	for _, picture := range plot.All(runs) {
		file := filepath.Join(dir, picture.Name+".svg")
		if err := os.WriteFile(file, picture.SVG, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(out, "drew", file)
	}
	return nil
}

func replayTape(out io.Writer, file string, asJSON bool) error {
	recorded, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	r, err := sim.Replay(recorded)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	if err := printReplay(out, r); err != nil {
		return err
	}
	if len(r.Broken) > 0 {
		return fmt.Errorf("a rule was broken: %s", r.Broken[0])
	}
	return nil
}
