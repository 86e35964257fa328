package rules

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	tracks "shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

const (
	testEpoch = 7
	testMSN   = testEpoch << 20
	testBase  = "http://stream.example/hls/fish/"
	// publishing is how long after its end a part is there.
	publishing = 80 * time.Millisecond
)

func testWall() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// 1280x720, 60 pictures a second at most.
var testSPS = []byte{0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60}

func testTracks() []ingest.Track {
	picture := ingest.Track{Kind: tracks.Video, TimeScale: 90000, Codec: &codecs.H264{SPS: testSPS, PPS: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}}}
	sound := ingest.Track{Kind: tracks.Audio, TimeScale: 48000, Codec: &codecs.MPEG4Audio{
		Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2},
	}}
	return []ingest.Track{picture, picture, sound}
}

// testRate is the rate that the parameters of the picture say.
const testRate = 30

// studio makes good streams out of what a packer made.
type studio struct {
	sources []ingest.Track
	parts   []pack.Part // in the order in which they are published
	media   map[string][]byte
	windows []pack.Window     // of the live stream, at its end
	lines   map[string]string // of the parts of a segment, by its address
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{sources: testTracks(), media: map[string][]byte{}, lines: map[string]string{}}
	p, err := pack.New(pack.Config{}, s.sources, testMSN, testWall(), func(p pack.Part) error {
		s.parts = append(s.parts, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	write := func(samples []ingest.Sample) {
		for _, one := range samples {
			if err := p.Write(one); err != nil {
				t.Fatal(err)
			}
		}
	}
	const first, second = 12 * time.Second, 30 * time.Second
	write(testSamples(0, first))
	// A new run, whose dates go on as its times do.
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	end := time.Duration(0)
	for _, one := range s.parts {
		end = max(end, one.Start+one.Duration)
	}
	if err := p.Discontinuity(s.sources, testWall().Add(end)); err != nil {
		t.Fatal(err)
	}
	write(testSamples(0, second))
	slices.SortStableFunc(s.parts, func(a, b pack.Part) int { return a.Wall.Add(a.Duration).Compare(b.Wall.Add(b.Duration)) })
	return s
}

// header is that of a good answer.
func header(kind, cache string, size int) http.Header {
	return http.Header{
		"Content-Type": {kind}, "Cache-Control": {cache}, "Access-Control-Allow-Origin": {"*"}, "Content-Length": {strconv.Itoa(size)},
	}
}

func playlist(url string, sent, came time.Time, body []byte) Answer {
	return Answer{URL: url, Sent: sent, Came: came, Status: http.StatusOK, Proto: "HTTP/1.1", Header: header("application/vnd.apple.mpegurl", "no-cache", len(body)), Body: body, Packed: true}
}

func (s *studio) answers(base string, at func(string) string) map[string]Answer {
	out := map[string]Answer{}
	for path, body := range s.media {
		out[base+at(path)] = Answer{Status: http.StatusOK, Header: header("video/mp4", "public, max-age=3600, immutable", len(body)), Body: body}
	}
	return out
}

// keep notes the bytes of a part, and of its segment so far.
func (s *studio) keep(p pack.Part, seq uint64) (init [32]byte) {
	init = sha256.Sum256(p.Init)
	s.media[pack.InitURI(init)] = p.Init
	s.media[pack.PartURI(tracks.Part{Epoch: testEpoch, Track: p.Track, Seq: seq})] = p.Data
	whole := pack.SegmentURI(testEpoch, p.Track, p.MSN)
	s.media[whole] = slices.Concat(s.media[whole], p.Data)
	independent := ""
	if p.Independent {
		independent = ",INDEPENDENT=YES"
	}
	lasts := strconv.FormatFloat(float64(p.Duration.Round(10*time.Microsecond)/(10*time.Microsecond))/1e5, 'f', -1, 64)
	s.lines[whole] += fmt.Sprintf("#EXT-X-PART:DURATION=%s,URI=\"%s\"%s\n", lasts, pack.PartURI(tracks.Part{Epoch: testEpoch, Track: p.Track, Seq: seq}), independent)
	return init
}

// live is what a reader gets who begins when the playlist slides and the discontinuity is in it.
func (s *studio) live() *Stream {
	out := &Stream{Slack: time.Second}
	windows := make([]pack.Window, len(s.sources))
	for n := range windows {
		windows[n] = pack.Window{Epoch: testEpoch, Track: tracks.Track(n)}
		out.Renditions = append(out.Renditions, &Rendition{URL: testBase + pack.MediaURI(tracks.Track(n))})
	}
	clear(s.media)
	clear(s.lines)
	for n, p := range s.parts {
		w := &windows[p.Track]
		seq := w.Next()
		w.Add(p, seq, s.keep(p, seq))
		w.Slide(24 * time.Second)
		came := p.Wall.Add(p.Duration + publishing + time.Duration(n)) // no two at once
		if came.Before(testWall().Add(26 * time.Second)) {
			continue
		}
		text, skip := pack.MediaPlaylist(windows, p.Track, pack.Options{}), pack.MediaPlaylist(windows, p.Track, pack.Options{Skip: true})
		out.Renditions[p.Track].publish(text, skip, came, p, s.media)
	}
	master := pack.MasterPlaylist(s.sources, windows, pack.Captions{}, nil)
	out.Master = &Answer{}
	*out.Master = playlist(testBase+"master.m3u8", testWall(), testWall().Add(time.Minute), master)
	out.Media = s.answers(testBase, func(path string) string { return path })
	for _, r := range out.Renditions {
		r.ask()
	}
	s.windows = windows
	return out
}

// ended is the live stream, and its end.
func (s *studio) ended() *Stream {
	out := s.live().clone()
	for n := range s.windows {
		s.windows[n].Ended = true
	}
	for n, r := range out.Renditions {
		text := pack.MediaPlaylist(s.windows, tracks.Track(n), pack.Options{Skip: true})
		at := len(r.Loads)
		before := r.Loads[at-1]
		known := List(before.Body, r.URL)
		for range 2 {
			l := Load{Answer: playlist(r.URL, before.Came.Add(time.Millisecond), before.Came.Add(5*time.Second), text), Blocking: true, MSN: known.NextMSN, Part: known.NextPart}
			r.Loads = append(r.Loads, l)
		}
		r.Deltas = append(r.Deltas, Delta{r.Loads[at], at})
		r.Hints = append(r.Hints, Hinted{Answer: Answer{URL: known.Hint, Status: http.StatusNotFound}, Load: at - 1})
		r.Probes = append(r.Probes, Probe{Answer: Answer{URL: r.URL, Status: http.StatusOK, Body: text}, Kind: AtTheEnd})
	}
	return out
}

// publish adds the loads that a part answers.
func (r *Rendition) publish(text, skip []byte, came time.Time, p pack.Part, media map[string][]byte) {
	sent := came.Add(-300 * time.Millisecond)
	l := Load{Answer: playlist(r.URL, sent, came, text), Part: -1}
	if n := len(r.Loads); n > 0 {
		sent = r.Loads[n-1].Came.Add(time.Nanosecond)
		l.Answer.Sent = sent
		l.Blocking, l.MSN, l.Part = true, p.MSN, p.Index
		before := List(r.Loads[n-1].Body, r.URL)
		if p.Index == 0 { // it could not know that the segment was at its end
			l.MSN, l.Part = before.NextMSN, before.NextPart
		}
		hint := Hinted{Answer: Answer{URL: before.Hint, Status: http.StatusOK, Body: media[before.Hint[len(testBase):]]}, Load: n - 1}
		r.Hints = append(r.Hints, hint)
		r.Deltas = append(r.Deltas, Delta{Load{Answer: playlist(r.URL, sent, came, skip), Blocking: true, MSN: l.MSN, Part: l.Part}, n})
		after := List(text, r.URL)
		for _, gone := range before.PartsGone(after) {
			r.Lates = append(r.Lates, Late{Answer: Answer{URL: gone, Status: http.StatusOK}})
		}
		for gone := range before.SegmentsGone(after) {
			r.Lates = append(r.Lates, Late{Answer: Answer{URL: gone, Status: http.StatusOK}, Segment: true})
		}
	}
	r.Loads = append(r.Loads, l)
}

// ask adds the answers to probes.
func (r *Rendition) ask() {
	last := r.Loads[len(r.Loads)-1]
	known := List(last.Body, r.URL)
	for kind, status := range map[Kind]int{PartWithoutMSN: 400, TooFar: 400, PartTooFar: 400, LongGone: 200, BeyondLast: 200, Unknown: 404, Range: 206} {
		p := Probe{Answer: Answer{URL: r.URL, Status: status, Header: http.Header{"Content-Range": {"bytes 0-99/500"}}}, Kind: kind, Load: Load{MSN: known.BeyondMSN}}
		if status == http.StatusOK {
			p.Body = last.Body
		}
		r.Probes = append(r.Probes, p)
	}
}

// recorded is what a reader gets of the recording; growing, of the rewind window meanwhile.
func (s *studio) recorded(growing bool) *Stream {
	const base = testBase + "7/"
	out := &Stream{Slack: time.Second}
	windows := make([]pack.Window, len(s.sources))
	for n := range windows {
		windows[n] = pack.Window{Epoch: testEpoch, Track: tracks.Track(n), Ended: !growing}
		out.Renditions = append(out.Renditions, &Rendition{URL: base + pack.MediaURI(tracks.Track(n))})
	}
	clear(s.media)
	clear(s.lines)
	polled := testWall().Add(20 * time.Second)
	load := func(at time.Time) {
		for n, r := range out.Renditions {
			text := pack.RecordingPlaylist(windows, tracks.Track(n), growing)
			r.Loads = append(r.Loads, Load{Answer: playlist(r.URL, at, at.Add(time.Millisecond), text), Part: -1})
		}
	}
	for _, p := range s.parts {
		w := &windows[p.Track]
		seq := w.Next()
		w.Add(p, seq, s.keep(p, seq))
		if growing && p.Wall.Add(p.Duration).After(polled) {
			load(polled)
			polled = polled.Add(time.Second)
		}
	}
	if !growing {
		load(polled)
		load(polled.Add(time.Second))
		for _, r := range out.Renditions {
			r.Probes = append(r.Probes, Probe{Answer: Answer{URL: r.URL, Status: http.StatusOK, Body: r.Loads[0].Body}, Kind: AtTheEnd})
		}
	}
	out.Master = &Answer{}
	*out.Master = playlist(base+"master.m3u8", polled, polled, pack.MasterPlaylist(s.sources, windows, pack.Captions{}, nil))
	out.Media = s.answers(base, func(path string) string { return string(bytes.TrimPrefix([]byte(path), []byte("7/"))) })
	return out
}

// clone copies a stream so far that a mutation of the copy leaves it as it was. Bodies and headers are replaced, not written to.
func (s *Stream) clone() *Stream {
	out := *s
	if s.Master != nil {
		master := *s.Master
		out.Master = &master
	}
	out.Media = maps.Clone(s.Media)
	out.Renditions = nil
	for _, r := range s.Renditions {
		one := *r
		one.Loads, one.Deltas, one.Hints = slices.Clone(r.Loads), slices.Clone(r.Deltas), slices.Clone(r.Hints)
		one.Lates, one.Probes = slices.Clone(r.Lates), slices.Clone(r.Probes)
		out.Renditions = append(out.Renditions, &one)
	}
	return &out
}

// broken names the rules that a stream breaks.
func broken(s *Stream) (out []string, told map[string][]string, looked map[string]int) {
	told, looked = map[string][]string{}, map[string]int{}
	for _, v := range Judge(s) {
		looked[v.Name] = v.Looked
		if len(v.Breaches) > 0 {
			out, told[v.Name] = append(out, v.Name), v.Breaches
		}
	}
	return out, told, looked
}

func TestGoodStreamsBreakNothing(t *testing.T) {
	s := newStudio(t)
	for name, stream := range map[string]*Stream{"live": s.live(), "ended": s.ended(), "rewound": s.recorded(true), "recorded": s.recorded(false)} {
		if names, told, _ := broken(stream); len(names) > 0 {
			t.Errorf("%s: %v", name, told)
		}
	}
}
