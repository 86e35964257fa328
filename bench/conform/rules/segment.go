package rules

import (
	"strings"
	"time"
)

func segmentRules() []Rule {
	return []Rule{
		{"extinf", "4.4.4.1", Must, "every segment has an EXTINF with a duration, and every EXTINF a segment", checkExtinf},
		{"map", "3.1.2", Must, "an EXT-X-MAP applies to every segment of fragmented MP4", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				for _, s := range t.media.segments {
					if !s.gap {
						f.holds(s.mapped != "", "%s, line %d: none", t.name, s.at)
					}
				}
			})
		}},
		{"date-form", "4.4.4.6", Must, "EXT-X-PROGRAM-DATE-TIME is a date and time of ISO 8601", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if l.tag == "#EXT-X-PROGRAM-DATE-TIME" {
					_, err := time.Parse(dateForm, l.value)
					_, errLocal := time.Parse("2006-01-02T15:04:05.999999999", l.value)
					f.holds(err == nil || errLocal == nil, "%s, line %d: %s", t.name, l.at, l.value)
				}
			})
		}},
		{"date-exact", "4.4.4.6", Should, "EXT-X-PROGRAM-DATE-TIME has a time zone and milliseconds", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if l.tag == "#EXT-X-PROGRAM-DATE-TIME" {
					zoned := strings.HasSuffix(l.value, "Z") || strings.LastIndexAny(l.value, "+-") > strings.IndexByte(l.value, 'T')
					_, fraction, _ := strings.Cut(l.value, ".")
					if strings.IndexByte(l.value, 'T') < 0 {
						return // it is no date at all, which another rule says
					}
					f.holds(zoned && len(fraction) > 3, "%s, line %d: %s", t.name, l.at, l.value)
				}
			})
		}},
		{"bare-tags", "4.4", Must, "tags without a value have none", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				switch l.tag {
				case "#EXTM3U", "#EXT-X-DISCONTINUITY", "#EXT-X-GAP", "#EXT-X-ENDLIST", "#EXT-X-INDEPENDENT-SEGMENTS":
					f.holds(l.value == "", "%s, line %d: %s:%s", t.name, l.at, l.tag, l.value)
				}
			})
		}},
		{"unique-addresses", "6.2.1", Must, "each segment and part has an address of its own", func(v *view, f *finding) {
			v.playlists(func(t *text) {
				seen := map[string]bool{}
				for _, s := range t.media.segments {
					for _, uri := range s.resources() {
						f.holds(!seen[uri], "%s: %s twice", t.name, uri)
						seen[uri] = true
					}
				}
			})
		}},
	}
}

func checkExtinf(v *view, f *finding) {
	v.playlists(func(t *text) {
		pending := 0
		for _, l := range t.lines {
			switch {
			case l.tag == "#EXTINF":
				number, _, comma := strings.Cut(l.value, ",")
				_, right := seconds(strings.TrimSpace(number))
				f.holds(right && comma, "%s, line %d: %q", t.name, l.at, l.value)
				pending++
			case l.tag == "":
				f.holds(pending == 1, "%s, line %d: %d EXTINF before it", t.name, l.at, pending)
				pending = 0
			}
		}
		f.holds(pending == 0, "%s: an EXTINF without an address at the end", t.name)
	})
}
