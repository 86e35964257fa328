package rules

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// frameApart is how far two renditions of a picture may cut from each other: no picture has fewer than twenty frames a second.
const frameApart = 0.050

func alignmentRules() []Rule {
	return []Rule{
		{"same-target", "6.2.4", Must, "all renditions have the same target duration", func(v *view, f *finding) {
			v.abreast(func(a, b *rend) {
				x, y := a.loads[0].m.target, b.loads[0].m.target
				f.holds(x == y, "%s has %v, %s %v", a.name, x, b.name, y)
			})
		}},
		{"same-control", "6.2.4", Must, "all renditions have the same EXT-X-SERVER-CONTROL", func(v *view, f *finding) {
			v.abreast(func(a, b *rend) {
				x, y := a.loads[len(a.loads)-1].m.control, b.loads[len(b.loads)-1].m.control
				f.holds(fmt.Sprint(x) == fmt.Sprint(y), "%s has %v, %s %v", a.name, x, b.name, y)
			})
		}},
		{"same-type", "6.2.4", Must, "all renditions have the same EXT-X-PLAYLIST-TYPE", func(v *view, f *finding) {
			v.abreast(func(a, b *rend) {
				f.holds(a.loads[0].m.kind == b.loads[0].m.kind, "%s has %q, %s %q", a.name, a.loads[0].m.kind, b.name, b.loads[0].m.kind)
			})
		}},
		{"date-consistent", "6.2.4", Must, "dates go with times of presentation in the same way in all renditions", func(v *view, f *finding) {
			v.abreast(func(a, b *rend) {
				other := v.offsets(b)
				for run, x := range v.offsets(a) {
					if y := other[run]; len(y) > 0 {
						f.holds(math.Abs(median(x)-median(y)) <= acrossApart, "in run %d dates are %.4f s beyond times in %s, %.4f in %s", run, median(x), a.name, median(y), b.name)
					}
				}
			})
		}},
		{"same-run", "6.2.4", Must, "what is of the same time has the same discontinuity sequence number in all renditions", checkRuns},
		{"aligned", "6.2.4", Must, "pictures of all sizes are cut at the same times", checkAligned},
		{"same-beginning", "6.2.4", Must, "of type VOD, all variants begin at the same time", func(v *view, f *finding) {
			v.abreast(func(a, b *rend) {
				if !a.video || !b.video || a.loads[0].m.kind != "VOD" {
					return
				}
				x, one := v.begins(a)
				y, two := v.begins(b)
				if one && two {
					f.holds(math.Abs(x-y) <= frameApart, "%s begins at %.3f s, %s at %.3f", a.name, x, b.name, y)
				}
			})
		}},
		{"extra-content", "6.2.4", Must, "what one rendition has and another has not is at the beginning or end, and no longer than a target duration", checkExtra},
		{"in-sync", "B.1", Must, "all renditions are updated within one part target of each other", checkSync},
	}
}

// abreast calls f with the first rendition that was read, and each other one.
func (v *view) abreast(f func(a, b *rend)) {
	var first *rend
	for _, r := range v.rends {
		switch {
		case len(r.loads) == 0:
		case first == nil:
			first = r
		default:
			f(first, r)
		}
	}
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// begins is when the first segment is shown.
func (v *view) begins(r *rend) (float64, bool) {
	all := r.segments()
	if len(all) == 0 {
		return 0, false
	}
	at, ok := v.spanOf(r, all[0], all[0].uri)
	return at.shown, ok
}

func checkRuns(v *view, f *finding) {
	v.abreast(func(a, b *rend) {
		for _, s := range a.segments() {
			if s.date.IsZero() || s.lasts() == 0 {
				continue
			}
			middle := s.date.Add(time.Duration(s.lasts() / 2 * float64(time.Second)))
			for _, other := range b.segments() {
				from := other.date
				if !from.IsZero() && !middle.Before(from) && middle.Before(from.Add(time.Duration(other.lasts()*float64(time.Second)))) {
					f.holds(s.run == other.run, "segment %d of %s is in run %d, %d of %s in run %d", s.msn, a.name, s.run, other.msn, b.name, other.run)
				}
			}
		}
	})
}

// checkAligned looks for a cut of one picture that lies inside of a segment of the other.
func checkAligned(v *view, f *finding) {
	spans := func(r *rend) (out [][2]float64) {
		v.eachSegment(func(other *rend, _ *segment, at span) {
			if other == r {
				out = append(out, [2]float64{at.shown, at.shown + at.to - at.from})
			}
		})
		return out
	}
	v.abreast(func(a, b *rend) {
		if !a.video || !b.video {
			return
		}
		whole := spans(a)
		for _, cut := range spans(b) {
			at := cut[0]
			inside := slices.ContainsFunc(whole, func(s [2]float64) bool { return at > s[0]+frameApart && at < s[1]-frameApart })
			f.holds(!inside, "%s is cut at %.3f s, %s is not", b.name, at, a.name)
		}
	})
}

// checkExtra compares the last loads of renditions, which were read at about the same time.
func checkExtra(v *view, f *finding) {
	v.abreast(func(a, b *rend) {
		x, y := a.loads[len(a.loads)-1], b.loads[len(b.loads)-1]
		if len(x.m.segments) == 0 || len(y.m.segments) == 0 {
			return
		}
		from, other := x.m.segments[0].date, y.m.segments[0].date
		if from.IsZero() || other.IsZero() {
			return
		}
		apart := x.Came.Sub(y.Came).Abs().Seconds() // a segment may have slid out of one meanwhile
		f.holds(math.Abs(from.Sub(other).Seconds()) <= x.m.target+apart+frameApart, "%s begins at %v, %s at %v", a.name, from, b.name, other)
	})
}

func checkSync(v *view, f *finding) {
	lag := func(r *rend) (out []float64) {
		for i, l := range r.loads {
			if i == 0 || !l.Blocking || len(l.m.segments) == 0 {
				continue
			}
			s := &l.m.segments[len(l.m.segments)-1]
			if !s.date.IsZero() {
				out = append(out, l.Came.Sub(s.date).Seconds()-s.lasts())
			}
		}
		return out
	}
	v.abreast(func(a, b *rend) {
		x, y := lag(a), lag(b)
		if len(x) < 3 || len(y) < 3 || !a.low() || !b.low() {
			return
		}
		within := max(a.loads[0].m.partTarget, b.loads[0].m.partTarget) + v.Slack.Seconds()/2
		f.holds(math.Abs(median(x)-median(y)) <= within, "%s comes %.3f s after its time, %s %.3f", a.name, median(x), b.name, median(y))
	})
}
