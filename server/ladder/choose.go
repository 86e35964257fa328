package ladder

import "math"

// Picture is what is known of a source's picture.
type Picture struct {
	Width, Height int
	Rate          float64 // frames per second; 0: not known
}

const (
	// rateGuess is for sources that do not tell their frame rate.
	rateGuess = 30
	// decodeCost is what reading and scaling a pixel costs beside writing one, as measured with libx264 veryfast.
	decodeCost = 0.35
	// firstStep and nextStep are the most that a chosen rung's height is of the rung above: less of a step is not worth a track.
	firstStep = 0.75
	nextStep  = 0.55
	// autoRungs is how many rungs are chosen below the source: three in all.
	autoRungs = 2
)

// size is a rung of one source.
type size struct {
	width, height int
	kbit          int
}

// pixels is how many pixels a second a picture has.
func (p Picture) pixels() float64 {
	rate := p.Rate
	if rate <= 0 {
		rate = rateGuess
	}
	return float64(p.Width) * float64(p.Height) * rate
}

// narrow is the narrow side: what people call the height, also of a picture that stands upright.
func (p Picture) narrow() int { return min(p.Width, p.Height) }

// fit is the size of a rung of p.
func (p Picture) fit(r Rung) size {
	scale := float64(r.Height) / float64(p.narrow())
	even := func(side int) int { return max(2, 2*int(math.Round(float64(side)*scale/2))) }
	return size{width: even(p.Width), height: even(p.Height), kbit: r.Kbit}
}

// sizes returns the rungs of p that a Spec means, largest first: never one that is as large as the source.
func (s Spec) sizes(p Picture) (all []size) {
	if s.off || p.Width <= 0 || p.Height <= 0 {
		return nil
	}
	rungs := s.rungs
	if len(rungs) == 0 {
		rungs = choose(p)
	}
	for _, r := range rungs {
		if r.Height < p.narrow() {
			all = append(all, p.fit(r))
		}
	}
	return all
}

// choose picks rungs for a source.
func choose(p Picture) (all []Rung) {
	below := float64(p.narrow()) * firstStep
	for _, u := range usual {
		if float64(u.Height) <= below && len(all) < autoRungs {
			all = append(all, u)
			below = float64(u.Height) * nextStep
		}
	}
	return all
}

// cost is what the last n sizes of p take, in pixels per second of encoding.
func cost(p Picture, sizes []size) float64 {
	if len(sizes) == 0 {
		return 0
	}
	whole := p.pixels() * decodeCost
	for _, s := range sizes {
		whole += p.pixels() * float64(s.width*s.height) / float64(p.Width*p.Height)
	}
	return whole
}

// affordable drops the largest sizes until the rest costs no more than budget.
func affordable(p Picture, sizes []size, budget float64) []size {
	for len(sizes) > 0 && cost(p, sizes) > budget {
		sizes = sizes[1:]
	}
	return sizes
}
