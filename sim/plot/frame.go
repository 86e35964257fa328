package plot

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// The picture's measures in pixels, and where its frame is.
const (
	width, height = 760, 420
	left, right   = 64, 728
	top, bottom   = 96, 364
)

// style is that of the pages (web/app/look): one accent, quiet rest. Series other than the first keep to colours that differ
// in lightness, too. It does without variables, which not every viewer of SVG knows.
const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#49625f}
.ground{fill:#fff}.title{font-size:18px;font-weight:650;fill:#0f2220}.end{text-anchor:end}.middle{text-anchor:middle}.value{fill:#0f2220;font-weight:600}
.grid{stroke:#dde8e5}.base{stroke:#49625f}.note{stroke:#49625f;stroke-width:1.5;stroke-dasharray:2 4}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.first{stroke-width:3}
.f0{fill:#0a7658}.f1{fill:#b0791c}.f2{fill:#3d5a80}.f3{fill:#8aa2bd}.f4{fill:#c29a9e}
.c0{stroke:#0a7658}.c1{stroke:#b0791c}.c2{stroke:#3d5a80}.c3{stroke:#8aa2bd}.c4{stroke:#c29a9e}
@media (prefers-color-scheme:dark){
text{fill:#9fb6ba}.ground{fill:#0a1316}.title,.value{fill:#e9f2f2}.grid{stroke:#21343a}.base,.note{stroke:#9fb6ba}
.f0{fill:#35c79c}.f1{fill:#f3ba4f}.f2{fill:#8fb4e0}.f3{fill:#5d7896}.f4{fill:#a06c73}
.c0{stroke:#35c79c}.c1{stroke:#f3ba4f}.c2{stroke:#8fb4e0}.c3{stroke:#5d7896}.c4{stroke:#a06c73}}
`

// frame is a picture under way.
type frame struct {
	b    strings.Builder
	x, y axis
}

// axis maps values to pixels.
type axis struct {
	low, high float64
	log       bool
	unit      string // behind each number
	name      string
	ticks     []float64 // chosen if empty
}

// begin draws the ground, the title, and the line below it that says what is meant.
func begin(title, meaning string, x, y axis) *frame {
	f := &frame{x: x, y: y}
	f.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s"><style>%s</style>`,
		width, height, width, height, html.EscapeString(title), style)
	f.add(`<rect width="%d" height="%d" rx="16" class="ground"/>`, width, height)
	f.text(24, 36, "title", title)
	f.text(24, 58, "", meaning)
	return f
}

func (f *frame) add(format string, args ...any) { fmt.Fprintf(&f.b, format+"\n", args...) }

func (f *frame) text(x, y float64, class, s string) {
	f.add(`<text x="%s" y="%s" class="%s">%s</text>`, px(x), px(y), class, html.EscapeString(s))
}

func (f *frame) end() []byte {
	f.add("</svg>")
	return []byte(f.b.String())
}

// px writes a pixel position: a tenth is fine enough.
func px(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// at returns where along a span of pixels a value stands.
func (a axis) at(v, from, to float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log(max(v, low)), math.Log(low), math.Log(high)
	}
	return from + (min(max(v, low), high)-low)/(high-low)*(to-from)
}

func (f *frame) px(x float64) float64 { return f.x.at(x, left, right) }
func (f *frame) py(y float64) float64 { return f.y.at(y, bottom, top) }

// grid draws the lines and numbers of the y axis, and of the x axis if it has any.
func (f *frame) grid() {
	for _, v := range f.y.marks() {
		y := f.py(v)
		f.add(`<path class="grid" d="M%d %sH%d"/>`, left, px(y), right)
		f.text(left-8, y+4, "end", number(v)+f.y.unit)
	}
	f.add(`<path class="base" d="M%d %dH%d"/>`, left, bottom, right)
	for _, v := range f.x.marks() {
		f.text(f.px(v), bottom+20, "middle", number(v)+f.x.unit)
	}
	f.text((left+right)/2, bottom+42, "middle", f.x.name)
}

// marks returns the values at which the axis has a number.
func (a axis) marks() []float64 {
	if len(a.ticks) > 0 {
		return a.ticks
	}
	if a.high <= a.low {
		return nil
	}
	if a.log {
		var all []float64
		for v := math.Pow(10, math.Ceil(math.Log10(a.low)-1e-9)); v <= a.high*1.0001; v *= 10 {
			all = append(all, v)
		}
		return all
	}
	step := roundStep((a.high - a.low) / 5)
	var all []float64
	for v := math.Ceil(a.low/step) * step; v <= a.high+step/1000; v += step {
		all = append(all, v)
	}
	return all
}

// roundStep returns the least of 1, 2, 5 times a power of ten that is not below v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= v*0.999 {
			return m * power
		}
	}
	return 10 * power
}

func number(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) }

// legend names the series, from the left.
func (f *frame) legend(names []string) {
	if len(names) < 2 {
		return
	}
	x := float64(left)
	for i, name := range names {
		f.add(`<rect x="%s" y="%d" width="14" height="4" rx="2" class="f%d"/>`, px(x), 76, i%colours)
		f.text(x+20, 82, "", name)
		x += 40 + 6.4*float64(len(name))
	}
}

// colours is how many series differ.
const colours = 5
