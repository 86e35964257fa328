package rules

import (
	"net/http"
	"strconv"
	"strings"
)

func deliveryRules() []Rule {
	return []Rule{
		{"part-kept", "6.2.2", Must, "a part can be fetched for three target durations after it left the playlist", late(false)},
		{"segment-kept", "6.2.2", Must, "a segment can be fetched for its own duration after it left the playlist", late(true)},
		{"gzip", "6.2.1, B.1", Should, "playlists come in gzip to who takes it", func(v *view, f *finding) {
			for _, t := range v.texts {
				f.holds(t.Packed, "%s: plain", t.name)
			}
		}},
		{"playlist-cache", "B.1", Should, "a playlist that moves says how long it may be kept: half a target duration, or six if it was waited for", checkPlaylistCache},
		{"media-cache", "B.1", Should, "parts and segments say how long they may be kept: six target durations at least", checkMediaCache},
		{"media-type", "RFC 9110 8.3", Should, "media comes as video/mp4, audio/mp4 or a kind of its own", func(v *view, f *finding) {
			for address, a := range v.Media {
				kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
				if ok(a) {
					f.holds(strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/"), "%s comes as %q", short(address), kind)
				}
			}
		}},
		{"cross-origin", "Fetch 3.2", Must, "pages of other sites may read all of it", func(v *view, f *finding) {
			for _, t := range v.texts {
				f.holds(t.Header.Get("Access-Control-Allow-Origin") == "*", "%s: they may not", t.name)
			}
			for address, a := range v.Media {
				f.holds(!ok(a) || a.Header.Get("Access-Control-Allow-Origin") == "*", "%s: they may not", short(address))
			}
		}},
		{"length-true", "RFC 9110 8.6", Must, "Content-Length is the length", func(v *view, f *finding) {
			for address, a := range v.Media {
				if text := a.Header.Get("Content-Length"); ok(a) && text != "" {
					f.holds(text == strconv.Itoa(len(a.Body)), "%s: %s of %d", short(address), text, len(a.Body))
				}
			}
		}},
		{"range", "B.1, RFC 9110 14", Should, "ranges of a part can be fetched", probe(Range, func(p Probe, _ *media) bool {
			return p.Status == http.StatusPartialContent && strings.HasPrefix(p.Header.Get("Content-Range"), "bytes 0-")
		})},
		{"http-2", "B.1", Should, "over TLS it is HTTP/2 or later", func(v *view, f *finding) {
			for _, t := range v.texts {
				if strings.HasPrefix(t.URL, "https:") {
					f.holds(!strings.HasPrefix(t.Proto, "HTTP/1"), "%s: %s", t.name, t.Proto)
				}
			}
		}},
	}
}

func late(segments bool) func(*view, *finding) {
	return func(v *view, f *finding) {
		for _, r := range v.Renditions {
			for _, l := range r.Lates {
				if l.Segment == segments {
					f.holds(ok(l.Answer), "%s: %d to %s, %v after", short(r.URL), l.Status, short(l.URL), l.Gone)
				}
			}
		}
	}
}

// maxAge reads how long an answer may be kept by caches, in seconds; negative if it does not say.
func maxAge(a Answer) float64 {
	age := -1.0
	for directive := range strings.SplitSeq(a.Header.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			if n, isNumber := seconds(value); isNumber && age < 0 {
				age = n
			}
		case "s-maxage":
			age, _ = seconds(value)
		}
	}
	return age
}

func checkPlaylistCache(v *view, f *finding) {
	for _, r := range v.rends {
		for _, l := range r.loads {
			most := 0.5 * l.m.target
			if l.Blocking {
				most = 6 * l.m.target
			}
			if !l.m.ended {
				age := maxAge(l.Answer)
				f.holds(age >= 0 && age <= most, "%s: %q, and it moves", r.name, l.Header.Get("Cache-Control"))
			}
		}
	}
}

func checkMediaCache(v *view, f *finding) {
	v.resources(func(r *rend, _ *segment, uri string) {
		if a, asked := v.Media[resolve(r.URL, uri)]; asked && ok(a) && len(r.loads) > 0 {
			f.holds(maxAge(a) >= 6*r.loads[0].m.target, "%s: %q for %s", r.name, a.Header.Get("Cache-Control"), uri)
		}
	})
}
