package rules

import (
	"slices"
	"strings"
)

// Listing is what a reader has to know of a media playlist to go on.
type Listing struct {
	Target    float64
	Blocks    bool // it offers blocking reload
	Skips     bool // and delta updates
	Ended     bool
	FirstMSN  uint64
	LastMSN   uint64
	LastPart  int // negative without parts
	NextMSN   uint64
	NextPart  int    // to wait for; negative without parts
	Hint      string // absolute address of the hinted part
	BeyondMSN uint64 // a finished segment with parts
	Beyond    int    // one more than its last part; negative if there is none

	inits    []string
	parts    []string           // absolute, in order
	segments map[string]float64 // absolute, with their durations
	order    []string
}

// List reads a media playlist at an address.
func List(text []byte, base string) Listing {
	m := readMedia(text)
	l := Listing{
		Target: m.target, Blocks: m.control["CAN-BLOCK-RELOAD"] == "YES", Skips: m.control["CAN-SKIP-UNTIL"] != "", Ended: m.ended,
		FirstMSN: m.sequence, LastPart: -1, NextPart: -1, NextMSN: m.sequence, Beyond: -1, segments: map[string]float64{},
	}
	for _, s := range m.segments {
		if first := resolve(base, s.mapped); s.mapped != "" && !slices.Contains(l.inits, first) {
			l.inits = append(l.inits, first)
		}
		for _, p := range s.parts {
			if !p.gap && !strings.Contains(p.uri, "#") {
				l.parts = append(l.parts, resolve(base, p.uri))
			}
		}
		if s.done() && !s.gap && s.ranged == "" {
			l.segments[resolve(base, s.uri)] = s.duration
			l.order = append(l.order, resolve(base, s.uri))
			if len(s.parts) > 0 {
				l.BeyondMSN, l.Beyond = s.msn, len(s.parts)
			}
		}
		l.LastMSN, l.LastPart = s.msn, len(s.parts)-1
		l.NextMSN, l.NextPart = s.msn+1, -1
		if m.partTarget > 0 {
			if l.NextPart = 0; !s.done() {
				l.NextMSN, l.NextPart = s.msn, len(s.parts)
			}
		}
	}
	if len(m.hints) > 0 {
		if kind, _ := m.hints[0].get("TYPE"); kind == "PART" {
			uri, _ := m.hints[0].get("URI")
			l.Hint = resolve(base, uri)
		}
	}
	return l
}

// All returns the addresses that a playlist names, initialization sections first.
func (l Listing) All() []string { return slices.Concat(l.inits, l.order, l.parts) }

// PartsGone returns the parts that a later listing does not name any more.
func (l Listing) PartsGone(later Listing) (out []string) {
	for _, p := range l.parts {
		if !slices.Contains(later.parts, p) {
			out = append(out, p)
		}
	}
	return out
}

// SegmentsGone returns the segments that a later listing does not name any more, with their durations.
func (l Listing) SegmentsGone(later Listing) map[string]float64 {
	out := map[string]float64{}
	for address, lasts := range l.segments {
		if _, there := later.segments[address]; !there {
			out[address] = lasts
		}
	}
	return out
}
