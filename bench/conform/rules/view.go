package rules

import (
	"net/http"
	"slices"
	"strings"
)

// view is a Stream, read.
type view struct {
	*Stream
	multi *multi // nil if there is none
	rends []*rend
	inits map[string]*initial // by address; of those that can be read
	runs  map[string][]run    // by address of a part or segment
	texts []text
}

// text is one playlist as it was written, whichever kind it is of.
type text struct {
	name  string
	body  []byte
	lines []line
	media *media // nil of a multivariant playlist
	delta bool
	Answer
}

// rend is a rendition, read. Loads that were not answered with 200 are left out.
type rend struct {
	*Rendition
	name   string // for messages
	loads  []loaded
	deltas []delta
	video  bool // what its first initialization section says
	sound  bool
}

type loaded struct {
	Load
	m  *media
	at int // in Rendition.Loads
}

type delta struct {
	Delta
	m *media
}

func look(s *Stream) *view {
	v := &view{Stream: s, inits: map[string]*initial{}, runs: map[string][]run{}}
	if s.Master != nil {
		v.multi = readMulti(s.Master.Body)
		v.texts = append(v.texts, text{name: "the multivariant playlist", body: s.Master.Body, lines: v.multi.lines, Answer: *s.Master})
	}
	for _, r := range s.Renditions {
		one := &rend{Rendition: r, name: short(r.URL)}
		for n, l := range r.Loads {
			if l.Status == http.StatusOK {
				one.loads = append(one.loads, loaded{l, readMedia(l.Body), n})
			}
		}
		for _, d := range r.Deltas {
			if d.Status == http.StatusOK {
				one.deltas = append(one.deltas, delta{d, readMedia(d.Body)})
			}
		}
		for _, l := range one.loads {
			v.texts = append(v.texts, text{one.name, l.Body, l.m.lines, l.m, false, l.Answer})
		}
		for _, d := range one.deltas {
			v.texts = append(v.texts, text{one.name + " (delta)", d.Body, d.m.lines, d.m, true, d.Answer})
		}
		v.read(one)
		v.rends = append(v.rends, one)
	}
	return v
}

// read reads the media that a rendition names.
func (v *view) read(r *rend) {
	for _, s := range r.segments() {
		first := v.initial(r, s)
		for _, uri := range s.resources() {
			address := resolve(r.URL, uri)
			if answer, ok := v.Media[address]; ok && answer.Status == http.StatusOK && first != nil && v.runs[address] == nil {
				if runs, err := readRuns(answer.Body, first); err == nil {
					v.runs[address] = runs
				}
			}
		}
		if first != nil {
			for _, t := range first.tracks {
				r.video, r.sound = r.video || t.width > 0, r.sound || t.channels > 0
			}
		}
	}
}

// initial returns what a segment's EXT-X-MAP names, if it can be read.
func (v *view) initial(r *rend, s *segment) *initial {
	address := resolve(r.URL, s.mapped)
	if known := v.inits[address]; known != nil {
		return known
	}
	answer, ok := v.Media[address]
	if !ok || answer.Status != http.StatusOK || s.mapped == "" {
		return nil
	}
	first, err := readInitial(answer.Body)
	if err != nil {
		return nil
	}
	v.inits[address] = first
	return first
}

// segments are all segments that the rendition ever named, by number, each as it was last seen with the most parts.
func (r *rend) segments() []*segment {
	best := map[uint64]*segment{}
	for _, l := range r.loads {
		for i := range l.m.segments {
			s := &l.m.segments[i]
			if old := best[s.msn]; old == nil || len(s.parts) > len(old.parts) || !old.done() && s.done() && len(s.parts) == len(old.parts) {
				best[s.msn] = s
			}
		}
	}
	// A segment is first seen with all its parts when it is done already, so its duration is there, too.
	out := make([]*segment, 0, len(best))
	for _, s := range best {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *segment) int { return int(int64(a.msn - b.msn)) })
	return out
}

// resources are the addresses of a segment and its parts, as written, without gaps and byte ranges.
func (s *segment) resources() []string {
	var out []string
	add := func(uri string, gap bool) {
		if uri != "" && !gap && !strings.Contains(uri, "#") {
			out = append(out, uri)
		}
	}
	add(s.uri, s.gap)
	for _, p := range s.parts {
		add(p.uri, p.gap)
	}
	return out
}

// live reports whether the rendition had not ended when it was first read.
func (r *rend) live() bool { return len(r.loads) > 0 && !r.loads[0].m.ended }

// blocks reports whether it offers blocking reload.
func (r *rend) blocks() bool {
	return len(r.loads) > 0 && r.loads[0].m.control["CAN-BLOCK-RELOAD"] == "YES"
}

// pairs calls f with each two loads that follow each other.
func (v *view) pairs(f func(r *rend, before, after loaded)) {
	for _, r := range v.rends {
		for i := 1; i < len(r.loads); i++ {
			f(r, r.loads[i-1], r.loads[i])
		}
	}
}

// short is the end of an address, for messages.
func short(address string) string {
	path, _, _ := strings.Cut(address, "?")
	if n := strings.LastIndexByte(path, '/'); n >= 0 {
		path = path[n+1:]
	}
	return path
}
