package rules

import (
	"math"
	"time"
)

// What times may be apart.
const (
	writtenApart = 0.001 // seconds, of durations as written and as in the bytes
	dateApart    = 0.002 // dates are written in milliseconds
	seamApart    = 0.010 // a part's beginning, from the end of the one before
	acrossApart  = 0.005 // of the same date in two renditions
)

func timeRules() []Rule {
	return []Rule{
		{"segment-duration", "4.4.4.1", Must, "EXTINF is what the samples last, within a millisecond", func(v *view, f *finding) {
			v.eachSegment(func(r *rend, s *segment, at span) {
				f.holds(math.Abs(at.to-at.from-s.duration) <= writtenApart, "%s: segment %d says %.5f s and lasts %.5f", r.name, s.msn, s.duration, at.to-at.from)
			})
		}},
		{"part-duration", "4.4.4.9", Must, "a part's DURATION is what its samples last, within a millisecond", func(v *view, f *finding) {
			v.eachPart(func(r *rend, s *segment, n int, at span) {
				p := s.parts[n]
				f.holds(math.Abs(at.to-at.from-p.duration) <= writtenApart, "%s: part %d of segment %d says %.5f s and lasts %.5f", r.name, n, s.msn, p.duration, at.to-at.from)
			})
		}},
		{"seamless", "4.4.4.3", Must, "decode times go on from part to part and segment to segment, but at a discontinuity or gap", checkSeams},
		{"date-true", "6.2.1", Must, "in a run of segments, dates and times of presentation go together", checkDates},
		{"date-ambiguous", "6.2.1", Must, "dates do not go back by more than part of a second", func(v *view, f *finding) {
			for _, r := range v.rends {
				all := r.segments()
				for i := 1; i < len(all); i++ {
					a, b := all[i-1], all[i]
					if !a.date.IsZero() && !b.date.IsZero() {
						ends := a.date.Add(time.Duration(a.lasts() * float64(time.Second)))
						f.holds(b.date.After(a.date) && b.date.After(ends.Add(-time.Second)), "%s: segment %d is of %v, and the one before ends at %v", r.name, b.msn, b.date, ends)
					}
				}
			}
		}},
		{"date-everywhere", "6.2.4, B.1", Must, "if one playlist has dates, all have", func(v *view, f *finding) {
			dated := 0
			for _, r := range v.rends {
				if r.dated() {
					dated++
				}
			}
			for _, r := range v.rends {
				f.holds(dated == 0 && !r.low() || r.dated(), "%s: it has none", r.name)
			}
		}},
	}
}

// eachSegment calls f with each whole segment whose bytes were read.
func (v *view) eachSegment(f func(r *rend, s *segment, at span)) {
	for _, r := range v.rends {
		for _, s := range r.segments() {
			if !s.done() {
				continue
			}
			if at, ok := v.spanOf(r, s, s.uri); ok {
				f(r, s, at)
			}
		}
	}
}

func (v *view) eachPart(f func(r *rend, s *segment, n int, at span)) {
	for _, r := range v.rends {
		for _, s := range r.segments() {
			for n, p := range s.parts {
				if at, ok := v.spanOf(r, s, p.uri); ok {
					f(r, s, n, at)
				}
			}
		}
	}
}

func (r *rend) dated() bool {
	for _, s := range r.segments() {
		if !s.date.IsZero() {
			return true
		}
	}
	return false
}

// low reports whether the rendition has parts.
func (r *rend) low() bool { return len(r.loads) > 0 && r.loads[0].m.partTarget > 0 }

func checkSeams(v *view, f *finding) {
	for _, r := range v.rends {
		var before *segment
		var end span
		step := func(s *segment, at span, what string) {
			// Who does not join on where the segment before is not known, is a gap, or belongs to another run.
			if before != nil && (before.msn == s.msn || before.msn+1 == s.msn && before.run == s.run && !before.gap) {
				f.holds(math.Abs(at.from-end.to) <= seamApart, "%s: %s of segment %d begins at %.4f s, and what is before ends at %.4f", r.name, what, s.msn, at.from, end.to)
			}
			before, end = s, at
		}
		for _, s := range r.segments() {
			whole, read := v.spanOf(r, s, s.uri)
			if s.done() && read {
				step(s, whole, "it")
				continue
			}
			known := true
			for _, p := range s.parts {
				if at, ok := v.spanOf(r, s, p.uri); ok && known {
					step(s, at, "a part")
				} else {
					known, before = false, nil
				}
			}
			if len(s.parts) == 0 {
				before = nil
			}
		}
		v.seamsOfParts(r, f)
	}
}

// seamsOfParts looks at the parts inside of each segment.
func (v *view) seamsOfParts(r *rend, f *finding) {
	for _, s := range r.segments() {
		if !s.done() {
			continue
		}
		end := math.NaN()
		for n, p := range s.parts {
			at, ok := v.spanOf(r, s, p.uri)
			if !ok {
				end = math.NaN()
				continue
			}
			if !math.IsNaN(end) {
				f.holds(math.Abs(at.from-end) <= seamApart, "%s: part %d of segment %d begins at %.4f s, and the one before ends at %.4f", r.name, n, s.msn, at.from, end)
			}
			end = at.to
		}
	}
}

// offsets are what dates are beyond times of presentation, by run of a rendition.
func (v *view) offsets(r *rend) map[uint64][]float64 {
	out := map[uint64][]float64{}
	for _, s := range r.segments() {
		uri := s.uri
		if !s.done() && len(s.parts) > 0 {
			uri = s.parts[0].uri
		}
		if at, ok := v.spanOf(r, s, uri); ok && !s.date.IsZero() {
			out[s.run] = append(out[s.run], float64(s.date.UnixMicro())/1e6-at.shown)
		}
	}
	return out
}

func checkDates(v *view, f *finding) {
	for _, r := range v.rends {
		for run, offsets := range v.offsets(r) {
			for _, o := range offsets[1:] {
				f.holds(math.Abs(o-offsets[0]) <= dateApart, "%s: in run %d dates are %.4f s beyond times, then %.4f", r.name, run, offsets[0], o)
			}
		}
	}
}
