package rules

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

func mediaMutations() []mutation {
	oldMSN := func(s *Stream) func(string) bool {
		msn := utoa(s.old(0).msn)
		return func(text string) bool { return text == msn }
	}
	return []mutation{
		{"available", "", func(s *Stream) { s.answer(0, s.old(0).uri, notFound) }},
		{"available", "", func(s *Stream) { s.answer(2, s.early(2).parts[0].uri, notFound) }},
		{"init", "", func(s *Stream) {
			s.bytesOf(0, s.old(0).mapped, func(b []byte) { copy(b[bytes.Index(b, []byte("iso6")):], "isom") })
		}},
		{"init", "", func(s *Stream) {
			s.bytesOf(0, s.old(0).mapped, func(b []byte) { copy(b[bytes.Index(b, []byte("mvex")):], "free") })
		}},
		{"init", "", func(s *Stream) { s.bytesOf(2, s.old(2).mapped, func(b []byte) { b[behind(b, "mvhd")+4+12+3] = 9 }) }},
		{"readable", "", func(s *Stream) { s.bytesOf(0, s.old(0).uri, func(b []byte) { clear(b) }) }},
		{"track-known", "", func(s *Stream) { s.bytesOf(0, s.early(0).parts[1].uri, func(b []byte) { b[behind(b, "tfhd")+7] = 9 }) }},
		{"decode-time", "", inBoth(func(b []byte) { copy(b[behind(b, "tfdt")-4:], "free") })},
		{"relative", "", inBoth(func(b []byte) { at := behind(b, "tfhd"); b[at+1] &^= 2; b[at+3] |= 1 })},
		{"segment-is-its-parts", "", func(s *Stream) { s.bytesOf(0, s.early(0).parts[1].uri, func(b []byte) { b[len(b)-1] ^= 1 }) }},
		{"segment-is-its-parts", "", func(s *Stream) { s.bytesOf(2, s.early(2).uri, func(b []byte) { b[len(b)-1] ^= 1 }) }},
		{"independent", "", func(s *Stream) {
			uri := s.early(0).parts[1].uri
			swap(`URI="`+uri+`"`, `URI="`+uri+`",INDEPENDENT=YES`)(s)
		}},
		{"independent-told", "", func(s *Stream) {
			uri := s.early(2).parts[1].uri
			swap(`URI="`+uri+`",INDEPENDENT=YES`, `URI="`+uri+`"`)(s)
		}},
		{"segment-independent", "", func(s *Stream) { s.bytesOf(0, s.old(0).uri, func(b []byte) { b[behind(b, "mdat")+4] = 0x41 }) }},
		{"segment-duration", "", func(s *Stream) {
			uri := s.old(0).uri
			swapAll(`#EXTINF:[\d.]+,\n`+regexp.QuoteMeta(uri), "#EXTINF:2.005,\n"+uri)(s)
		}},
		{"segment-duration", "recorded", func(s *Stream) {
			uri := s.segmentAt(2, 0, 3).uri
			swapAll(`#EXTINF:[\d.]+,\n`+regexp.QuoteMeta(uri), "#EXTINF:2.01,\n"+uri)(s)
		}},
		{"part-duration", "", func(s *Stream) {
			m := readMedia(s.Renditions[0].Loads[len(s.Renditions[0].Loads)-1].Body)
			open := m.segments[len(m.segments)-1]
			uri := open.parts[len(open.parts)-1].uri
			swapAll(`DURATION=[\d.]+,URI="`+regexp.QuoteMeta(uri), `DURATION=0.496,URI="`+uri)(s)
		}},
		{"seamless", "", both(swap("#EXT-X-DISCONTINUITY\n", ""), swapAll(`(DISCONTINUITY-SEQUENCE:)\d+`, "${1}0"))},
		{"date-true", "", func(s *Stream) { dates(10*time.Millisecond, oldMSN(s), 0)(s) }},
		{"date-ambiguous", "", func(s *Stream) { dates(-1500*time.Millisecond, oldMSN(s), 0)(s); s.forget(0, s.old(0).uri) }},
		{"date-everywhere", "", swapAll(`#EXT-X-PROGRAM-DATE-TIME[^\n]*\n`, "", 2)},
		{"media-cache", "", func(s *Stream) { s.answer(0, s.old(0).uri, setHeader("Cache-Control", "no-cache")) }},
		{"media-type", "", func(s *Stream) { s.answer(0, s.old(0).uri, setHeader("Content-Type", "text/plain")) }},
		{"cross-origin", "", func(s *Stream) {
			s.answer(0, s.old(0).uri, setHeader("Access-Control-Allow-Origin", "http://stream.example"))
		}},
		{"length-true", "", func(s *Stream) { s.answer(0, s.old(0).uri, setHeader("Content-Length", "7")) }},
	}
}

func masterMutations() []mutation {
	again := func(change func(string) string) func(*Stream) {
		re := regexp.MustCompile(`#EXT-X-MEDIA:[^\n]*\n`)
		return func(s *Stream) {
			s.Master.Body = re.ReplaceAllFunc(s.Master.Body, func(line []byte) []byte { return slices.Concat(line, []byte(change(string(line)))) })
		}
	}
	return []mutation{
		{"variant-address", "", master(`1\.m3u8\n`, "")},
		{"bandwidth-there", "", master(`:BANDWIDTH=\d+,`, ":")},
		{"codecs-there", "", master(`,CODECS="[^"]*"`, "")},
		{"media-attributes", "", master(`,NAME="[^"]*"`, "")},
		{"autoselect", "", master(`AUTOSELECT=YES`, "AUTOSELECT=NO")},
		{"group-names", "", again(func(line string) string { return strings.Replace(line, "DEFAULT=YES", "DEFAULT=NO", 1) })},
		{"group-default", "", again(func(line string) string { return strings.Replace(line, "Sound 1", "Sound 2", 1) })},
		{"group-there", "", master(`,AUDIO="sound"`, `,AUDIO="noise"`)},
		{"codecs-true", "", master(`mp4a\.40\.2`, "mp4a.40.5")},
		{"codecs-true", "", master(`avc1\.64001f,`, "")},
		{"resolution-true", "", master(`RESOLUTION=1280x`, "RESOLUTION=640x")},
		{"frame-rate-true", "", master(`FRAME-RATE=[\d.]+`, "FRAME-RATE=25.000")},
		{"channels-true", "", master(`CHANNELS="2"`, `CHANNELS="6"`)},
		{"bandwidth-enough", "", master(`:BANDWIDTH=\d+`, ":BANDWIDTH=9000")},
		{"bandwidth-true", "recorded", master(`AVERAGE-BANDWIDTH=`, "AVERAGE-BANDWIDTH=2")},
		{"bandwidth-true", "recorded", master(`:BANDWIDTH=`, ":BANDWIDTH=2")},

		{"same-target", "", both(roomy, swap("TARGETDURATION:2", "TARGETDURATION:3", 2))},
		{"same-control", "", swapAll(`PART-HOLD-BACK=[\d.]+`, "PART-HOLD-BACK=2", 2)},
		{"same-type", "recorded", swap("#EXT-X-PLAYLIST-TYPE:VOD\n", "", 1)},
		{"date-consistent", "", everyDate(40*time.Millisecond, 2)},
		{"same-run", "", both(swap("DISCONTINUITY-SEQUENCE:1\n", "DISCONTINUITY-SEQUENCE:10\n", 2), swap("DISCONTINUITY-SEQUENCE:0\n", "DISCONTINUITY-SEQUENCE:9\n", 2))},
		{"aligned", "", func(s *Stream) {
			const ticks = 27000
			for address, a := range s.Media {
				if strings.Contains(address, "/7/1/") {
					a.Body = bytes.Clone(a.Body)
					later(a.Body, ticks)
					s.Media[address] = a
				}
			}
			s.Renditions[1].Hints = nil
			everyDate(300*time.Millisecond, 1)(s)
		}},
		{"same-beginning", "recorded", func(s *Stream) {
			s.Renditions[1].Probes = nil
			for n := range 2 {
				s.load(1, n, func(l *Load) { l.Body = []byte(keepLast(string(l.Body), len(readMedia(l.Body).segments)-1)) })
			}
		}},
		{"extra-content", "", func(s *Stream) { s.load(2, -1, func(l *Load) { l.Body = []byte(keepLast(string(l.Body), 6)) }) }},
		{"in-sync", "", func(s *Stream) {
			s.Master = nil
			swapAll(`#EXT-X-RENDITION-REPORT[^\n]*\n`, "")(s)
			r := s.Renditions[2]
			for i := range r.Loads {
				r.Loads[i].Came, r.Loads[i].Sent = r.Loads[i].Came.Add(1100*time.Millisecond), r.Loads[i].Sent.Add(1100*time.Millisecond)
			}
		}},
	}
}
