package plot

import (
	"fmt"
	"math"
	"strings"
)

// line draws a series; where it has no value, the line has a gap.
func (f *frame) line(series int, xs, ys []float64) {
	var d strings.Builder
	pen := "M"
	for i := range xs {
		if math.IsNaN(ys[i]) || math.IsInf(ys[i], 0) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&d, "%s%s %s", pen, px(f.px(xs[i])), px(f.py(ys[i])))
		pen = "L"
	}
	class := "line"
	if series == 0 {
		class = "line first"
	}
	f.add(`<path class="%s c%d" d="%s"/>`, class, series%colours, d.String())
}

// upright marks a value of the x axis.
func (f *frame) upright(x float64, label string) {
	f.add(`<path class="note" d="M%s %dV%d"/>`, px(f.px(x)), top, bottom)
	f.text(f.px(x)+6, bottom-12, "", label)
}

// level marks a value of the y axis.
func (f *frame) level(y float64) {
	f.add(`<path class="note" d="M%d %sH%d"/>`, left, px(f.py(y)), right)
}

// bars draws groups of bars side by side: values[series][group]. With values shown, each bar has its number.
func (f *frame) bars(groups []string, values [][]float64, shown bool) {
	slot := float64(right-left) / float64(len(groups))
	wide := min(slot*0.8/float64(len(values)), 48)
	for g, name := range groups {
		middle := left + slot*(float64(g)+0.5)
		f.text(middle, bottom+20, "middle", name)
		for s := range values {
			v := values[s][g]
			if math.IsNaN(v) || v <= f.y.low {
				continue
			}
			x := middle + (float64(s)-float64(len(values))/2)*wide
			y := f.py(v)
			f.add(`<rect x="%s" y="%s" width="%s" height="%s" rx="2" class="f%d"/>`, px(x+1), px(y), px(wide-2), px(bottom-y), s%colours)
			if shown {
				f.text(x+wide/2, y-6, "middle value", short(v)+f.y.unit)
			}
		}
	}
}

// column draws one bar in its own colour, the so-manieth of n, with two lines below it.
func (f *frame) column(series, n int, name, below string, v float64) {
	slot := float64(right-left) / float64(n)
	middle, wide := left+slot*(float64(series)+0.5), min(slot*0.6, 72)
	y := f.py(v)
	f.add(`<rect x="%s" y="%s" width="%s" height="%s" rx="2" class="f%d"/>`, px(middle-wide/2), px(y), px(wide), px(bottom-y), series%colours)
	f.text(middle, y-6, "middle value", short(v)+f.y.unit)
	f.text(middle, bottom+20, "middle value", name)
	f.text(middle, bottom+38, "middle", below)
}

func short(v float64) string {
	switch {
	case v >= 100:
		return number(math.Round(v))
	case v >= 10:
		return number(math.Round(v*10) / 10)
	}
	return number(math.Round(v*100) / 100)
}
