package rules

import (
	"strings"
	"time"
)

// media is a media playlist as it reads. What cannot be read is left at zero: the rules of syntax say so.
type media struct {
	lines      []line
	version    int
	target     float64
	partTarget float64
	control    map[string]string
	kind       string // of EXT-X-PLAYLIST-TYPE
	ended      bool
	sequence   uint64
	breaks     uint64 // EXT-X-DISCONTINUITY-SEQUENCE
	skipped    uint64
	segments   []segment // the last may be open
	hints      []*line
	reports    []*line
}

// segment is a media segment; an open one has parts, and no address yet.
type segment struct {
	at       int // line of its address, or of its last tag
	msn      uint64
	uri      string // as written; empty while it is open; of a byte range, with the range behind a #
	ranged   string // the byte range to come, behind a #
	duration float64
	gap      bool
	breaks   bool   // EXT-X-DISCONTINUITY stands before it
	run      uint64 // its discontinuity sequence number
	mapped   string // the EXT-X-MAP in force, as written
	date     time.Time
	parts    []part
}

// part is a partial segment.
type part struct {
	at          int
	uri         string // as written; of a byte range, with the range behind a #
	duration    float64
	independent bool
	gap         bool
}

const dateForm = "2006-01-02T15:04:05.999999999Z07:00"

func readMedia(text []byte) *media {
	m := &media{lines: readLines(text), control: map[string]string{}}
	var open segment // what is known of the segment to come
	for i := range m.lines {
		l := &m.lines[i]
		if l.tag != "" {
			m.head(l)
			open.tag(l)
			if l.tag == "#EXT-X-MAP" || l.tag == "#EXTINF" || l.tag == "#EXT-X-PART" || open.breaks {
				open.at = l.at
			}
			continue
		}
		open.uri, open.at = l.value+open.ranged, l.at
		m.segments = append(m.segments, open)
		open = segment{mapped: open.mapped}
	}
	if len(open.parts) > 0 {
		m.segments = append(m.segments, open)
	}
	m.count()
	return m
}

// count numbers the segments.
func (m *media) count() {
	run := m.breaks
	for i := range m.segments {
		s := &m.segments[i]
		s.msn = m.sequence + m.skipped + uint64(i)
		if s.breaks {
			run++
		}
		s.run = run
	}
}

func (m *media) head(l *line) {
	switch l.tag {
	case "#EXT-X-VERSION":
		n, _ := whole(l.value)
		m.version = int(min(n, 1000))
	case "#EXT-X-TARGETDURATION":
		m.target, _ = seconds(l.value)
	case "#EXT-X-PART-INF":
		text, _ := l.get("PART-TARGET")
		m.partTarget, _ = seconds(text)
	case "#EXT-X-SERVER-CONTROL":
		for _, a := range l.attrs {
			m.control[a.name] = a.value
		}
	case "#EXT-X-PLAYLIST-TYPE":
		m.kind = l.value
	case "#EXT-X-ENDLIST":
		m.ended = true
	case "#EXT-X-MEDIA-SEQUENCE":
		m.sequence, _ = whole(l.value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		m.breaks, _ = whole(l.value)
	case "#EXT-X-SKIP":
		text, _ := l.get("SKIPPED-SEGMENTS")
		m.skipped, _ = whole(text)
	case "#EXT-X-PRELOAD-HINT":
		m.hints = append(m.hints, l)
	case "#EXT-X-RENDITION-REPORT":
		m.reports = append(m.reports, l)
	}
}

// tag notes what a tag says of the segment to come.
func (s *segment) tag(l *line) {
	switch l.tag {
	case "#EXTINF":
		text, _, _ := strings.Cut(l.value, ",")
		s.duration, _ = seconds(text)
	case "#EXT-X-GAP":
		s.gap = true
	case "#EXT-X-BYTERANGE":
		s.ranged = "#" + l.value
	case "#EXT-X-DISCONTINUITY":
		s.breaks = true
	case "#EXT-X-MAP":
		s.mapped, _ = l.get("URI")
	case "#EXT-X-PROGRAM-DATE-TIME":
		s.date, _ = time.Parse(dateForm, l.value)
	case "#EXT-X-PART":
		p := part{at: l.at}
		p.uri, _ = l.get("URI")
		if span, ranged := l.get("BYTERANGE"); ranged {
			p.uri += "#" + span
		}
		text, _ := l.get("DURATION")
		p.duration, _ = seconds(text)
		independent, _ := l.get("INDEPENDENT")
		gap, _ := l.get("GAP")
		p.independent, p.gap = independent == "YES", gap == "YES"
		s.parts = append(s.parts, p)
	}
}

// done reports whether the segment's address is known.
func (s *segment) done() bool { return s.uri != "" }

// lasts is a segment's duration: of an open one, that of its parts.
func (s *segment) lasts() float64 {
	if s.done() {
		return s.duration
	}
	sum := 0.0
	for _, p := range s.parts {
		sum += p.duration
	}
	return sum
}

// lasts is the duration of the segments that are whole.
func (m *media) lasts() (sum float64) {
	for _, s := range m.segments {
		if s.done() {
			sum += s.duration
		}
	}
	return sum
}

// place is a part's number of its segment and its index there.
type place struct {
	msn  uint64
	part int
}

func (p place) after(q place) bool { return p.msn > q.msn || p.msn == q.msn && p.part > q.part }

// last is the newest part, or the newest segment as a whole (part -1) if it has none.
func (m *media) last() (place, bool) {
	if len(m.segments) == 0 {
		return place{}, false
	}
	s := m.segments[len(m.segments)-1]
	return place{s.msn, len(s.parts) - 1}, true
}

// find returns the segment with this number.
func (m *media) find(msn uint64) *segment {
	if len(m.segments) == 0 || msn < m.segments[0].msn || msn-m.segments[0].msn >= uint64(len(m.segments)) {
		return nil
	}
	return &m.segments[msn-m.segments[0].msn]
}

// merged is the whole playlist that a delta update stands for (6.3.7), made with what was known before; nil if that lacks something.
func (m *media) merged(before *media) *media {
	whole := *m
	whole.segments = nil
	for msn := m.sequence; msn < m.sequence+m.skipped; msn++ {
		s := before.find(msn)
		if s == nil {
			return nil
		}
		whole.segments = append(whole.segments, *s)
	}
	whole.segments = append(whole.segments, m.segments...)
	whole.skipped = 0
	whole.count()
	return &whole
}
