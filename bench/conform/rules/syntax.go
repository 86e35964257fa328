package rules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// The tags of each kind (4.4), those of media segments without the ones that any playlist may lack.
var (
	mediaTags = []string{
		"#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE",
		"#EXT-X-I-FRAMES-ONLY", "#EXT-X-PART-INF", "#EXT-X-SERVER-CONTROL",
	}
	segmentTags = []string{
		"#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-GAP",
		"#EXT-X-BITRATE", "#EXT-X-PART",
	}
	multiTags = []string{
		"#EXT-X-MEDIA", "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING",
	}
	onceTags = append([]string{"#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-START", "#EXT-X-CONTENT-STEERING"}, mediaTags...)
)

func syntaxRules() []Rule {
	return []Rule{
		{"playlist-type", "4", Must, "a playlist is known by its path (.m3u8) or its content type", checkPlaylistType},
		{"utf-8", "4.1", Must, "a playlist is UTF-8 without byte order mark and control characters", checkUTF8},
		{"whitespace", "4.1", Must, "there is no whitespace but in quotes and titles", checkWhitespace},
		{"first-line", "4.4.1.1", Must, "#EXTM3U is the first line", func(v *view, f *finding) {
			for _, t := range v.texts {
				first, _, _ := strings.Cut(string(t.body), "\n")
				f.holds(strings.TrimSuffix(first, "\r") == "#EXTM3U", "%s: it begins with %.40q", t.name, first)
			}
		}},
		{"version-once", "4.4.1.2", Must, "EXT-X-VERSION appears once at most", func(v *view, f *finding) {
			for _, t := range v.texts {
				f.holds(t.count("#EXT-X-VERSION") <= 1, "%s: %d times", t.name, t.count("#EXT-X-VERSION"))
			}
		}},
		{"version-enough", "8", Must, "EXT-X-VERSION is at least what the tags need", checkVersion},
		{"attribute-list", "4.2", Must, "attribute lists are well formed", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				if listed[l.tag] {
					f.holds(l.wrong == "", "%s, line %d: %s", t.name, l.at, l.wrong)
				}
			})
		}},
		{"attribute-once", "4.2", Must, "an attribute appears once in its list", checkAttributeOnce},
		{"attribute-value", "4.2", Must, "numbers, quoted and enumerated values have the form of their kind", checkValues},
		{"tag-once", "4.4.2, 4.4.3", Must, "tags about the whole playlist appear once at most", func(v *view, f *finding) {
			for _, t := range v.texts {
				for _, tag := range onceTags {
					f.holds(t.count(tag) <= 1, "%s: %s %d times", t.name, tag, t.count(tag))
				}
			}
		}},
		{"one-kind", "4.1", Must, "a playlist has no tags of the other kind", func(v *view, f *finding) {
			v.tags(func(t *text, l *line) {
				foreign := multiTags
				if t.media == nil {
					foreign = append(slices.Clone(mediaTags), segmentTags...)
				}
				f.holds(!slices.Contains(foreign, l.tag), "%s, line %d: %s", t.name, l.at, l.tag)
			})
		}},
	}
}

func (t *text) count(tag string) (n int) {
	for _, l := range t.lines {
		if l.tag == tag {
			n++
		}
	}
	return n
}

// tags calls f with each line that is a tag.
func (v *view) tags(f func(*text, *line)) {
	for i := range v.texts {
		t := &v.texts[i]
		for j := range t.lines {
			if t.lines[j].tag != "" {
				f(t, &t.lines[j])
			}
		}
	}
}

func checkPlaylistType(v *view, f *finding) {
	for _, t := range v.texts {
		kind, _, _ := strings.Cut(t.Header.Get("Content-Type"), ";")
		typed := kind == "application/vnd.apple.mpegurl" || kind == "audio/mpegurl"
		u, err := url.Parse(t.URL)
		named := err == nil && (strings.HasSuffix(u.Path, ".m3u8") || strings.HasSuffix(u.Path, ".m3u"))
		// A content type that says something else misleads who goes by it, whatever the name.
		f.holds(typed || named && kind == "", "%s: %s as %q", t.name, short(t.URL), kind)
	}
}

func checkUTF8(v *view, f *finding) {
	for _, t := range v.texts {
		body := string(t.body)
		f.holds(utf8.ValidString(body) && !strings.HasPrefix(body, "\ufeff"), "%s: it is not UTF-8, or has a byte order mark", t.name)
		control := strings.IndexFunc(body, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f })
		f.holds(control < 0, "%s: a control character at byte %d", t.name, control)
	}
}

func checkWhitespace(v *view, f *finding) {
	for _, t := range v.texts {
		for _, l := range t.lines {
			value := l.value
			switch {
			case l.tag == "#EXTINF":
				value, _, _ = strings.Cut(value, ",") // the title is free
			case listed[l.tag]:
				value = outsideQuotes(value)
			}
			f.holds(!strings.ContainsAny(l.tag+value, " \t"), "%s, line %d: %s", t.name, l.at, l.tag)
		}
	}
}

func outsideQuotes(text string) string {
	var out strings.Builder
	for i, piece := range strings.Split(text, `"`) {
		if i%2 == 0 {
			out.WriteString(piece)
		}
	}
	return out.String()
}

// needs are the versions that tags need (8).
var needs = map[string]int{"#EXT-X-SKIP": 9, "#EXT-X-GAP": 8, "#EXT-X-DEFINE": 8, "#EXT-X-MAP": 6, "#EXT-X-BYTERANGE": 4, "#EXT-X-I-FRAMES-ONLY": 4}

func checkVersion(v *view, f *finding) {
	for _, t := range v.texts {
		version, least := 1, 1
		for _, l := range t.lines {
			if n, ok := whole(l.value); ok && l.tag == "#EXT-X-VERSION" {
				version = int(min(n, 100))
			}
			need := needs[l.tag]
			if number, _, _ := strings.Cut(l.value, ","); l.tag == "#EXTINF" && strings.Contains(number, ".") {
				need = 3
			}
			least = max(least, need)
		}
		f.holds(version >= least, "%s: version %d, and it needs %d", t.name, version, least)
	}
}

func checkAttributeOnce(v *view, f *finding) {
	v.tags(func(t *text, l *line) {
		seen := map[string]bool{}
		for _, a := range l.attrs {
			f.holds(!seen[a.name], "%s, line %d: %s twice", t.name, l.at, a.name)
			seen[a.name] = true
		}
	})
}

// Kinds of values (4.2).
const (
	quotedValue = iota
	wordValue
	wholeValue
	secondsValue
	sizeValue
)

// values says of which kind attributes are, by tag.
var values = map[string]map[string]int{
	"#EXT-X-SERVER-CONTROL":   {"CAN-SKIP-UNTIL": secondsValue, "HOLD-BACK": secondsValue, "PART-HOLD-BACK": secondsValue, "CAN-BLOCK-RELOAD": wordValue, "CAN-SKIP-DATERANGES": wordValue},
	"#EXT-X-PART-INF":         {"PART-TARGET": secondsValue},
	"#EXT-X-MAP":              {"URI": quotedValue, "BYTERANGE": quotedValue},
	"#EXT-X-PART":             {"URI": quotedValue, "DURATION": secondsValue, "INDEPENDENT": wordValue, "GAP": wordValue, "BYTERANGE": quotedValue},
	"#EXT-X-SKIP":             {"SKIPPED-SEGMENTS": wholeValue},
	"#EXT-X-PRELOAD-HINT":     {"TYPE": wordValue, "URI": quotedValue, "BYTERANGE-START": wholeValue, "BYTERANGE-LENGTH": wholeValue},
	"#EXT-X-RENDITION-REPORT": {"URI": quotedValue, "LAST-MSN": wholeValue, "LAST-PART": wholeValue},
	"#EXT-X-MEDIA": {
		"TYPE": wordValue, "GROUP-ID": quotedValue, "NAME": quotedValue, "DEFAULT": wordValue, "AUTOSELECT": wordValue, "FORCED": wordValue, "URI": quotedValue,
		"LANGUAGE": quotedValue, "CHANNELS": quotedValue, "CHARACTERISTICS": quotedValue,
	},
	"#EXT-X-STREAM-INF": {
		"BANDWIDTH": wholeValue, "AVERAGE-BANDWIDTH": wholeValue, "CODECS": quotedValue, "RESOLUTION": sizeValue, "FRAME-RATE": secondsValue, "AUDIO": quotedValue,
		"SUBTITLES": quotedValue, "VIDEO": quotedValue,
	},
}

func checkValues(v *view, f *finding) {
	v.tags(func(t *text, l *line) {
		for _, a := range l.attrs {
			kind, known := values[l.tag][a.name]
			if !known {
				continue
			}
			right := a.quoted == (kind == quotedValue)
			switch kind {
			case quotedValue:
				right = right && a.value != ""
			case wordValue:
				right = right && strings.Trim(a.value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
			case wholeValue:
				_, ok := whole(a.value)
				right = right && ok
			case secondsValue:
				_, ok := seconds(a.value)
				right = right && ok
			case sizeValue:
				width, height, ok := strings.Cut(a.value, "x")
				_, one := whole(width)
				_, two := whole(height)
				right = right && ok && one && two
			}
			f.holds(right, "%s, line %d: %s=%s", t.name, l.at, a.name, a.value)
		}
	})
}

// ok reports whether an answer was given.
func ok(a Answer) bool { return a.Status == http.StatusOK }
