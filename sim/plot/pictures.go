package plot

import (
	"fmt"
	"math"

	"shoal/sim"
)

// Run is what is drawn of one run.
type Run struct {
	Result sim.Result
	Detail sim.Detail
}

// Picture is an SVG file.
type Picture struct {
	Name string
	SVG  []byte
}

// All draws the pictures of runs that are to be compared: one scenario, several policies.
func All(runs []Run) []Picture {
	if len(runs) == 0 {
		return nil
	}
	pictures := []Picture{{"age", age(runs)}, {"offload", offload(runs)}, {"hops", hops(runs)}, {"uplinks", uplinks(runs)}}
	if len(runs) > 1 {
		pictures = append(pictures, Picture{"copies", copies(runs)})
	}
	return pictures
}

// names returns what to call the runs: the policy, and how far behind live it plays where that is not where ours does.
func names(runs []Run) (all []string) {
	for _, r := range runs {
		name := r.Result.Policy
		if r.Result.BehindMS != runs[0].Result.BehindMS {
			name += fmt.Sprintf(", %g s behind", float64(r.Result.BehindMS)/1000)
		}
		all = append(all, name)
	}
	return all
}

// of says what was run.
func of(runs []Run) string {
	r := runs[0].Result
	return fmt.Sprintf("%s, %d viewers, seed %d", r.Scenario, r.N, r.Seed)
}

// age draws how soon after its publication viewers hold a part, as the share of parts that come so soon.
func age(runs []Run) []byte {
	end := 0.0
	for _, r := range runs {
		if n := len(r.Detail.Ages); n > 0 {
			end = max(end, float64(r.Detail.Ages[n-1])/1000)
		}
	}
	x := axis{high: max(end, 1), unit: " s", name: "from publication until a viewer holds the whole part"}
	if len(runs) == 1 {
		x.high = max(1, float64(runs[0].Result.AgeP99)/1000*1.25)
	}
	f := begin("How old a part is when a viewer has it", of(runs), x, axis{high: 100, unit: " %"})
	f.grid()
	f.legend(names(runs))
	if len(runs) == 1 {
		r := runs[0].Result
		f.upright(float64(r.AgeP50)/1000, fmt.Sprintf("half by %.2f s", float64(r.AgeP50)/1000))
		f.upright(float64(r.AgeP99)/1000, fmt.Sprintf("99 %% by %.2f s", float64(r.AgeP99)/1000))
	}
	for i := len(runs) - 1; i >= 0; i-- { // ours on top
		ages := runs[i].Detail.Ages
		var xs, ys []float64
		for k, ms := range ages {
			xs = append(xs, float64(ms)/1000)
			ys = append(ys, 100*float64(k+1)/float64(len(ages)))
		}
		f.line(i, xs, ys)
	}
	return f.end()
}

// offload draws how much of the media came from other viewers, as it went. One run is drawn from where it varies.
func offload(runs []Run) []byte {
	low := 0.0
	if len(runs) == 1 {
		low = 100
		for _, y := range runs[0].Detail.Offload {
			if !math.IsNaN(y) {
				low = min(low, math.Floor(100*y/5)*5)
			}
		}
		low = max(0, min(low, 95))
	}
	seconds := len(runs[0].Detail.Offload)
	f := begin("Media that came from other viewers", of(runs)+"; mean of four seconds",
		axis{high: float64(max(seconds-1, 1)), unit: " s", name: "since measuring began"}, axis{low: low, high: 100, unit: " %"})
	f.grid()
	f.legend(names(runs))
	for i := len(runs) - 1; i >= 0; i-- {
		var xs, ys []float64
		for k, y := range runs[i].Detail.Offload {
			xs = append(xs, float64(k))
			ys = append(ys, 100*y)
		}
		f.line(i, xs, ys)
	}
	return f.end()
}

// hops draws through how many viewers pieces went before they came.
func hops(runs []Run) []byte {
	last, most := 1, 0.0
	values := make([][]float64, len(runs))
	for i, r := range runs {
		sum := int64(0)
		for _, h := range r.Detail.Hops {
			sum += h.Pieces
		}
		for k, h := range r.Detail.Hops {
			share := 100 * float64(h.Pieces) / float64(max(1, sum))
			values[i] = append(values[i], share)
			most = max(most, share)
			if share >= 0.5 {
				last = max(last, k)
			}
		}
	}
	var groups []string
	for k := range last + 1 {
		groups = append(groups, fmt.Sprint(k))
	}
	groups[0] = "origin"
	f := begin("Through how many viewers a piece came", of(runs), axis{name: "viewers between the origin and the one who holds it"},
		axis{high: math.Ceil(most/10) * 10, unit: " %"})
	f.grid()
	f.legend(names(runs))
	f.bars(groups, values, len(runs) == 1)
	return f.end()
}

// uplinks draws for how much of the time the uplinks of each class were in use.
func uplinks(runs []Run) []byte {
	var groups []string
	values := make([][]float64, len(runs))
	for i, r := range runs {
		for k, c := range r.Detail.Classes {
			if i == 0 {
				groups = append(groups, fmt.Sprintf("%g x the stream", c.Up))
			}
			if k < len(groups) {
				values[i] = append(values[i], 100*c.Use)
			}
		}
	}
	f := begin("How much of the uplinks was in use", of(runs), axis{name: "uplink of the viewer"}, axis{high: 100, unit: " %"})
	f.grid()
	f.legend(names(runs))
	f.bars(groups, values, len(runs) <= 3)
	return f.end()
}

// copies draws how often the origin sent each part.
func copies(runs []Run) []byte {
	most := 1.0
	for _, r := range runs {
		most = max(most, r.Result.Copies)
	}
	y := axis{low: 0.5, high: math.Pow(10, math.Ceil(math.Log10(most*1.5))), log: true}
	f := begin("How often the origin sent each part", of(runs)+"; dotted: the least possible; the scale is logarithmic", axis{}, y)
	f.grid()
	for i, r := range runs {
		f.column(i, len(runs), r.Result.Policy, fmt.Sprintf("%g s behind live", float64(r.Result.BehindMS)/1000), r.Result.Copies)
	}
	f.level(runs[0].Result.Bound)
	return f.end()
}
