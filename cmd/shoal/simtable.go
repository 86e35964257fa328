package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"shoal/sim"
)

// simTable prints runs for people, or as JSON.
type simTable struct {
	out                   io.Writer
	scenario              sim.Scenario
	json, detail, summary bool
	rows                  []sim.Result
}

// add prints a run.
func (t *simTable) add(run simRun) error {
	r := run.Result
	if t.json {
		return json.NewEncoder(t.out).Encode(r)
	}
	if len(t.rows) == 0 {
		t.head()
	}
	if n := len(t.rows); n > 0 && t.rows[n-1].Policy != r.Policy {
		t.mean(t.rows[n-1].Policy)
	}
	t.rows = append(t.rows, r)
	if !t.summary {
		t.row(r, fmt.Sprint(r.Seed), run.took)
	}
	for _, g := range r.Rungs {
		if !t.summary {
			fmt.Fprintf(t.out, "  rung %-5g %2.0f%% %6.2f %7.0f %54.2f%%\n", g.Rung, 100*g.Share, g.Copies, g.LatePerMillion, 100*g.Offload)
		}
	}
	if t.detail {
		return printDetail(t.out, run.Detail)
	}
	return nil
}

// end prints what is left to say.
func (t *simTable) end() error {
	if n := len(t.rows); n > 0 {
		t.mean(t.rows[n-1].Policy)
		_, err := fmt.Fprintln(t.out, "\ncopies: of each part, sent by the origin. late: parts per million. age: until a viewer holds the whole part, p50 and p99.\n"+
			"dup, ctl: bytes over media received. beside: tracker, records, playlists. start: until the first part, p95. stall: of the time.")
		return err
	}
	return nil
}

func (t *simTable) head() {
	s := t.scenario
	fmt.Fprintf(t.out, "%s", s.Name)
	if s.Summary != "" {
		fmt.Fprintf(t.out, ": %s", strings.TrimSuffix(s.Summary, "."))
	}
	fmt.Fprintf(t.out, "\n%d viewers, %s s of %s s measured, bound %.4g copies\n\n", s.Peers+s.Crowd,
		seconds(int64(s.Measure)), seconds(int64(s.Warm+s.Measure)), s.Bound())
	fmt.Fprintf(t.out, "%-11s %4s %8s %7s %6s %6s %5s %6s %6s %7s %8s %7s %8s %7s\n",
		"policy", "seed", "copies", "late", "age50", "age99", "hops", "dup", "ctl", "beside", "offload", "start", "stall", "took")
}

func seconds(nanoseconds int64) string { return fmt.Sprintf("%g", float64(nanoseconds)/1e9) }

func (t *simTable) row(r sim.Result, seed string, took time.Duration) {
	fmt.Fprintf(t.out, "%-11s %4s %8.2f %7.0f %5.2fs %5.2fs %5.2f %5.1f%% %5.1f%% %6.2f%% %7.2f%% %6.2fs %7.3f%%",
		r.Policy, seed, r.Copies, r.LatePerMillion, float64(r.AgeP50)/1000, float64(r.AgeP99)/1000, r.HopsMean,
		100*r.DupShare, 100*r.ControlShare, 100*r.BesideShare, 100*r.Offload, float64(r.StartP95)/1000, 100*r.Rebuffer)
	if took > 0 {
		fmt.Fprintf(t.out, " %6.1fs", took.Seconds())
	}
	fmt.Fprintln(t.out)
}

// mean prints the mean of a policy's runs, if there are several, and of a summary the worst of each figure.
func (t *simTable) mean(policy string) {
	var all []sim.Result
	for _, r := range t.rows {
		if r.Policy == policy {
			all = append(all, r)
		}
	}
	if len(all) < 2 {
		return
	}
	if t.summary {
		defer t.worst(policy, all)
	}
	of := func(what func(sim.Result) float64) (sum float64) {
		for _, r := range all {
			sum += what(r)
		}
		return sum / float64(len(all))
	}
	worst := slices.MaxFunc(all, func(a, b sim.Result) int { return int(a.StartP95) - int(b.StartP95) })
	t.row(sim.Result{
		Policy: policy, Copies: of(func(r sim.Result) float64 { return r.Copies }), LatePerMillion: of(func(r sim.Result) float64 { return r.LatePerMillion }),
		AgeP50: int32(of(func(r sim.Result) float64 { return float64(r.AgeP50) })), AgeP99: int32(of(func(r sim.Result) float64 { return float64(r.AgeP99) })),
		HopsMean: of(func(r sim.Result) float64 { return r.HopsMean }), DupShare: of(func(r sim.Result) float64 { return r.DupShare }),
		ControlShare: of(func(r sim.Result) float64 { return r.ControlShare }), BesideShare: of(func(r sim.Result) float64 { return r.BesideShare }),
		Offload: of(func(r sim.Result) float64 { return r.Offload }), Rebuffer: of(func(r sim.Result) float64 { return r.Rebuffer }), StartP95: worst.StartP95,
	}, "mean", 0)
}

// worst prints the worst that any of a policy's runs came to, figure by figure, and how much of what was played was not what
// the channel signed.
func (t *simTable) worst(policy string, all []sim.Result) {
	w, tainted := all[0], int64(0)
	w.Policy = policy
	for _, r := range all {
		w.Copies, w.LatePerMillion = max(w.Copies, r.Copies), max(w.LatePerMillion, r.LatePerMillion)
		w.AgeP50, w.AgeP99, w.HopsMean = max(w.AgeP50, r.AgeP50), max(w.AgeP99, r.AgeP99), max(w.HopsMean, r.HopsMean)
		w.DupShare, w.ControlShare, w.BesideShare = max(w.DupShare, r.DupShare), max(w.ControlShare, r.ControlShare), max(w.BesideShare, r.BesideShare)
		w.Offload, w.Rebuffer, w.StartP95 = min(w.Offload, r.Offload), max(w.Rebuffer, r.Rebuffer), max(w.StartP95, r.StartP95)
		tainted += r.Tainted
	}
	t.row(w, "max", 0)
	fmt.Fprintf(t.out, "%d runs; parts played that were not what the channel signed: %d\n", len(all), tainted)
}

// printDetail prints what a swarm looked like inside.
func printDetail(out io.Writer, d sim.Detail) error {
	fmt.Fprintf(out, "\n  uplink   in use  viewers  slots   sold  stripes from origin  wait at the end\n")
	for _, c := range d.Classes {
		fmt.Fprintf(out, "  %5gx %7.0f%% %8d %6.1f %6.1f %20d %13.0f ms\n", c.Up, 100*c.Use, c.Viewers, c.Slots, c.Used, c.Seeds, c.QueueMS)
	}
	fmt.Fprintf(out, "\n  hops     pieces  mean age  of key frames\n")
	for k, h := range d.Hops {
		if h.Pieces > 0 {
			fmt.Fprintf(out, "  %4d %10d %6d ms %11d ms\n", k, h.Pieces, h.AgeMS, h.KeyAgeMS)
		}
	}
	fmt.Fprintf(out, "\n  copies from the origin, by cause   all  newcomers  others  last 10 s\n")
	for _, c := range d.Causes {
		fmt.Fprintf(out, "  %-30s %7.2f %10.2f %7.2f %10.2f\n", c.Name, c.Newcomers+c.Others, c.Newcomers, c.Others, c.Last)
	}
	fmt.Fprintf(out, "\n  message       number       bytes\n")
	for _, m := range d.Messages {
		fmt.Fprintf(out, "  %-9s %10d %11d\n", m.Name, m.N, m.Bytes)
	}
	fmt.Fprintf(out, "\n  steps by input:")
	for _, c := range d.Inputs {
		fmt.Fprintf(out, "  %s %d", c.What, c.N)
	}
	fmt.Fprintln(out)
	if len(d.Depths) > 0 {
		fmt.Fprintf(out, "\n  stripes at the end, by depth:")
		for depth := range 255 {
			if n := d.Depths[uint8(depth)]; n > 0 {
				fmt.Fprintf(out, "  %d: %d", depth, n)
			}
		}
		fmt.Fprintf(out, "  none: %d (without a parent: %d)\n", d.Depths[255], d.Orphans)
	}
	if len(d.Twice) > 0 {
		fmt.Fprintf(out, "\n  what came twice, of all media, and how that came:\n")
	}
	for _, b := range d.Twice[:min(len(d.Twice), blamesMax)] {
		fmt.Fprintf(out, "  %7.2f%% %s\n", float64(b.N)/100, b.What)
	}
	if len(d.Blames) > 0 {
		fmt.Fprintf(out, "\n  pieces that the origin had to bring late, and where they had got stuck:\n")
	}
	for _, b := range d.Blames[:min(len(d.Blames), blamesMax)] {
		fmt.Fprintf(out, "  %8d %s\n", b.N, b.What)
	}
	_, err := fmt.Fprintln(out)
	return err
}

// blamesMax bounds the causes that are printed.
const blamesMax = 20

// lateTape is how late in an engine's life a whole tape's first input may be: viewers are introduced before.
const lateTape = time.Minute

// printReplay prints what a tape brought about.
func printReplay(out io.Writer, r sim.Replayed) error {
	fmt.Fprintf(out, "peer %v, %.1f s\n", r.Self, float64(r.Lasted)/1e9)
	if time.Duration(r.Began) >= lateTape {
		fmt.Fprintf(out, "the tape begins at %.1f s: what came before is not on it, and the engine misses it\n", float64(r.Began)/1e9)
	}
	for _, group := range []struct {
		name   string
		counts []sim.Count
	}{{"inputs", r.Inputs}, {"outputs", r.Outputs}, {"messages heard", r.Heard}, {"messages said", r.Said}, {"notes", r.Notes}} {
		fmt.Fprintf(out, "%s:\n", group.name)
		for _, c := range group.counts {
			fmt.Fprintf(out, "  %8d %s\n", c.N, c.What)
		}
	}
	for _, b := range r.Broken {
		fmt.Fprintf(out, "broken rule %s\n", b)
	}
	_, err := fmt.Fprintf(out, "%d rules broken\n", len(r.Broken))
	return err
}
