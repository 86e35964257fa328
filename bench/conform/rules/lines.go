package rules

import (
	"strconv"
	"strings"
)

// line is one line of a playlist that is not blank.
type line struct {
	at    int    // from 1
	tag   string // "#EXTINF", without its value; empty for an address
	value string // after the colon; or the address
	attrs []attribute
	wrong string // why the attributes could not be read
}

// attribute is a name and its value as written; quoted values without their quotes.
type attribute struct {
	name, value string
	quoted      bool
}

// playlistBytesMax bounds a playlist that is read.
const playlistBytesMax = 8 << 20

// listed are the tags whose value is an attribute list.
var listed = map[string]bool{
	"#EXT-X-MEDIA": true, "#EXT-X-STREAM-INF": true, "#EXT-X-I-FRAME-STREAM-INF": true, "#EXT-X-SESSION-DATA": true, "#EXT-X-SESSION-KEY": true,
	"#EXT-X-CONTENT-STEERING": true, "#EXT-X-START": true, "#EXT-X-DEFINE": true, "#EXT-X-PART-INF": true, "#EXT-X-SERVER-CONTROL": true,
	"#EXT-X-KEY": true, "#EXT-X-MAP": true, "#EXT-X-PART": true, "#EXT-X-DATERANGE": true, "#EXT-X-SKIP": true, "#EXT-X-PRELOAD-HINT": true,
	"#EXT-X-RENDITION-REPORT": true,
}

// readLines takes a playlist apart. Comments and blank lines are left out.
func readLines(text []byte) []line {
	if len(text) > playlistBytesMax {
		text = text[:playlistBytesMax]
	}
	var out []line
	at := 0
	for raw := range strings.SplitSeq(string(text), "\n") {
		at++
		raw = strings.TrimSuffix(raw, "\r")
		switch {
		case raw == "" || strings.HasPrefix(raw, "#") && !strings.HasPrefix(raw, "#EXT"):
		case !strings.HasPrefix(raw, "#"):
			out = append(out, line{at: at, value: raw})
		default:
			l := line{at: at}
			l.tag, l.value, _ = strings.Cut(raw, ":")
			if listed[l.tag] {
				l.attrs, l.wrong = readAttributes(l.value)
			}
			out = append(out, l)
		}
	}
	return out
}

// readAttributes reads an attribute list (4.2), as far as it is well formed.
func readAttributes(text string) (out []attribute, wrong string) {
	for text != "" {
		name, rest, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return out, "an attribute's name is of A-Z, 0-9 and -, and followed by =: " + strconv.Quote(text)
		}
		a := attribute{name: name}
		if rest, a.quoted = strings.CutPrefix(rest, `"`); a.quoted {
			if a.value, rest, ok = strings.Cut(rest, `"`); !ok {
				return out, "a quote does not end: " + strconv.Quote(text)
			}
			if rest != "" && rest[0] != ',' {
				return out, "something stands behind a quote: " + strconv.Quote(rest)
			}
		} else if n := strings.IndexByte(rest, ','); n >= 0 {
			a.value, rest = rest[:n], rest[n:]
		} else {
			a.value, rest = rest, ""
		}
		if a.value == "" && !a.quoted || strings.ContainsAny(a.value, "\"") {
			return out, "an attribute has no value: " + name
		}
		out = append(out, a)
		if rest == "" {
			return out, ""
		}
		if text = rest[1:]; text == "" {
			return out, "the list ends with a comma"
		}
	}
	return out, "the list is empty"
}

// get returns an attribute's value; of several, the first.
func (l *line) get(name string) (string, bool) {
	for _, a := range l.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// seconds reads a decimal-floating-point or decimal-integer (4.2).
func seconds(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 || text == "" || text == "." {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// whole reads a decimal-integer (4.2).
func whole(text string) (uint64, bool) {
	if text == "" || len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}
