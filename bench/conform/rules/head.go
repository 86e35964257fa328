package rules

import "math"

// hair is what numbers that are written with fewer digits may be apart, in seconds.
const hair = 0.0005

func headRules() []Rule {
	return []Rule{
		{"target-there", "4.4.3.1", Must, "EXT-X-TARGETDURATION is there, whole, and at least 1", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				values := t.values("#EXT-X-TARGETDURATION")
				n, isWhole := uint64(0), false
				if len(values) > 0 {
					n, isWhole = whole(values[0])
				}
				f.holds(isWhole && n >= 1, "%s: %v", t.name, values)
			})
		}},
		{"segment-within-target", "4.4.3.1", Must, "no EXTINF, rounded, is above the target duration", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				for _, s := range t.media.segments {
					if s.done() && t.media.target > 0 {
						f.holds(math.Round(s.duration) <= t.media.target, "%s, line %d: %v s of %v", t.name, s.at, s.duration, t.media.target)
					}
				}
			})
		}},
		{"sequence-first", "4.4.3.2", Must, "EXT-X-MEDIA-SEQUENCE stands before the first segment", func(v *view, f *finding) {
			v.playlists(func(t *text) { t.before(f, "#EXT-X-MEDIA-SEQUENCE", "", "#EXTINF", "#EXT-X-PART") })
		}},
		{"breaks-first", "4.4.3.3", Must, "EXT-X-DISCONTINUITY-SEQUENCE stands before the first segment and discontinuity", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				t.before(f, "#EXT-X-DISCONTINUITY-SEQUENCE", "", "#EXTINF", "#EXT-X-PART", "#EXT-X-DISCONTINUITY")
			})
		}},
		{"part-inf", "4.4.3.7", Must, "EXT-X-PART-INF and its PART-TARGET are there when parts are", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.count("#EXT-X-PART") > 0 {
					f.holds(t.media.partTarget > 0, "%s: parts, and no part target", t.name)
				}
			})
		}},
		{"skip-boundary", "4.4.3.8", Must, "CAN-SKIP-UNTIL is at least six target durations", func(v *view, f *finding) {
			v.control("CAN-SKIP-UNTIL", func(t *text, n float64) {
				f.holds(n >= 6*t.media.target-hair, "%s: %v of %v", t.name, n, 6*t.media.target)
			})
		}},
		{"hold-back", "4.4.3.8", Must, "HOLD-BACK is at least three target durations", func(v *view, f *finding) {
			v.control("HOLD-BACK", func(t *text, n float64) {
				f.holds(n >= 3*t.media.target-hair, "%s: %v of %v", t.name, n, 3*t.media.target)
			})
		}},
		{"part-hold-back-there", "4.4.3.8", Must, "PART-HOLD-BACK is there when EXT-X-PART-INF is", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.media.partTarget > 0 {
					_, there := t.media.control["PART-HOLD-BACK"]
					f.holds(there, "%s: it is not", t.name)
				}
			})
		}},
		{"part-hold-back", "4.4.3.8", Must, "PART-HOLD-BACK is at least two part targets", func(v *view, f *finding) {
			v.control("PART-HOLD-BACK", func(t *text, n float64) {
				f.holds(n >= 2*t.media.partTarget-hair, "%s: %v of %v", t.name, n, 2*t.media.partTarget)
			})
		}},
		{"part-hold-back-advised", "4.4.3.8", Should, "PART-HOLD-BACK is at least three times the longest part target of all renditions", func(v *view, f *finding) {
			most := 0.0
			v.playlists(func(t *text) { most = max(most, t.media.partTarget) })
			v.control("PART-HOLD-BACK", func(t *text, n float64) {
				// What is below twice its own part target breaks a stronger rule.
				f.holds(n >= 3*most-hair || n < 2*t.media.partTarget-hair, "%s: %v of %v", t.name, n, 3*most)
			})
		}},
		{"skip-dateranges", "4.4.3.8", Must, "CAN-SKIP-DATERANGES goes with CAN-SKIP-UNTIL", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if _, ranges := t.media.control["CAN-SKIP-DATERANGES"]; ranges {
					_, skips := t.media.control["CAN-SKIP-UNTIL"]
					f.holds(skips, "%s: it stands alone", t.name)
				}
			})
		}},
		{"playlist-type-value", "4.4.3.5", Must, "EXT-X-PLAYLIST-TYPE is EVENT or VOD", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				for _, value := range t.values("#EXT-X-PLAYLIST-TYPE") {
					f.holds(value == "EVENT" || value == "VOD", "%s: %q", t.name, value)
				}
			})
		}},
	}
}

// playlists calls f with every media playlist, delta updates too.
func (v *view) playlists(f func(*text)) {
	for i := range v.texts {
		if v.texts[i].media != nil {
			f(&v.texts[i])
		}
	}
}

// control calls f with every playlist that has an attribute of EXT-X-SERVER-CONTROL, in seconds.
func (v *view) control(name string, f func(*text, float64)) {
	v.playlists(func(t *text) {
		if value, there := t.media.control[name]; there {
			if n, isNumber := seconds(value); isNumber {
				f(t, n)
			}
		}
	})
}

func (t *text) values(tag string) (out []string) {
	for _, l := range t.lines {
		if l.tag == tag {
			out = append(out, l.value)
		}
	}
	return out
}

// before finds a tag that stands behind one of those that it must stand before; an empty one means addresses.
func (t *text) before(f *finding, tag string, others ...string) {
	passed := ""
	for _, l := range t.lines {
		for _, other := range others {
			if l.tag == other {
				passed = l.tag + l.value
			}
		}
		if l.tag == tag {
			f.holds(passed == "", "%s, line %d: it stands behind %s", t.name, l.at, passed)
		}
	}
}
