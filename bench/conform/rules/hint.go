package rules

import (
	"bytes"
	"net/http"
	"strings"
)

func hintRules() []Rule {
	return []Rule{
		{"hint-attributes", "4.4.5.3", Must, "a preload hint has a type and an address", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if l.tag == "#EXT-X-PRELOAD-HINT" && l.wrong == "" {
					kind, _ := l.get("TYPE")
					_, uri := l.get("URI")
					f.holds(uri && (kind == "PART" || kind == "MAP"), "%s, line %d: %s", t.name, l.at, l.value)
				}
			})
		}},
		{"hint-there", "B.1", Must, "a playlist with parts that goes on hints at the next one", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.count("#EXT-X-PART") > 0 && !t.media.ended {
					f.holds(len(t.media.hints) > 0, "%s: no hint", t.name)
				}
			})
		}},
		{"hint-once", "6.2.6", Should, "there is one hint of each type at most", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				n := map[string]int{}
				for _, h := range t.media.hints {
					kind, _ := h.get("TYPE")
					n[kind]++
					f.holds(n[kind] == 1, "%s, line %d: another %s", t.name, h.at, kind)
				}
			})
		}},
		{"hint-not-at-the-end", "4.4.5.3", Must, "a playlist with EXT-X-ENDLIST has no hint", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				if t.media.ended {
					f.holds(len(t.media.hints) == 0, "%s: %d hints", t.name, len(t.media.hints))
				}
			})
		}},
		{"hint-comes-true", "4.4.5.3", Must, "the hinted part comes under the hinted address", checkHint},
		{"hint-answered", "6.2.6", Must, "a hinted part can be asked for, and is what its address then stands for", checkHinted},
		{"unknown-not-found", "6.2.6", Should, "a part that is neither there nor hinted at is not found (404)", probe(Unknown, func(p Probe, _ *media) bool { return p.Status == http.StatusNotFound })},
		{"report-attributes", "4.4.5.4", Must, "a rendition report has a relative address and says what is newest", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if l.tag != "#EXT-X-RENDITION-REPORT" || l.wrong != "" {
					return
				}
				uri, there := l.get("URI")
				_, msn := l.get("LAST-MSN")
				_, part := l.get("LAST-PART")
				relative := there && !strings.Contains(uri, "://")
				f.holds(relative && msn && (part || t.count("#EXT-X-PART") == 0), "%s, line %d: %s", t.name, l.at, l.value)
			})
		}},
		{"report-of-each", "B.1", Must, "a playlist with parts reports every other rendition once, and not itself", checkReports},
		{"report-true", "4.4.5.4", Must, "a rendition report is as up to date as the playlist that holds it", checkReportTrue},
	}
}

func checkHint(v *view, f *finding) {
	v.pairs(func(r *rend, a, b loaded) {
		if len(a.m.hints) == 0 || b.m.ended {
			return
		}
		uri, _ := a.m.hints[0].get("URI")
		kind, _ := a.m.hints[0].get("TYPE")
		was, any := a.m.last()
		if kind != "PART" || uri == "" || !any {
			return
		}
		for i := range b.m.segments {
			s := &b.m.segments[i]
			for n, p := range s.parts {
				if at := (place{s.msn, n}); !at.after(was) {
					continue
				}
				came, _, _ := strings.Cut(p.uri, "#")
				f.holds(came == uri, "%s: %s was hinted at, and %s came", r.name, uri, came)
				return
			}
		}
	})
}

func checkHinted(v *view, f *finding) {
	for _, r := range v.rends {
		end := len(r.Loads) // the first that has ended
		for _, l := range r.loads {
			if l.m.ended {
				end = min(end, l.at)
			}
		}
		for _, h := range r.Hints {
			if h.Load >= end-1 {
				continue // it ended meanwhile: what was hinted at does not come
			}
			f.holds(ok(h.Answer), "%s: %d to the hint %s", r.name, h.Status, short(h.URL))
			if known, there := v.Media[h.URL]; ok(h.Answer) && there && ok(known) {
				f.holds(bytes.Equal(known.Body, h.Body), "%s: %s is another one now", r.name, short(h.URL))
			}
		}
	}
}

func checkReports(v *view, f *finding) {
	if v.multi == nil {
		return
	}
	for _, r := range v.rends {
		for _, l := range r.loads {
			if l.m.ended || l.m.partTarget == 0 {
				continue
			}
			reported := map[string]int{}
			for _, report := range l.m.reports {
				uri, _ := report.get("URI")
				reported[resolve(r.URL, uri)]++
			}
			for _, other := range v.rends {
				want := 1
				if other == r {
					want = 0
				}
				f.holds(reported[other.URL] == want, "%s: %d reports of %s", r.name, reported[other.URL], other.name)
			}
		}
	}
}

// checkReportTrue compares what a playlist says of another one with what was read of that one before and afterwards.
func checkReportTrue(v *view, f *finding) {
	for _, r := range v.rends {
		for _, l := range r.loads {
			for _, report := range l.m.reports {
				uri, _ := report.get("URI")
				text, _ := report.get("LAST-MSN")
				msn, one := whole(text)
				text, _ = report.get("LAST-PART")
				index, two := whole(text)
				if !one || !two || index > 1<<16 {
					continue
				}
				said := place{msn, int(index)}
				for _, other := range v.rends {
					if other.URL == resolve(r.URL, uri) && other != r {
						within(f, r, other, l, said)
					}
				}
			}
		}
	}
}

func within(f *finding, r, other *rend, l loaded, said place) {
	for _, known := range other.loads {
		is, any := known.m.last()
		if !any || is.part < 0 {
			continue
		}
		// While a playlist waits it may be made after the answer of another one, and still be read before it.
		if known.Came.Before(l.Sent) {
			f.holds(!is.after(said), "%s: it says %v of %s, which had %v before it was asked for", r.name, said, other.name, is)
		}
		if known.Sent.After(l.Came) {
			f.holds(!said.after(is), "%s: it says %v of %s, which had %v afterwards", r.name, said, other.name, is)
		}
	}
}
