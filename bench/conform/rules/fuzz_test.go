package rules

import (
	"net/http"
	"testing"
	"time"
)

// Whatever a server says, the checker lives, and a playlist has one reading.
func FuzzPlaylist(f *testing.F) {
	f.Add("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-PART:DURATION=.5,URI=\"p\"\n#EXTINF:2,\na\n")
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\n0.m3u8\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"b\",URI=\"1.m3u8\"\n")
	f.Add("#EXT-X-PART-INF:PART-TARGET=0.5\r\n#EXT-X-DATERANGE:ID=\"a\",,\r\n%zz\r\n#EXTINF:,\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		const base = "http://stream.example/a.m3u8"
		at := time.Unix(0, 0)
		load := Load{Answer: Answer{URL: base, Status: http.StatusOK, Header: http.Header{}, Body: []byte(text), Sent: at, Came: at}, Part: -1}
		again := load
		again.Blocking, again.Came = true, at.Add(time.Second)
		r := &Rendition{URL: base, Loads: []Load{load, again}, Deltas: []Delta{{again, 1}}}
		addresses, _ := Addresses([]byte(text), base)
		other := &Rendition{URL: base + "?", Loads: []Load{again}}
		if len(addresses) > 0 {
			other.URL = addresses[0]
		}
		verdicts := Judge(&Stream{Master: &load.Answer, Renditions: []*Rendition{r, other}, Media: map[string]Answer{}})
		if len(verdicts) != len(All()) {
			t.Errorf("%d verdicts", len(verdicts))
		}
		List([]byte(text), base)
	})
}

func FuzzBoxes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x10ftypiso6\x00\x00\x00\x00"), []byte("\x00\x00\x00\x18moof\x00\x00\x00\x10traf\x00\x00\x00\x08tfhd"))
	f.Fuzz(func(t *testing.T, init, media []byte) {
		first, err := readInitial(init)
		if err != nil {
			first = &initial{tracks: []track{{id: 1, scale: 90000, entry: "avc1"}}}
		}
		runs, _ := readRuns(media, first)
		for _, one := range runs {
			if len(one.samples) > samplesMax {
				t.Errorf("%d samples", len(one.samples))
			}
		}
	})
}
