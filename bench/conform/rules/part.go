package rules

import (
	"math"
	"slices"
)

func partRules() []Rule {
	return []Rule{
		{"part-attributes", "4.4.4.9", Must, "a part has an address and a duration", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if l.tag == "#EXT-X-PART" && l.wrong == "" {
					_, uri := l.get("URI")
					_, duration := l.get("DURATION")
					f.holds(uri && duration, "%s, line %d", t.name, l.at)
				}
			})
		}},
		{"part-within-target", "4.4.4.9", Must, "no part is longer than the part target", func(v *view, f *finding) {
			v.parts(func(t *text, s *segment, n int) {
				if p := s.parts[n]; t.media.partTarget > 0 {
					f.holds(p.duration <= t.media.partTarget+1e-9, "%s, line %d: %v s of %v", t.name, p.at, p.duration, t.media.partTarget)
				}
			})
		}},
		{"part-long-enough", "4.4.4.9", Must, "a part lasts 85% of the part target, but for independent ones, the segment's last, and those at a gap", func(v *view, f *finding) {
			v.parts(func(t *text, s *segment, n int) {
				p := s.parts[n]
				last := n == len(s.parts)-1
				if last && !s.done() { // whether it is the last shows later
					return
				}
				if p.independent || p.gap || last || s.parts[n+1].gap || p.duration == 0 {
					return
				}
				f.holds(p.duration >= 0.85*t.media.partTarget-hair, "%s, line %d: %v s of %v", t.name, p.at, p.duration, t.media.partTarget)
			})
		}},
		{"part-tags-before", "4.4.4.9", Must, "a segment's discontinuity, map and date stand before its first part", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				parts := false
				for _, l := range t.lines {
					switch l.tag {
					case "":
						parts = false
					case "#EXT-X-PART":
						parts = true
					case "#EXT-X-DISCONTINUITY", "#EXT-X-MAP", "#EXT-X-KEY", "#EXT-X-PROGRAM-DATE-TIME":
						f.holds(!parts, "%s, line %d: %s", t.name, l.at, l.tag)
					}
				}
			})
		}},
		{"parts-fill-segment", "3.2", Must, "the durations of a segment's parts add up to its own", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				for _, s := range t.media.segments {
					if !s.done() || len(s.parts) == 0 {
						continue
					}
					sum := 0.0
					for _, p := range s.parts {
						sum += p.duration
					}
					const apart = 0.001
					f.holds(math.Abs(sum-s.duration) <= apart, "%s, line %d: %.5f s, and parts of %.5f", t.name, s.at, s.duration, sum)
				}
			})
		}},
		{"parts-at-the-edge", "6.2.2", Should, "parts are not listed further than three target durations from the end", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				left := 0.0
				for _, s := range slices.Backward(t.media.segments) {
					// A segment whose end is within the bound may keep its parts whole.
					if len(s.parts) > 0 && t.media.target > 0 {
						f.holds(left <= 3*t.media.target+hair, "%s: segment %d has parts, %.1f s from the end", t.name, s.msn, left)
					}
					left += s.lasts()
				}
			})
		}},
		{"parts-listed", "6.2.2", Must, "parts leave the playlist from its beginning: no segment without parts follows one with them", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				seen := false
				for _, s := range t.media.segments {
					if s.gap {
						continue
					}
					f.holds(!seen || len(s.parts) > 0, "%s: segment %d has none", t.name, s.msn)
					seen = seen || len(s.parts) > 0
				}
			})
		}},
		{"skip-once", "4.4.5.2", Must, "EXT-X-SKIP appears once, before the segments, and says how many", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.count("#EXT-X-SKIP") == 0 {
					return
				}
				f.holds(t.count("#EXT-X-SKIP") == 1, "%s: %d times", t.name, t.count("#EXT-X-SKIP"))
				f.holds(t.media.skipped > 0, "%s: it skips nothing", t.name)
				t.before(f, "#EXT-X-SKIP", "#EXTINF", "#EXT-X-PART")
			})
		}},
	}
}

// parts calls f with every part of every media playlist.
func (v *view) parts(f func(t *text, s *segment, n int)) {
	v.playlists(func(t *text) {
		for i := range t.media.segments {
			for n := range t.media.segments[i].parts {
				f(t, &t.media.segments[i], n)
			}
		}
	})
}
