package rules

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

func textMutations() []mutation {
	insert := func(line string) func(*Stream) {
		return one(0, 3, `#EXT-X-MEDIA-SEQUENCE`, line+"\n#EXT-X-MEDIA-SEQUENCE")
	}
	oldTag := func(re func(uri string) string, new string) func(*Stream) {
		return func(s *Stream) { swapAll(re(regexp.QuoteMeta(s.old(0).uri)), new)(s) }
	}
	return []mutation{
		{"playlist-type", "", func(s *Stream) {
			s.load(0, 1, func(l *Load) { l.Header = l.Header.Clone(); l.Header.Set("Content-Type", "text/plain") })
		}},
		{"utf-8", "", insert("#a comment \x01")},
		{"utf-8", "", insert("#a comment \xff")},
		{"whitespace", "", insert("#EXT-X-FOO:a b")},
		{"whitespace", "", insert("#EXT-X-FOO: ")},
		{"first-line", "", one(0, 1, `^`, "\n")},
		{"first-line", "", one(0, 1, `^`, "#comment\n")},
		{"version-once", "", insert("#EXT-X-VERSION:9")},
		{"version-enough", "", one(1, 2, `VERSION:9`, "VERSION:5")},
		{"version-enough", "", func(s *Stream) {
			s.Renditions[0].Deltas[2].Body = []byte(strings.Replace(string(s.Renditions[0].Deltas[2].Body), "VERSION:9", "VERSION:8", 1))
		}},
		{"attribute-list", "", insert(`#EXT-X-DATERANGE:ID="a",`)},
		{"attribute-list", "", insert(`#EXT-X-DATERANGE:ID="a`)},
		{"attribute-list", "", insert(`#EXT-X-DATERANGE:id=a`)},
		{"attribute-once", "", insert(`#EXT-X-DATERANGE:ID="a",ID="b"`)},
		{"attribute-value", "", swap("INDEPENDENT=YES", `INDEPENDENT="YES"`)},
		{"attribute-value", "", master(`RESOLUTION=(\d+)x(\d+)`, `RESOLUTION="${1}x${2}"`)},
		{"tag-once", "", one(0, 1, `(#EXT-X-MEDIA-SEQUENCE:\d+\n)`, "$1$1")},
		{"tag-once", "recorded", swap("#EXT-X-ENDLIST\n", "#EXT-X-ENDLIST\n#EXT-X-ENDLIST\n")},
		{"one-kind", "", insert(`#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="b"`)},
		{"one-kind", "", master(`#EXT-X-INDEPENDENT`, "#EXT-X-BITRATE:5\n#EXT-X-INDEPENDENT")},

		{"target-there", "", one(0, 4, `#EXT-X-TARGETDURATION:2\n`, "")},
		{"segment-within-target", "recorded", swap("TARGETDURATION:2", "TARGETDURATION:1")},
		{"sequence-first", "", toEnd("#EXT-X-MEDIA-SEQUENCE")},
		{"breaks-first", "", toEnd("#EXT-X-DISCONTINUITY-SEQUENCE")},
		{"part-inf", "", swapAll(`#EXT-X-PART-INF[^\n]*\n`, "")},
		{"skip-boundary", "", both(withoutDeltas, swap("CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=11"))},
		{"hold-back", "", swap(",HOLD-BACK=6", ",HOLD-BACK=5.9")},
		{"part-hold-back-there", "", swapAll(`PART-HOLD-BACK=[\d.]+,`, "")},
		{"part-hold-back", "", swapAll(`PART-HOLD-BACK=[\d.]+`, "PART-HOLD-BACK=0.9")},
		{"part-hold-back-advised", "", swapAll(`PART-HOLD-BACK=[\d.]+`, "PART-HOLD-BACK=1.2")},
		{"skip-dateranges", "", both(withoutDeltas, swap("CAN-SKIP-UNTIL=12", "CAN-SKIP-DATERANGES=YES"))},
		{"playlist-type-value", "recorded", swap("TYPE:VOD", "TYPE:LIVE")},

		{"extinf", "", oldTag(func(uri string) string { return `(#EXTINF:[\d.]+),\n(` + uri + `)` }, "$1\n$2")},
		{"extinf", "", one(0, -1, `(#EXT-X-PRELOAD)`, "#EXTINF:2,\n$1")},
		{"map", "", swapAll(`#EXT-X-MAP[^\n]*\n`, "")},
		{"date-form", "", oldTag(func(uri string) string { return `(DATE-TIME:)[^\n]*(\n#EXTINF[^\n]*\n` + uri + `)` }, "${1}01.03.2026$2")},
		{"date-exact", "", oldTag(func(uri string) string { return `(DATE-TIME:[^\n]*)Z(\n#EXTINF[^\n]*\n` + uri + `)` }, "$1$2")},
		{"bare-tags", "", swap("#EXT-X-DISCONTINUITY\n", "#EXT-X-DISCONTINUITY:1\n")},
		{"unique-addresses", "", func(s *Stream) {
			m := readMedia(s.Renditions[0].Loads[0].Body)
			i := slices.IndexFunc(m.segments, func(one segment) bool { return one.msn == s.old(0).msn })
			a, b := m.segments[i+1].uri, m.segments[i+2].uri
			swap(a+"\n", b+"\n", 0)(s)
			s.forget(0, a)
			s.forget(0, b)
		}},

		{"part-attributes", "", func(s *Stream) { swapAll(`,URI="`+regexp.QuoteMeta(s.early(0).parts[1].uri)+`"`, "")(s) }},
		{"part-within-target", "", swapAll(`PART-TARGET=[\d.]+`, "PART-TARGET=0.49")},
		{"part-long-enough", "", both(swapAll(`PART-TARGET=[\d.]+`, "PART-TARGET=0.8"), swapAll(`PART-HOLD-BACK=[\d.]+`, "PART-HOLD-BACK=2.4"))},
		{"part-tags-before", "", swapAll(`(#EXT-X-PROGRAM-DATE-TIME:[^\n]*\n)(#EXT-X-PART:[^\n]*\n)`, "$2$1")},
		{"parts-fill-segment", "", func(s *Stream) {
			e := s.early(0)
			swapAll(`#EXTINF:2,\n`+regexp.QuoteMeta(e.uri), "#EXTINF:2.01,\n"+e.uri)(s)
			s.forget(0, e.uri)
		}},
		{"parts-listed", "", func(s *Stream) {
			last := s.Renditions[0].Loads[len(s.Renditions[0].Loads)-1]
			m := readMedia(last.Body)
			whole := m.segments[len(m.segments)-2]
			if !whole.done() {
				whole = m.segments[len(m.segments)-3]
			}
			for _, p := range whole.parts {
				one(0, -1, `#EXT-X-PART:[^\n]*`+regexp.QuoteMeta(p.uri)+`[^\n]*\n`, "")(s)
			}
		}},
		{"skip-once", "", func(s *Stream) {
			d := &s.Renditions[0].Deltas[3]
			d.Body = regexp.MustCompile(`(#EXT-X-SKIP[^\n]*\n)`).ReplaceAll(d.Body, []byte("$1$1"))
		}},
	}
}

func reloadMutations(studio *studio) []mutation {
	ended := func(r, n int) func(*Stream) { return one(r, n, `#EXT-X-PRELOAD-HINT[^\n]*\n`, "#EXT-X-ENDLIST\n") }
	return []mutation{
		{"parts-at-the-edge", "", func(s *Stream) {
			re := regexp.MustCompile(`(DATE-TIME:[^\n]*\n)(#EXTINF[^\n]*\n)([^#\n]+)`)
			s.text(func(text string) string {
				return re.ReplaceAllStringFunc(text, func(found string) string {
					m := re.FindStringSubmatch(found)
					return m[1] + studio.lines[m[3]] + m[2] + m[3]
				})
			})
		}},
		{"target-constant", "", both(roomy, one(0, 0, `TARGETDURATION:2`, "TARGETDURATION:3"), one(1, 0, `TARGETDURATION:2`, "TARGETDURATION:3"), one(2, 0, `TARGETDURATION:2`, "TARGETDURATION:3"))},
		{"head-constant", "", both(one(0, -1, `,CAN-SKIP-UNTIL=12`, ""), one(1, -1, `,CAN-SKIP-UNTIL=12`, ""), one(2, -1, `,CAN-SKIP-UNTIL=12`, ""))},
		{"sequence-grows", "", func(s *Stream) {
			loads := s.Renditions[0].Loads
			for i := len(loads) - 2; i > 0; i-- {
				if a, b := readMedia(loads[i-1].Body), readMedia(loads[i].Body); b.sequence == a.sequence+1 && readMedia(loads[i+1].Body).sequence == b.sequence {
					text := string(loads[i-1].Body)
					from, to := strings.Index(text, "#EXT-X-MAP"), strings.Index(text, a.segments[0].uri+"\n")+len(a.segments[0].uri)+1
					block := text[from:to]
					s.load(0, i+1, func(l *Load) {
						l.Body = []byte(strings.Replace(strings.Replace(string(l.Body), "#EXT-X-MAP", block+"#EXT-X-MAP", 1), "SEQUENCE:"+utoa(b.sequence), "SEQUENCE:"+utoa(a.sequence), 1))
					})
					return
				}
			}
		}},
		{"segment-number", "", func(s *Stream) { one(0, -1, regexp.QuoteMeta(s.old(0).uri), "7/0/other.m4s")(s) }},
		{"segment-constant", "", func(s *Stream) { dates(5*time.Millisecond, nil, 9)(s); lastDate(s) }},
		{"segment-constant", "", func(s *Stream) {
			one(0, -1, `#EXTINF[^\n]*\n`+regexp.QuoteMeta(s.old(0).uri), "#EXT-X-GAP\n#EXTINF:2,\n"+s.old(0).uri)(s)
		}},
		{"part-constant", "", func(s *Stream) {
			m := readMedia(s.Renditions[0].Loads[len(s.Renditions[0].Loads)-1].Body)
			for _, one := range m.segments {
				if len(one.parts) > 0 {
					replaceLast(s, 0, `DURATION=0.5,URI="`+one.parts[1].uri, `DURATION=0.4999,URI="`+one.parts[1].uri)
					return
				}
			}
		}},
		{"parts-stay-gone", "", func(s *Stream) {
			loads := s.Renditions[0].Loads
			for i := 2; i+1 < len(loads); i++ {
				a, b := readMedia(loads[i].Body), readMedia(loads[i+1].Body)
				n := slices.IndexFunc(a.segments, func(one segment) bool { return len(one.parts) > 0 })
				if again := b.find(a.segments[n].msn); again == nil || len(again.parts) == 0 {
					continue
				}
				for _, p := range a.segments[n].parts {
					one(0, i, `#EXT-X-PART:[^\n]*`+regexp.QuoteMeta(p.uri)+`[^\n]*\n`, "")(s)
				}
				return
			}
		}},
		{"run-number", "", both(one(0, -1, `(DISCONTINUITY-SEQUENCE:)\d+`, "${1}6"), one(1, -1, `(DISCONTINUITY-SEQUENCE:)\d+`, "${1}6"), one(2, -1, `(DISCONTINUITY-SEQUENCE:)\d+`, "${1}6"))},
		{"breaks-grow", "", one(0, -1, `(DISCONTINUITY-SEQUENCE:)1\n`, "${1}0\n#EXT-X-DISCONTINUITY\n")},
		{"nothing-lost-at-the-end", "", func(s *Stream) {
			s.Master = nil // the others' reports would tell
			swapAll(`#EXT-X-RENDITION-REPORT[^\n]*\n`, "")(s)
			s.load(0, -1, func(l *Load) {
				text := string(l.Body)
				m := readMedia(l.Body)
				cut := m.segments[len(m.segments)-1]
				n := len(m.segments) - 1
				if !cut.done() {
					n--
				}
				from := strings.Index(text, m.segments[n-1].uri+"\n") + len(m.segments[n-1].uri) + 1
				l.Body = []byte(text[:from] + text[strings.Index(text, "#EXT-X-PRELOAD"):])
				l.Blocking = false
			})
		}},
		{"long-enough", "", func(s *Stream) {
			for r := range s.Renditions {
				s.load(r, -1, func(l *Load) { l.Body = []byte(keepLast(string(l.Body), 3)) })
			}
		}},
		{"end-is-final", "", ended(0, -2)},
		{"live-has-no-type", "", swap("#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE")},
		{"vod-constant", "recorded", one(0, 1, `$`, "#another comment\n")},
		{"vod-ends", "recorded", func(s *Stream) {
			for r := range s.Renditions {
				for n := range 2 {
					one(r, n, `#EXT-X-ENDLIST\n`, "")(s)
				}
			}
		}},
		{"part-in-time", "", slower(12, 1700*time.Millisecond)},
		{"segment-in-time", "rewound", slower(8, 8*time.Second)},
		{"hint-not-at-the-end", "", one(0, -1, `#EXT-X-PRELOAD`, "#EXT-X-ENDLIST\n#EXT-X-PRELOAD")},
		{"hint-attributes", "", one(0, 4, `TYPE=PART,`, "")},
		{"hint-there", "", one(0, 4, `#EXT-X-PRELOAD[^\n]*\n`, "")},
		{"hint-once", "", one(0, 4, `(#EXT-X-PRELOAD[^\n]*\n)`, "$1$1")},
		{"hint-comes-true", "", one(0, 4, `(#EXT-X-PRELOAD[^\n]*/p)\d+`, "${1}99999")},
		{"report-attributes", "", one(0, 4, `(#EXT-X-RENDITION-REPORT[^\n]*),LAST-PART=\d+`, "$1")},
		{"report-attributes", "", one(0, 4, `LAST-MSN=\d+,`, "")},
		{"report-of-each", "", one(0, 4, `#EXT-X-RENDITION-REPORT[^\n]*\n`, "")},
		{"report-of-each", "", one(0, 4, `(#EXT-X-RENDITION-REPORT[^\n]*\n)`, "$1$1")},
		{"report-true", "", one(0, 14, `LAST-MSN=\d+`, "LAST-MSN="+utoa(testMSN+2))},
		{"report-true", "", one(0, 4, `LAST-MSN=\d+`, "LAST-MSN="+utoa(testMSN+200))},
	}
}

// lastDate moves the date of an old segment in the last load alone.
func lastDate(s *Stream) {
	uri := regexp.QuoteMeta(s.old(0).uri)
	one(0, -1, `(DATE-TIME:[^\n]*\.)\d\d\d(Z\n#EXTINF[^\n]*\n`+uri+`)`, "${1}999$2")(s)
}

func replaceLast(s *Stream, r int, old, new string) {
	s.load(r, -1, func(l *Load) { l.Body = []byte(strings.Replace(string(l.Body), old, new, 1)) })
}

func askedMutations() []mutation {
	return []mutation{
		{"blocks-until-there", "", func(s *Stream) { s.load(0, 6, func(l *Load) { l.MSN++ }) }},
		{"blocks-until-there", "", func(s *Stream) {
			s.load(0, 6, func(l *Load) { l.MSN, l.Part = List(l.Body, "").NextMSN, List(l.Body, "").NextPart })
		}},
		{"whole-playlist", "", func(s *Stream) {
			r := s.Renditions[0]
			for i := len(r.Loads) - 2; ; i-- { // the discontinuity has slid out
				if readMedia(r.Loads[i].Body).sequence == readMedia(r.Loads[i-1].Body).sequence {
					r.Loads[i].Body = r.Deltas[i-1].Body
					break
				}
			}
			r.Deltas = nil
		}},
		{"blocking-answered", "", func(s *Stream) { s.load(0, 6, func(l *Load) { l.Status = http.StatusServiceUnavailable }) }},
		{"part-without-msn", "", answered(PartWithoutMSN, status(200))},
		{"too-far", "", answered(TooFar, status(503))},
		{"part-too-far", "", answered(PartTooFar, status(200))},
		{"long-gone", "", answered(LongGone, status(404))},
		{"long-gone", "", answered(LongGone, status(400))},
		{"beyond-last", "", answered(BeyondLast, status(400))},
		{"beyond-last", "", answered(BeyondLast, func(p *Probe) { p.Load.MSN += 5 })},
		{"directives-at-the-end", "recorded", answered(AtTheEnd, status(503))},
		{"directives-at-the-end", "recorded", answered(AtTheEnd, func(p *Probe) {
			p.Body = []byte(strings.Replace(string(p.Body), "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-MAP", 1))
		})},
		{"delta-given", "", func(s *Stream) { d := &s.Renditions[0].Deltas[3]; d.Body = s.Renditions[0].Loads[d.Full].Body }},
		{"delta-boundary", "", swap("CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=14.5")},
		{"delta-equal", "", func(s *Stream) {
			d := &s.Renditions[0].Deltas[3]
			d.Body = []byte(strings.Replace(string(d.Body), ",INDEPENDENT=YES", "", 1))
		}},
		{"hint-answered", "", func(s *Stream) { s.Renditions[0].Hints[3].Status = http.StatusNotFound }},
		{"hint-answered", "", func(s *Stream) { s.Renditions[1].Hints[3].Body = []byte("something else") }},
		{"unknown-not-found", "", answered(Unknown, status(503))},
		{"range", "", answered(Range, status(200))},
		{"part-kept", "", func(s *Stream) {
			late := s.Renditions[0].Lates
			late[slices.IndexFunc(late, func(l Late) bool { return !l.Segment })].Status = 404
		}},
		{"segment-kept", "", func(s *Stream) {
			late := s.Renditions[0].Lates
			late[slices.IndexFunc(late, func(l Late) bool { return l.Segment })].Status = 404
		}},
		{"gzip", "", func(s *Stream) { s.load(0, 3, func(l *Load) { l.Packed = false }) }},
		{"playlist-cache", "", func(s *Stream) {
			s.load(0, 3, func(l *Load) { l.Header = l.Header.Clone(); l.Header.Set("Cache-Control", "max-age=60") })
		}},
		{"playlist-cache", "", func(s *Stream) {
			s.load(0, 3, func(l *Load) { l.Header = l.Header.Clone(); l.Header.Del("Cache-Control") })
		}},
		{"cross-origin", "", func(s *Stream) {
			s.load(0, 3, func(l *Load) { l.Header = l.Header.Clone(); l.Header.Del("Access-Control-Allow-Origin") })
		}},
		{"http-2", "", func(s *Stream) { s.load(0, 3, func(l *Load) { l.URL = "https://stream.example/hls/fish/0.m3u8" }) }},
	}
}
