package rules

import (
	"fmt"
	"math"
	"slices"
)

func reloadRules() []Rule {
	return []Rule{
		{"target-constant", "6.2.1", Must, "EXT-X-TARGETDURATION never changes", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				f.holds(a.m.target == b.m.target || a.m.target*b.m.target == 0, "%s: %v, then %v", r.name, a.m.target, b.m.target)
			})
		}},
		{"head-constant", "6.2.1", Must, "no other tag about the whole playlist changes", checkHead},
		{"sequence-grows", "6.2.2", Must, "EXT-X-MEDIA-SEQUENCE never decreases", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				f.holds(b.m.sequence >= a.m.sequence, "%s: %d, then %d", r.name, a.m.sequence, b.m.sequence)
			})
		}},
		{"segment-number", "6.2.2", Must, "a segment keeps its number: as many leave as EXT-X-MEDIA-SEQUENCE says", func(v *view, f *finding) {
			v.same(func(r *rend, a, b *segment, _ loaded) {
				if a.done() && b.done() {
					f.holds(a.uri == b.uri, "%s: segment %d is %s, then %s", r.name, a.msn, a.uri, b.uri)
				}
			})
		}},
		{"segment-constant", "6.2.1", Must, "a listed segment never changes, and stays whole", checkSegments},
		{"part-constant", "6.2.1", Must, "a listed part never changes", checkParts},
		{"parts-stay-gone", "6.2.2", Must, "parts do not come back, and leave a segment all at once or in order", func(v *view, f *finding) {
			v.same(func(r *rend, a, b *segment, _ loaded) {
				if a.done() {
					f.holds(len(b.parts) <= len(a.parts), "%s: segment %d has %d parts, then %d", r.name, a.msn, len(a.parts), len(b.parts))
				} else if !b.gap {
					f.holds(len(b.parts) >= len(a.parts), "%s: open segment %d has %d parts, then %d", r.name, a.msn, len(a.parts), len(b.parts))
				}
			})
		}},
		{"run-number", "6.2.2", Must, "a segment keeps its discontinuity sequence number", func(v *view, f *finding) {
			v.same(func(r *rend, a, b *segment, _ loaded) {
				// That a tag comes or goes is another rule's.
				if a.breaks == b.breaks || a.msn == 0 {
					f.holds(a.run == b.run, "%s: segment %d is in run %d, then %d", r.name, a.msn, a.run, b.run)
				}
			})
		}},
		{"breaks-grow", "6.2.2", Must, "EXT-X-DISCONTINUITY-SEQUENCE never decreases", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				f.holds(b.m.breaks >= a.m.breaks, "%s: %d, then %d", r.name, a.m.breaks, b.m.breaks)
			})
		}},
		{"nothing-lost-at-the-end", "6.2.1", Must, "what was appended stays at the end", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				was, _ := a.m.last()
				is, any := b.m.last()
				f.holds(any && is.msn >= was.msn, "%s: it ended with segment %d, then with %d", r.name, was.msn, is.msn)
			})
		}},
		{"long-enough", "6.2.2", Must, "segments are not removed if less than three target durations stay", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				if b.m.sequence > a.m.sequence && !b.m.ended {
					f.holds(b.m.lasts() >= 3*b.m.target-hair, "%s: %.2f s stay, of %v", r.name, b.m.lasts(), 3*b.m.target)
				}
			})
		}},
		{"end-is-final", "4.4.3.4", Must, "after EXT-X-ENDLIST nothing is added, and it stays", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				if a.m.ended {
					was, _ := a.m.last()
					is, _ := b.m.last()
					f.holds(b.m.ended && !is.after(was), "%s: it went on", r.name)
				}
			})
		}},
		{"live-has-no-type", "6.2.2", Must, "a playlist that loses segments has no EXT-X-PLAYLIST-TYPE", func(v *view, f *finding) {
			for _, r := range v.rends {
				slid := false
				for i := range r.loads {
					slid = slid || i > 0 && r.loads[i].m.sequence > r.loads[i-1].m.sequence
				}
				for _, l := range r.loads {
					if slid {
						f.holds(l.m.kind == "", "%s: %s", r.name, l.m.kind)
					}
				}
			}
		}},
		{"vod-constant", "6.2.1", Must, "a playlist of type VOD does not change", func(v *view, f *finding) {
			v.pairs(func(r *rend, a, b loaded) {
				if a.m.kind == "VOD" {
					f.holds(string(a.Body) == string(b.Body), "%s: it did", r.name)
				}
			})
		}},
		{"vod-ends", "4.4.3.5", Must, "a playlist of type VOD has EXT-X-ENDLIST", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.media.kind == "VOD" {
					f.holds(t.media.ended, "%s: it has none", t.name)
				}
			})
		}},
	}
}

// same calls f with each segment that two loads in a row both name.
func (v *view) same(f func(r *rend, before, after *segment, l loaded)) {
	v.pairs(func(r *rend, a, b loaded) {
		for i := range a.m.segments {
			if s := b.m.find(a.m.segments[i].msn); s != nil {
				f(r, &a.m.segments[i], s, b)
			}
		}
	})
}

func checkHead(v *view, f *finding) {
	v.pairs(func(r *rend, a, b loaded) {
		f.holds(a.m.partTarget == b.m.partTarget, "%s: part target %v, then %v", r.name, a.m.partTarget, b.m.partTarget)
		f.holds(a.m.kind == b.m.kind, "%s: type %q, then %q", r.name, a.m.kind, b.m.kind)
		if !b.m.ended {
			f.holds(fmt.Sprint(a.m.control) == fmt.Sprint(b.m.control), "%s: server control %v, then %v", r.name, a.m.control, b.m.control)
		}
	})
}

func checkSegments(v *view, f *finding) {
	v.same(func(r *rend, a, b *segment, _ loaded) {
		if !a.done() {
			return
		}
		f.holds(b.done(), "%s: segment %d was whole, and is open again", r.name, a.msn)
		if !b.done() || a.uri != b.uri {
			return // another number is another segment
		}
		f.holds(math.Abs(a.duration-b.duration) < 1e-9, "%s: segment %d lasts %v, then %v", r.name, a.msn, a.duration, b.duration)
		f.holds(a.gap == b.gap && a.mapped == b.mapped, "%s: segment %d changed its map or became a gap", r.name, a.msn)
		f.holds(a.date.Equal(b.date), "%s: segment %d is of %v, then of %v", r.name, a.msn, a.date, b.date)
		// The tag of the first one may go, when the number of runs takes it up.
		f.holds(a.breaks == b.breaks || a.run == b.run, "%s: segment %d: a discontinuity came or went", r.name, a.msn)
	})
}

func checkParts(v *view, f *finding) {
	v.same(func(r *rend, a, b *segment, _ loaded) {
		if a.done() && b.done() && a.uri != b.uri {
			return
		}
		if len(b.parts) == 0 || len(b.parts) < len(a.parts) {
			return
		}
		for n := range a.parts {
			p, q := a.parts[n], b.parts[n]
			f.holds(p.uri == q.uri && math.Abs(p.duration-q.duration) < 1e-9 && p.independent == q.independent && p.gap == q.gap,
				"%s: part %d of segment %d: %s, %v s, independent %v; then %s, %v s, %v", r.name, n, a.msn, p.uri, p.duration, p.independent, q.uri, q.duration, q.independent)
		}
	})
}

func paceRules() []Rule {
	return []Rule{
		{"part-in-time", "6.2.1", Must, "a part comes within one part target of the one before", func(v *view, f *finding) {
			v.pace(func(r *rend, before, after loaded) (bool, float64) {
				was, _ := before.m.last()
				is, _ := after.m.last()
				return is.after(was) && before.m.partTarget > 0, before.m.partTarget
			}, f)
		}},
		{"segment-in-time", "6.2.1", Must, "a segment comes within one and a half target durations of the one before", func(v *view, f *finding) {
			v.pace(func(r *rend, before, after loaded) (bool, float64) {
				return lastWhole(after.m) > lastWhole(before.m), 1.5 * before.m.target
			}, f)
		}},
	}
}

// lastWhole is one more than the number of the newest segment that is whole.
func lastWhole(m *media) uint64 {
	for _, s := range slices.Backward(m.segments) {
		if s.done() {
			return s.msn + 1
		}
	}
	return 0
}

// pace measures how long it took from one load that brought something to the next.
func (v *view) pace(brings func(r *rend, before, after loaded) (bool, float64), f *finding) {
	for _, r := range v.rends {
		if !r.live() {
			continue
		}
		since, first := 0, true // the load that brought the last one
		for i := 1; i < len(r.loads); i++ {
			news, within := brings(r, r.loads[i-1], r.loads[i])
			if !news {
				continue
			}
			took := r.loads[i].Came.Sub(r.loads[since].Came).Seconds()
			if !first && !r.loads[i].m.ended {
				// A playlist that is only asked for now and then was there earlier than it came.
				if !r.loads[i].Blocking {
					took = r.loads[i-1].Came.Sub(r.loads[since].Came).Seconds()
				}
				f.holds(took <= within+v.Slack.Seconds(), "%s: %.2f s, of %.2f", r.name, took, within)
			}
			since, first = i, false
		}
	}
}
