package rules

import (
	"math"
	"net/http"
)

func directiveRules() []Rule {
	return []Rule{
		{"blocks-until-there", "6.2.5.2", Must, "an answer to _HLS_msn and _HLS_part holds what was asked for", checkBlocked},
		{"whole-playlist", "6.2.5.2", Must, "who did not ask for a delta update gets the whole playlist", func(v *view, f *finding) {
			for _, r := range v.rends {
				for _, l := range r.loads {
					f.holds(l.m.skipped == 0, "%s: %d segments are skipped", r.name, l.m.skipped)
				}
			}
		}},
		{"blocking-answered", "6.2.5.2", Must, "a request for the next part is answered with a playlist", func(v *view, f *finding) {
			for _, r := range v.Renditions {
				for _, l := range r.Loads {
					if l.Blocking {
						f.holds(ok(l.Answer), "%s: %d to %s", short(r.URL), l.Status, l.URL)
					}
				}
			}
		}},
		{"part-without-msn", "6.2.5.2", Must, "_HLS_part without _HLS_msn is refused (400)", probe(PartWithoutMSN, func(p Probe, _ *media) bool {
			return p.Status >= 400 && p.Status < 500
		})},
		{"too-far", "6.2.5.2", Should, "an _HLS_msn three beyond the newest is refused at once (400)", probe(TooFar, func(p Probe, _ *media) bool { return p.Status == http.StatusBadRequest })},
		{"part-too-far", "6.2.5.2", Should, "an _HLS_part beyond the advance part limit is refused at once (400)", probe(PartTooFar, func(p Probe, _ *media) bool { return p.Status == http.StatusBadRequest })},
		{"long-gone", "6.2.5.2", Must, "an _HLS_msn that has slid out is answered with the whole playlist", probe(LongGone, func(p Probe, m *media) bool {
			return ok(p.Answer) && m.skipped == 0 && len(m.segments) > 0
		})},
		{"beyond-last", "6.2.5.2", Must, "an _HLS_part behind a finished segment's last means the next segment's first", probe(BeyondLast, func(p Probe, m *media) bool {
			is, any := m.last()
			return ok(p.Answer) && any && !(place{p.Load.MSN + 1, 0}).after(is)
		})},
		{"directives-at-the-end", "6.2.5.1, 6.2.5.2", Must, "of a playlist with EXT-X-ENDLIST directives are ignored", probe(AtTheEnd, func(p Probe, m *media) bool {
			return ok(p.Answer) && m.skipped == 0 && m.ended
		})},
		{"delta-given", "6.2.5.1", Must, "_HLS_skip=YES is answered with a delta update, when something is beyond the boundary", func(v *view, f *finding) {
			v.deltas(func(r *rend, d delta, full loaded) {
				if beyond(full.m) > 0 && !full.m.ended {
					f.holds(d.m.skipped > 0, "%s: nothing is skipped of %d segments", r.name, len(full.m.segments))
				}
			})
		}},
		{"delta-boundary", "6.2.5.1", Must, "a delta update skips the segments that are further than the boundary from the end, and no other", func(v *view, f *finding) {
			v.deltas(func(r *rend, d delta, full loaded) {
				if d.m.skipped > 0 {
					f.holds(int(d.m.skipped) == beyond(full.m), "%s: %d segments are skipped, of %d", r.name, d.m.skipped, beyond(full.m))
				}
			})
		}},
		{"delta-equal", "6.2.5.1", Must, "a delta update and what was known make the whole playlist", checkDelta},
	}
}

// beyond counts the segments that lie further than the skip boundary from the end of the last one.
func beyond(m *media) int {
	boundary, isNumber := seconds(m.control["CAN-SKIP-UNTIL"])
	if !isNumber {
		return 0
	}
	left, n := 0.0, 0
	for _, s := range m.segments {
		left += s.lasts()
	}
	for _, s := range m.segments {
		if left -= s.lasts(); left < boundary-hair {
			break
		}
		n++
	}
	return min(n, max(0, len(m.segments)-1))
}

// probe makes a check of the probes of one kind. A probe that was not answered at all counts as wrong.
func probe(kind Kind, right func(Probe, *media) bool) func(*view, *finding) {
	return func(v *view, f *finding) {
		for _, r := range v.Renditions {
			for _, p := range r.Probes {
				if p.Kind == kind {
					f.holds(right(p, readMedia(p.Body)), "%s: %d, %d bytes", p.URL, p.Status, len(p.Body))
				}
			}
		}
	}
}

func checkBlocked(v *view, f *finding) {
	for _, r := range v.rends {
		for _, l := range r.loads {
			if !l.Blocking || l.m.ended {
				continue
			}
			is, any := l.m.last()
			there := any && is.msn > l.MSN
			if any && is.msn == l.MSN {
				s := l.m.segments[len(l.m.segments)-1]
				there = l.Part >= 0 && len(s.parts) > l.Part || l.Part < 0 && s.done()
			}
			f.holds(there, "%s: asked for part %d of segment %d, given up to part %d of segment %d", r.name, l.Part, l.MSN, is.part, is.msn)
		}
	}
}

// deltas calls f with each delta update, and the whole playlist that was asked for with it, if both hold the same parts.
func (v *view) deltas(f func(r *rend, d delta, full loaded)) {
	for _, r := range v.rends {
		for _, d := range r.deltas {
			for _, l := range r.loads {
				if l.at != d.Full {
					continue
				}
				was, _ := l.m.last()
				is, any := d.m.last()
				if any && was == is && l.m.ended == d.m.ended && lastWhole(l.m) == lastWhole(d.m) {
					f(r, d, l)
				}
			}
		}
	}
}

func checkDelta(v *view, f *finding) {
	v.deltas(func(r *rend, d delta, full loaded) {
		if int(d.m.skipped) != beyond(full.m) && d.m.skipped > 0 {
			return // another rule's
		}
		whole := d.m.merged(full.m)
		if whole == nil || len(whole.segments) != len(full.m.segments) {
			f.holds(false, "%s: the segments from %d on are not those of the whole playlist", r.name, d.m.sequence)
			return
		}
		f.holds(whole.target == full.m.target && whole.partTarget == full.m.partTarget && whole.breaks == full.m.breaks && whole.sequence == full.m.sequence,
			"%s: the tags at the head differ", r.name)
		for i := range whole.segments {
			a, b := &whole.segments[i], &full.m.segments[i]
			same := a.uri == b.uri && math.Abs(a.duration-b.duration) < 1e-9 && a.gap == b.gap && a.run == b.run && a.mapped == b.mapped && a.date.Equal(b.date) && len(a.parts) == len(b.parts)
			for n := 0; same && n < len(a.parts); n++ {
				p, q := a.parts[n], b.parts[n]
				same = p.uri == q.uri && p.duration == q.duration && p.independent == q.independent && p.gap == q.gap
			}
			f.holds(same, "%s: segment %d differs", r.name, b.msn)
		}
	})
}
