package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"shoal/sim"
)

// figures is what came of a run, real or made up.
type figures struct {
	Offload, Copies      float64
	Ages                 []float64 // ms, ascending
	Late                 float64   // per million
	Stalled              float64   // s, all viewers together
	Control, Twice, Hops float64
	Rescues, Declined    int
	Classes              []classFigures
	Links                float64
	Sent, Overhead       float64 // bytes on the lines; share that is neither piece nor message
	Dropped              uint64
	Tardy, TardyMost     float64 // ms
	Busy                 float64 // processors
	Rate                 float64 // published, bytes per second
	Sizes                [3]int  // of parts: least, median, most
}

// classFigures is about a class of uplinks, per viewer.
type classFigures struct {
	Viewers        int
	Use            float64
	Slots, Used    float64
	Wait, WaitMost float64 // of datagrams for the uplink, ms
}

func (c *classFigures) divide() {
	n := float64(max(1, c.Viewers))
	c.Use, c.Slots, c.Used, c.Wait = c.Use/n, c.Slots/n, c.Used/n, c.Wait/n
}

func (f *figures) age(percent int) float64 {
	if len(f.Ages) == 0 {
		return math.NaN()
	}
	return f.Ages[(len(f.Ages)-1)*percent/100]
}

// imagine runs the scenario in sim.
func imagine(s sim.Scenario, seed uint64) (*figures, error) {
	n := sim.New(s, sim.Policies()[0], seed)
	r := n.Run()
	if broken := n.Broken(); len(broken) > 0 {
		return nil, fmt.Errorf("a rule is broken: %v", broken)
	}
	d := n.Detail()
	f := &figures{
		Offload: r.Offload, Copies: r.Copies, Late: r.LatePerMillion, Control: r.ControlShare, Twice: r.DupShare, Hops: r.HopsMean,
		Rescues: int(r.Rescues),
	}
	for _, age := range d.Ages {
		f.Ages = append(f.Ages, float64(age))
	}
	for _, c := range d.Classes {
		f.Classes = append(f.Classes, classFigures{Viewers: c.Viewers, Use: c.Use, Slots: c.Slots, Used: c.Used})
	}
	return f, nil
}

// row is a line of the table. What is compared has a limit: in points, or in percent of what is real.
type row struct {
	what, form string
	of         func(*figures) float64
	points     bool
	limit      float64
}

func rows(classes []sim.Class) []row {
	all := []row{
		{"offload, %", "%.2f", func(f *figures) float64 { return 100 * f.Offload }, true, 5},
		{"copies of a part", "%.2f", func(f *figures) float64 { return f.Copies }, false, 0},
		{"part delay p50, ms", "%.0f", func(f *figures) float64 { return f.age(50) }, false, 0},
		{"part delay p95, ms", "%.0f", func(f *figures) float64 { return f.age(95) }, false, 25},
		{"part delay p99, ms", "%.0f", func(f *figures) float64 { return f.age(99) }, false, 0},
		{"late parts, per million", "%.0f", func(f *figures) float64 { return f.Late }, true, 0},
		{"control, % of media", "%.2f", func(f *figures) float64 { return 100 * f.Control }, true, 0},
		{"duplicates, % of media", "%.2f", func(f *figures) float64 { return 100 * f.Twice }, true, 0},
		{"hops, mean", "%.2f", func(f *figures) float64 { return f.Hops }, false, 0},
		{"rescues", "%.0f", func(f *figures) float64 { return float64(f.Rescues) }, true, 0},
	}
	for i, c := range classes {
		all = append(all,
			row{fmt.Sprintf("uplink %gx: used, %%", c.Up), "%.0f", func(f *figures) float64 { return 100 * f.Classes[i].Use }, true, 0},
			row{fmt.Sprintf("uplink %gx: slots", c.Up), "%.1f", func(f *figures) float64 { return f.Classes[i].Slots }, false, 0},
			row{fmt.Sprintf("uplink %gx: sold", c.Up), "%.1f", func(f *figures) float64 { return f.Classes[i].Used }, false, 0})
	}
	return all
}

// compare prints real and made-up runs side by side, and reports whether every limit holds.
func compare(out io.Writer, s sim.Scenario, real, made []*figures) (within bool) {
	within = true
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\treal\tfrom..to\tsim\tfrom..to\tdiffers\tmay\t\n")
	for _, r := range rows(s.Uplinks) {
		is, isFrom, isTo := mean(real, r.of)
		was, wasFrom, wasTo := mean(made, r.of)
		off, unit := was-is, "points"
		if !r.points {
			off, unit = 100*(was-is)/is, "%"
		}
		verdict := ""
		if r.limit > 0 {
			verdict = fmt.Sprintf("%g, holds", r.limit)
			if !(math.Abs(off) <= r.limit) {
				verdict = fmt.Sprintf("%g, BROKEN", r.limit)
				within = false
			}
		}
		fmt.Fprintf(t, "%s\t"+r.form+"\t"+r.form+".."+r.form+"\t"+r.form+"\t"+r.form+".."+r.form+"\t%+.1f %s\t%s\t\n",
			r.what, is, isFrom, isTo, was, wasFrom, wasTo, off, unit, verdict)
	}
	_ = t.Flush()
	return within
}

func mean(runs []*figures, of func(*figures) float64) (mean, least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, f := range runs {
		x := of(f)
		mean += x / float64(len(runs))
		least, most = min(least, x), max(most, x)
	}
	return mean, least, most
}

// describe prints what only real runs have.
func describe(out io.Writer, f *figures, classes []sim.Class) {
	fmt.Fprintf(out, "  %.0f bytes/s published, parts of %d to %d bytes, median %d; %.1f links a viewer; %.2f processors for the peers\n",
		f.Rate, f.Sizes[0], f.Sizes[2], f.Sizes[1], f.Links, f.Busy)
	fmt.Fprintf(out, "  beside pieces and messages: %.1f %% of media on the lines; %d datagrams dropped; %.1f s stalled; %d parts declined\n",
		100*f.Overhead, f.Dropped, f.Stalled, f.Declined)
	fmt.Fprintf(out, "  this machine lets a datagram go %.1f ms late, %.0f at most\n", f.Tardy, f.TardyMost)
	for i, c := range f.Classes {
		fmt.Fprintf(out, "  uplink %gx: a datagram waits %.0f ms for it, %.0f at most\n", classes[i].Up, c.Wait, c.WaitMost)
	}
}
