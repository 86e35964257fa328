package rules

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutation breaks a good stream in one way.
type mutation struct {
	rule string // that must find it, alone
	of   string // which good stream; "" is the live one
	how  func(*Stream)
}

// text changes what every playlist of some renditions says, delta updates too.
func (s *Stream) text(change func(string) string, renditions ...int) {
	for n, r := range s.Renditions {
		if len(renditions) > 0 && !slices.Contains(renditions, n) {
			continue
		}
		for i := range r.Loads {
			r.Loads[i].Body = []byte(change(string(r.Loads[i].Body)))
		}
		for i := range r.Deltas {
			r.Deltas[i].Body = []byte(change(string(r.Deltas[i].Body)))
		}
		for i := range r.Probes {
			r.Probes[i].Body = []byte(change(string(r.Probes[i].Body)))
		}
	}
}

// swap replaces text in every playlist of some renditions.
func swap(old, new string, renditions ...int) func(*Stream) {
	return func(s *Stream) {
		s.text(func(text string) string { return strings.ReplaceAll(text, old, new) }, renditions...)
	}
}

// swapAll is swap by a regular expression.
func swapAll(pattern, new string, renditions ...int) func(*Stream) {
	re := regexp.MustCompile(pattern)
	return func(s *Stream) {
		s.text(func(text string) string { return re.ReplaceAllString(text, new) }, renditions...)
	}
}

// load changes one load of a rendition, from the end if n is negative, and drops the delta update that belongs to it.
func (s *Stream) load(r, n int, change func(*Load)) {
	rend := s.Renditions[r]
	if n < 0 {
		n += len(rend.Loads)
	}
	change(&rend.Loads[n])
	rend.Deltas = slices.DeleteFunc(rend.Deltas, func(d Delta) bool { return d.Full == n })
}

// one replaces text in one load, once.
func one(r, n int, pattern, new string) func(*Stream) {
	re := regexp.MustCompile(pattern)
	return func(s *Stream) {
		s.load(r, n, func(l *Load) {
			if at := re.FindIndex(l.Body); at != nil {
				l.Body = slices.Concat(l.Body[:at[0]], re.ReplaceAll(l.Body[at[0]:at[1]], []byte(new)), l.Body[at[1]:])
			}
		})
	}
}

// master changes the multivariant playlist.
func master(pattern, new string) func(*Stream) {
	re := regexp.MustCompile(pattern)
	return func(s *Stream) { s.Master.Body = re.ReplaceAll(s.Master.Body, []byte(new)) }
}

func both(all ...func(*Stream)) func(*Stream) {
	return func(s *Stream) {
		for _, f := range all {
			f(s)
		}
	}
}

// withoutDeltas is for heads that change what delta updates are about.
func withoutDeltas(s *Stream) {
	for _, r := range s.Renditions {
		r.Deltas = nil
	}
}

// roomy makes room in the head for a target duration of three seconds.
var roomy = both(withoutDeltas, swap(",HOLD-BACK=6", ",HOLD-BACK=9"), swap("CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=18"))

// toEnd moves a line to the end of one load.
func toEnd(tag string) func(*Stream) {
	return func(s *Stream) {
		s.load(0, 5, func(l *Load) {
			at := strings.Index(string(l.Body), tag)
			end := at + strings.IndexByte(string(l.Body[at:]), '\n') + 1
			l.Body = slices.Concat(l.Body[:at], l.Body[end:], l.Body[at:end])
		})
	}
}

// answered changes the answers to probes of one kind.
func answered(kind Kind, change func(*Probe)) func(*Stream) {
	return func(s *Stream) {
		for _, r := range s.Renditions {
			for i := range r.Probes {
				if r.Probes[i].Kind == kind {
					change(&r.Probes[i])
				}
			}
		}
	}
}

func status(n int) func(*Probe) { return func(p *Probe) { p.Status = n } }

// slower moves all that came after a load of the first rendition by some time.
func slower(n int, by time.Duration) func(*Stream) {
	return func(s *Stream) {
		from := s.Renditions[0].Loads[n].Came
		later := func(a *Answer) {
			if !a.Came.Before(from) {
				a.Came = a.Came.Add(by)
			}
			if !a.Sent.Before(from) {
				a.Sent = a.Sent.Add(by)
			}
		}
		for _, r := range s.Renditions {
			for i := range r.Loads {
				later(&r.Loads[i].Answer)
			}
			for i := range r.Deltas {
				later(&r.Deltas[i].Answer)
			}
		}
	}
}

// addresses of things in the live stream that are good to break.
func (s *Stream) segmentAt(r, load, n int) *segment {
	return &readMedia(s.Renditions[r].Loads[load].Body).segments[n]
}

// old is a segment of the first rendition that is in every load, and never with parts.
func (s *Stream) old(r int) *segment {
	for _, one := range readMedia(s.Renditions[r].Loads[0].Body).segments {
		if last := readMedia(s.Renditions[r].Loads[len(s.Renditions[r].Loads)-1].Body); last.find(one.msn) != nil && len(one.parts) == 0 {
			return &one
		}
	}
	return nil
}

// early is a whole segment with parts in the first load, whose parts were never hinted at.
func (s *Stream) early(r int) *segment {
	for _, one := range readMedia(s.Renditions[r].Loads[0].Body).segments {
		if len(one.parts) > 0 && one.done() {
			return &one
		}
	}
	return nil
}

// bytesOf changes the bytes of a resource.
func (s *Stream) bytesOf(r int, uri string, change func([]byte)) {
	address := resolve(s.Renditions[r].URL, uri)
	a := s.Media[address]
	a.Body = bytes.Clone(a.Body)
	change(a.Body)
	s.Media[address] = a
}

func (s *Stream) forget(r int, uri string) { delete(s.Media, resolve(s.Renditions[r].URL, uri)) }

// media changes the answer of a resource.
func (s *Stream) answer(r int, uri string, change func(*Answer)) {
	address := resolve(s.Renditions[r].URL, uri)
	a := s.Media[address]
	a.Header = a.Header.Clone()
	change(&a)
	s.Media[address] = a
}

// inBoth changes the bytes of an early segment's first part, in the part and in the segment, which begins with it.
func inBoth(change func([]byte)) func(*Stream) {
	return func(s *Stream) {
		e := s.early(0)
		s.bytesOf(0, e.parts[0].uri, change)
		s.bytesOf(0, e.uri, change)
	}
}

// behind is where the bytes behind a box's name are.
func behind(b []byte, name string) int { return bytes.Index(b, []byte(name)) + 4 }

// dates moves dates of renditions.
func dates(by time.Duration, only func(msn string) bool, renditions ...int) func(*Stream) {
	re := regexp.MustCompile(`(#EXT-X-PROGRAM-DATE-TIME:)(\S+)((?:\n#EXT[^\n]*)*\n\d+/\d+/s)(\d+)`)
	return func(s *Stream) {
		s.text(func(text string) string {
			return re.ReplaceAllStringFunc(text, func(found string) string {
				m := re.FindStringSubmatch(found)
				if only != nil && !only(m[4]) {
					return found
				}
				at, err := time.Parse(dateForm, m[2])
				if err != nil {
					return found
				}
				return m[1] + at.Add(by).Format("2006-01-02T15:04:05.000Z") + m[3] + m[4]
			})
		}, renditions...)
	}
}

// everyDate moves all dates of renditions, also of open segments.
func everyDate(by time.Duration, renditions ...int) func(*Stream) {
	re := regexp.MustCompile(`(#EXT-X-PROGRAM-DATE-TIME:)(\S+)`)
	return func(s *Stream) {
		s.text(func(text string) string {
			return re.ReplaceAllStringFunc(text, func(found string) string {
				name, value, _ := strings.Cut(found, ":")
				at, err := time.Parse(dateForm, value)
				if err != nil {
					return found
				}
				return name + ":" + at.Add(by).Format("2006-01-02T15:04:05.000Z")
			})
		}, renditions...)
	}
}

// keepLast leaves the last segments of a playlist, numbered as they were.
func keepLast(text string, n int) string {
	m := readMedia([]byte(text))
	first := m.segments[len(m.segments)-n]
	lines := strings.SplitAfter(text, "\n")
	var head, tail strings.Builder
	seen := -1
	for _, l := range lines {
		if seen < 0 && (strings.HasPrefix(l, "#EXTM3U") || strings.HasPrefix(l, "#EXT-X-VERSION") || strings.HasPrefix(l, "#EXT-X-TARGET") || strings.HasPrefix(l, "#EXT-X-SERVER") || strings.HasPrefix(l, "#EXT-X-PART-INF") || strings.HasPrefix(l, "#EXT-X-PLAYLIST-TYPE")) {
			head.WriteString(l)
			continue
		}
		if seen >= len(m.segments)-n-1 && seen >= 0 {
			tail.WriteString(l)
		}
		if l != "" && l != "\n" && !strings.HasPrefix(l, "#") || seen < 0 && strings.HasPrefix(l, "#EXT-X-DISCONTINUITY-SEQUENCE") && n == len(m.segments) {
			seen++
		}
	}
	run := first.run
	if first.breaks {
		run--
	}
	return head.String() + fmt.Sprintf("#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-MAP:URI=\"%s\"\n", first.msn, run, first.mapped) + tail.String()
}

// later moves the decode times in a resource.
func later(b []byte, ticks uint64) {
	for at := 0; ; {
		n := bytes.Index(b[at:], []byte("tfdt"))
		if n < 0 {
			return
		}
		at += n + 4
		if b[at] == 1 {
			binary.BigEndian.PutUint64(b[at+4:], binary.BigEndian.Uint64(b[at+4:])+ticks)
		} else {
			binary.BigEndian.PutUint32(b[at+4:], binary.BigEndian.Uint32(b[at+4:])+uint32(ticks))
		}
	}
}

// TestMutations breaks good streams, each in one way, and wants it found by the one rule that is meant to, and by no other.
func TestMutations(t *testing.T) {
	studio := newStudio(t)
	good := map[string]*Stream{"": studio.live(), "rewound": studio.recorded(true), "recorded": studio.recorded(false)}
	caught, meant := 0, map[string]int{}
	all := slices.Concat(textMutations(), reloadMutations(studio), askedMutations(), mediaMutations(), masterMutations())
	for n, m := range all {
		s := good[m.of].clone()
		m.how(s)
		names, told, _ := broken(s)
		meant[m.rule]++
		if slices.Equal(names, []string{m.rule}) {
			caught++
			continue
		}
		for name := range told {
			told[name] = told[name][:min(2, len(told[name]))]
		}
		t.Errorf("mutation %d, meant for %s, is found by %v: %v", n, m.rule, names, told)
	}
	for _, r := range All() {
		if meant[r.Name] == 0 {
			t.Errorf("no mutation is meant for %s", r.Name)
		}
		delete(meant, r.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(meant)) {
		t.Errorf("a mutation is meant for %s, which is no rule", name)
	}
	t.Logf("%d of %d mutations were found by the rule that is meant to, and by no other; %d rules", caught, len(all), len(All()))
}

func setHeader(name, value string) func(*Answer) {
	return func(a *Answer) { a.Header.Set(name, value) }
}

func notFound(a *Answer) { a.Status = http.StatusNotFound }
