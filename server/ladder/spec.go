package ladder

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what an operator may ask for.
const (
	// RungsMax bounds the rungs below the source: with sound there are eight tracks at most.
	RungsMax = 4
	// HeightMin is below any screen that is watched.
	HeightMin = 96
	heightMax = 4320
	// Rates of a rung in kbit/s.
	kbitMin = 50
	kbitMax = 50_000
)

// Rung is one size to make.
type Rung struct {
	Height int // lines of the picture; of a picture that stands upright, its narrow side
	Kbit   int // most kilobits per second; plain pictures take less
}

// Spec says what a Ladder makes. The zero Spec is "auto" of a Ladder, and of a channel what its Ladder has.
type Spec struct {
	off   bool
	auto  bool   // it was said, and not left out
	rungs []Rung // what the operator named; none: chosen for each source
}

// Off reports whether nothing is to be made.
func (s Spec) Off() bool { return s.off }

// or returns s if it says which rungs, else other.
func (s Spec) or(other Spec) Spec {
	if s.auto || len(s.rungs) > 0 {
		return s
	}
	return other
}

// usual are the rungs to choose from, largest first, with rates at which H.264 of live scenes looks clean.
var usual = []Rung{{1440, 7000}, {1080, 4500}, {720, 2500}, {480, 1200}, {360, 700}, {240, 350}, {144, 180}}

// ParseSpec reads "auto", "off" (or nothing), or rungs such as "720p,360p" or "720p@2500,360p@600" (kilobits per second).
func ParseSpec(text string) (Spec, error) {
	switch text {
	case "auto":
		return Spec{auto: true}, nil
	case "", "off":
		return Spec{off: true}, nil
	}
	var s Spec
	for one := range strings.SplitSeq(text, ",") {
		r, err := parseRung(strings.TrimSpace(one))
		if err != nil {
			return Spec{}, err
		}
		s.rungs = append(s.rungs, r)
	}
	if len(s.rungs) > RungsMax {
		return Spec{}, fmt.Errorf("%d rungs are more than %d", len(s.rungs), RungsMax)
	}
	slices.SortFunc(s.rungs, func(a, b Rung) int { return b.Height - a.Height })
	for i := range s.rungs[1:] {
		if s.rungs[i].Height == s.rungs[i+1].Height {
			return Spec{}, fmt.Errorf("%dp is there twice", s.rungs[i].Height)
		}
	}
	return s, nil
}

var errRung = errors.New(`a rung is a height and, if you like, kilobits per second, such as "720p" or "720p@2500"`)

func parseRung(text string) (Rung, error) {
	size, rate, rated := strings.Cut(text, "@")
	lines, ok := strings.CutSuffix(size, "p")
	n, err := strconv.ParseUint(lines, 10, 31)
	height := int(n)
	if !ok || err != nil {
		return Rung{}, fmt.Errorf("%q: %w", text, errRung)
	}
	if height < HeightMin || height > heightMax {
		return Rung{}, fmt.Errorf("%q: a height is %d to %d", text, HeightMin, heightMax)
	}
	r := Rung{Height: height, Kbit: usualRate(height)}
	if rated {
		if n, err = strconv.ParseUint(rate, 10, 31); err != nil {
			return Rung{}, fmt.Errorf("%q: %w", text, errRung)
		}
		r.Kbit = int(n)
	}
	if r.Kbit < kbitMin || r.Kbit > kbitMax {
		return Rung{}, fmt.Errorf("%q: a rate is %d to %d kbit/s", text, kbitMin, kbitMax)
	}
	return r, nil
}

// usualRate is the rate of the usual rung that is nearest from above, by area.
func usualRate(height int) int {
	rate := usual[0]
	for _, u := range usual {
		if u.Height >= height {
			rate = u
		}
	}
	kbit := rate.Kbit * height / rate.Height * height / rate.Height
	return min(max(kbit, kbitMin), kbitMax)
}
