package rules

import (
	"math"
	"net/http"
	"slices"
	"strings"
)

func boxRules() []Rule {
	return []Rule{
		{"available", "6.2.1", Must, "what a playlist names can be fetched at once", func(v *view, f *finding) {
			v.resources(func(r *rend, _ *segment, uri string) {
				if a, asked := v.Media[resolve(r.URL, uri)]; asked {
					f.holds(ok(a), "%s: %d to %s", r.name, a.Status, uri)
				}
			})
		}},
		{"init", "3.1.2", Must, "an initialization section is ftyp with a brand from iso6 on, then moov with mvex, of no duration and no samples", checkInit},
		{"readable", "3.1.2", Must, "parts and segments are movie fragments", func(v *view, f *finding) {
			v.resources(func(r *rend, s *segment, uri string) {
				address := resolve(r.URL, uri)
				if a, asked := v.Media[address]; asked && ok(a) && v.initial(r, s) != nil {
					f.holds(len(v.runs[address]) > 0, "%s: %s is not", r.name, uri)
				}
			})
		}},
		{"track-known", "3.1.2", Must, "a fragment's tracks are those of its initialization section", func(v *view, f *finding) {
			v.fragments(func(r *rend, s *segment, uri string, runs []run) {
				for _, one := range runs {
					f.holds(v.initial(r, s).track(one.id) != nil, "%s: %s has track %d", r.name, uri, one.id)
				}
			})
		}},
		{"decode-time", "3.1.2", Must, "every track fragment says its decode time (tfdt)", func(v *view, f *finding) {
			v.fragments(func(r *rend, _ *segment, uri string, runs []run) {
				for _, one := range runs {
					f.holds(one.timed, "%s: %s does not", r.name, uri)
				}
			})
		}},
		{"relative", "3.1.2", Must, "addresses in fragments are relative to the fragment", func(v *view, f *finding) {
			v.fragments(func(r *rend, _ *segment, uri string, runs []run) {
				for _, one := range runs {
					f.holds(one.relative, "%s: %s has a base of its own", r.name, uri)
				}
			})
		}},
		{"segment-is-its-parts", "3.2", Must, "a segment has the samples of its parts, at the same times", checkWhole},
		{"independent", "4.4.4.9", Must, "an INDEPENDENT part begins with a picture that needs no other", func(v *view, f *finding) {
			v.listed(func(r *rend, s *segment, n int, runs []run) {
				if s.parts[n].independent && runs[0].id != 0 {
					f.holds(begins(runs), "%s: part %d of segment %d does not", r.name, n, s.msn)
				}
			})
		}},
		{"independent-told", "4.4.4.9", Should, "a part that holds an independent picture is INDEPENDENT", func(v *view, f *finding) {
			v.listed(func(r *rend, s *segment, n int, runs []run) {
				if begins(runs) {
					f.holds(s.parts[n].independent, "%s: part %d of segment %d is not", r.name, n, s.msn)
				}
			})
		}},
		{"segment-independent", "4.4.2.1, B.1", Must, "a segment begins with an independent picture, if EXT-X-INDEPENDENT-SEGMENTS says so, and holds one in any case", checkIndependent},
	}
}

// resources calls f once with each address of a rendition's segments and parts.
func (v *view) resources(f func(r *rend, s *segment, uri string)) {
	for _, r := range v.rends {
		seen := map[string]bool{}
		for _, s := range r.segments() {
			for _, uri := range s.resources() {
				if !seen[uri] {
					f(r, s, uri)
				}
				seen[uri] = true
			}
		}
	}
}

// fragments calls f with each part and segment that can be read.
func (v *view) fragments(f func(r *rend, s *segment, uri string, runs []run)) {
	v.resources(func(r *rend, s *segment, uri string) {
		if runs := v.runs[resolve(r.URL, uri)]; len(runs) > 0 {
			f(r, s, uri, runs)
		}
	})
}

// listed calls f with each part that can be read.
func (v *view) listed(f func(r *rend, s *segment, n int, runs []run)) {
	for _, r := range v.rends {
		for _, s := range r.segments() {
			for n, p := range s.parts {
				if runs := v.runs[resolve(r.URL, p.uri)]; len(runs) > 0 && len(runs[0].samples) > 0 {
					f(r, s, n, runs)
				}
			}
		}
	}
}

func checkInit(v *view, f *finding) {
	seen := map[string]bool{}
	for _, r := range v.rends {
		for _, s := range r.segments() {
			address := resolve(r.URL, s.mapped)
			a, asked := v.Media[address]
			if s.mapped == "" || !asked || seen[address] {
				continue
			}
			seen[address] = true
			f.holds(a.Status == http.StatusOK, "%s: %d to %s", r.name, a.Status, s.mapped)
			if !ok(a) {
				continue
			}
			first, err := readInitial(a.Body)
			if err != nil {
				f.holds(false, "%s: %s: %v", r.name, s.mapped, err)
				continue
			}
			f.holds(slices.ContainsFunc(first.brands, isoBrand), "%s: the brands are %v", r.name, first.brands)
			f.holds(first.order && first.extend && first.zero, "%s: moov behind ftyp %v, mvex %v, durations and counts zero %v", r.name, first.order, first.extend, first.zero)
		}
	}
}

// isoBrand reports whether a brand is compatible with iso6: those from iso6 to iso9, isoa and so on, and what CMAF builds on them.
func isoBrand(brand string) bool {
	last, is := strings.CutPrefix(brand, "iso")
	return is && (last >= "6" && last <= "9" || last >= "a" && last <= "l") || brand == "cmfc" || brand == "cmf2" || brand == "cmfs"
}

func checkWhole(v *view, f *finding) {
	for _, r := range v.rends {
		for _, s := range r.segments() {
			all := v.runs[resolve(r.URL, s.uri)]
			if !s.done() || len(s.parts) == 0 || len(all) == 0 {
				continue
			}
			var parts []run
			for _, p := range s.parts {
				runs := v.runs[resolve(r.URL, p.uri)]
				if len(runs) == 0 {
					parts = nil
					break
				}
				parts = append(parts, runs...)
			}
			if parts == nil {
				continue
			}
			a, b := samples(all), samples(parts)
			f.holds(slices.Equal(a, b), "%s: segment %d has %d samples, its parts %d, or others", r.name, s.msn, len(a), len(b))
		}
	}
}

func samples(runs []run) (out []sample) {
	for _, one := range runs {
		out = append(out, one.samples...)
	}
	return out
}

// begins reports whether the first sample of each track can be decoded alone.
func begins(runs []run) bool {
	seen := map[uint32]bool{}
	for _, one := range runs {
		if seen[one.id] || len(one.samples) == 0 {
			continue
		}
		seen[one.id] = true
		if first := one.samples[0]; !first.sync || !first.intra {
			return false
		}
	}
	return true
}

func checkIndependent(v *view, f *finding) {
	told := func(lines []line) bool {
		return slices.ContainsFunc(lines, func(l line) bool { return l.tag == "#EXT-X-INDEPENDENT-SEGMENTS" })
	}
	for _, r := range v.rends {
		says := v.multi != nil && told(v.multi.lines) || len(r.loads) > 0 && told(r.loads[0].m.lines)
		for _, s := range r.segments() {
			runs := v.runs[resolve(r.URL, s.uri)]
			if !s.done() || len(runs) == 0 {
				continue
			}
			any := slices.ContainsFunc(samples(runs), func(s sample) bool { return s.sync && s.intra })
			f.holds(any && (!says || begins(runs)), "%s: segment %d does not begin with one (it is said to: %v), or has none", r.name, s.msn, says)
		}
	}
}

// span is from when to when the samples of a resource last, in seconds of its track, decoded and shown.
type span struct{ from, to, shown float64 }

// spanOf returns the span of the first track of a resource.
func (v *view) spanOf(r *rend, s *segment, uri string) (span, bool) {
	runs := v.runs[resolve(r.URL, uri)]
	first := v.initial(r, s)
	if len(runs) == 0 || first == nil {
		return span{}, false
	}
	t := first.track(runs[0].id)
	if t == nil || t.scale == 0 || !runs[0].timed {
		return span{}, false
	}
	scale := float64(t.scale)
	out := span{from: float64(runs[0].base) / scale, shown: math.Inf(1)}
	for _, one := range runs {
		for _, a := range one.samples {
			if one.id == runs[0].id {
				out.to = float64(a.at+uint64(a.duration)) / scale
				out.shown = min(out.shown, (float64(a.at)+float64(a.offset))/scale)
			}
		}
	}
	return out, out.to > out.from
}
