package live_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/live/pulse"
	"shoal/server/origin"
)

// brings is a publisher with rungs of its own.
type brings struct {
	*publisher
	late []time.Duration // of each rung: by how much its key frames are late
	gone []bool          // nothing comes of it
}

// bring connects with so many rungs and tells of them.
func (h *bench) bring(rungs int, change ...func([]ingest.Track)) *brings {
	h.t.Helper()
	p, err := h.connect()
	if err != nil {
		h.t.Fatal(err)
	}
	tracks := h.tracks()
	for n := range rungs {
		t := tracks[0]
		t.Rung = n + 1
		tracks = append(tracks, t)
	}
	for _, c := range change {
		c(tracks)
	}
	if err := p.sink.Tracks(tracks); err != nil {
		h.t.Fatal(err)
	}
	return &brings{publisher: p, late: make([]time.Duration, rungs), gone: make([]bool, rungs)}
}

// play sends for so long: of each moment the rungs first, which is the harder order.
func (p *brings) play(lasts time.Duration) {
	p.h.t.Helper()
	for until := p.at + lasts; p.at < until; {
		for n, late := range p.late {
			s := ingest.Sample{Track: 2 + n, DTS: p.at, PTS: p.at, Key: (p.at-late)%time.Second == 0, Data: make([]byte, 300)}
			if p.gone[n] {
				continue
			}
			if err := p.sink.Sample(s); err != nil {
				p.h.t.Fatal(err)
			}
		}
		p.mustSend(frame)
	}
}

func (h *bench) master(streams int) {
	h.t.Helper()
	text, err := h.origin.Master(h.t.Context(), name)
	if err != nil || strings.Count(string(text), "#EXT-X-STREAM-INF") != streams {
		h.t.Errorf("%v, %s\nwants %d pictures", err, text, streams)
	}
}

// leftOut are the publisher's numbers of pictures that health says are left out.
func (h *bench) leftOut() (all []int) {
	for _, r := range h.live.Health(h.channel).Rungs {
		if r.LeftOut != "" {
			all = append(all, r.Number)
		}
	}
	return all
}

// The publisher's own pictures are tracks of the broadcast, with parts where the first picture has them, over a return; none are made.
func TestOwnRungsAreTracks(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 2
		for n := range 2 {
			p := h.bring(2)
			p.play(5 * time.Second)
			if n == 0 {
				p.leave(errLine)
				time.Sleep(time.Second)
				continue
			}
			h.master(3)
			if x := h.live.Health(h.channel); len(x.Rungs) != 2 || x.FramesPerSec > 26 || len(h.leftOut()) != 0 {
				t.Errorf("%+v", x)
			}
			p.leave(nil)
		}
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		for track := segment.Track(2); track < 4; track++ {
			h.whole(1, track, 10*time.Second, 1)
			h.besideSource(1, track)
		}
		if h.rungs.began != 0 {
			t.Errorf("%d runs were climbed beside the publisher's own ladder", h.rungs.began)
		}
	})
}

// A rung whose key frames are elsewhere is left out with one line, and taken again when they have lined up for a while.
func TestAnOwnRungThatDoesNotLineUp(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.bring(2)
		p.late[1] = 2 * frame
		p.play(6 * time.Second)
		h.master(2)
		if out, parts := h.leftOut(), h.records(1, 3); !slices.Equal(out, []int{3}) || len(parts) > 0 {
			t.Errorf("left out: %v; it has %d parts", out, len(parts))
		}
		if a := h.live.Health(h.channel).Advice; len(a) == 0 || a[0].Code != "rung_left_out" || !strings.Contains(a[0].Says, "Picture 3 of your ladder") {
			t.Errorf("%+v", a)
		}
		if n := strings.Count(h.logged(), "left out"); n != 1 {
			t.Errorf("%d lines:\n%s", n, h.logged())
		}
		p.late[1] = 0
		p.play(20 * time.Second)
		h.master(3)
		if out := h.leftOut(); len(out) != 0 {
			t.Errorf("left out: %v", out)
		}
		p.gone[0] = true
		p.play(5 * time.Second)
		h.master(2)
		if out := h.leftOut(); !slices.Equal(out, []int{2}) || !strings.Contains(h.logged(), "is more than 2 s behind") {
			t.Errorf("left out: %v\n%s", out, h.logged())
		}
		p.leave(nil)
		h.expectFacts(1, 0)
		time.Sleep(live.DefaultIdle + time.Second)
		h.whole(1, 0, 31*time.Second, 0)
		h.whole(1, 1, 31*time.Second, 0)
	})
}

// What cannot be a rung of the first picture is left out; the others take its place. If none fits, rungs are made.
func TestOwnRungsThatDoNotFit(t *testing.T) {
	vp9 := func(tracks []ingest.Track) { tracks[2].Codec = &codecs.VP9{Width: 640, Height: 360} }
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 1
		p := h.bring(2, vp9)
		p.play(5 * time.Second)
		h.master(2)
		if out := h.leftOut(); !slices.Equal(out, []int{2}) || h.rungs.began != 0 {
			t.Errorf("left out: %v, %d runs were climbed", out, h.rungs.began)
		}
	})
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 1
		p := h.bring(1, vp9)
		p.play(5 * time.Second)
		h.master(2)
		if out := h.leftOut(); !slices.Equal(out, []int{2}) || h.rungs.began != 1 {
			t.Errorf("left out: %v, %d runs were climbed", out, h.rungs.began)
		}
	})
	bubble(t, func(t *testing.T, h *bench) { // it stands upright
		upright := func(tracks []ingest.Track) {
			for n, c := range map[int]codecs.VP9{0: {Width: 1280, Height: 720}, 2: {Width: 720, Height: 1280}, 3: {Width: 426, Height: 240}} {
				c.BitDepth = 8
				tracks[n].Codec = &c
			}
		}
		p := h.bring(2, upright)
		p.play(5 * time.Second)
		if out := h.leftOut(); !slices.Equal(out, []int{2}) || !strings.Contains(h.logged(), "720x1280") {
			t.Errorf("left out: %v\n%s", out, h.logged())
		}
	})
}

// With four sounds there is room for three rungs, and who comes back with more or fewer goes on in the same epoch.
func TestOwnRungsComeAndGo(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 1
		h.way.flat.Store(true)
		p := h.bring(2)
		p.play(4 * time.Second)
		h.master(3)
		p.leave(errLine)

		q := h.begin() // none
		q.mustSend(4 * time.Second)
		h.master(1)
		if _, err := h.origin.Media(t.Context(), name, 2, origin.Reload{}); err == nil || h.rungs.began != 0 {
			t.Errorf("a rung that is gone: %v, %d runs were climbed", err, h.rungs.began)
		}
		q.leave(errLine)

		h.way.flat.Store(false)
		q = h.begin() // none, but now they may be made
		q.mustSend(4 * time.Second)
		if h.rungs.began != 1 {
			t.Errorf("%d runs were climbed", h.rungs.began)
		}
		q.leave(errLine)

		p = h.bring(3)
		p.play(4 * time.Second)
		h.master(3)
		if out := h.leftOut(); !slices.Equal(out, []int{4}) || !strings.Contains(h.logged(), "it began with (2)") {
			t.Errorf("left out: %v\n%s", out, h.logged())
		}
		h.expectFacts(1, 0)
		p.leave(nil)
		time.Sleep(live.DefaultIdle + time.Second)
		h.whole(1, 0, 16*time.Second, 3)
	})
}

func TestOwnRungsHaveBounds(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.bring(live.RungsMax + 2)
		p.play(4 * time.Second)
		h.master(1 + live.RungsMax)
		p.leave(nil)
	})
	bubble(t, func(t *testing.T, h *bench) {
		p := h.bring(1)
		if err := p.sink.Sample(ingest.Sample{Track: 3, Key: true, Data: []byte{1}}); err == nil {
			t.Error("a sample of no track was taken")
		}
		for n := range 1000 { // the picture does not come
			at := time.Duration(n) * frame
			if err := p.sink.Sample(ingest.Sample{Track: 2, DTS: at, PTS: at, Key: true, Data: make([]byte, 99)}); err != nil {
				t.Fatal(err)
			}
		}
		if out := h.leftOut(); !slices.Equal(out, []int{2}) || strings.Count(h.logged(), "left out") != 1 {
			t.Errorf("left out: %v\n%s", out, h.logged())
		}
	})
}

// A first picture that not every browser plays needs no advice while a rung in H.264 stands beside it.
func TestARungForWhoCannotPlayTheFirstPicture(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		advised := func() bool {
			return slices.ContainsFunc(h.live.Health(h.channel).Advice, func(a pulse.Advice) bool { return a.Code == "codec" })
		}
		p := h.bring(1, func(tracks []ingest.Track) {
			tracks[0].Codec = &codecs.VP9{Width: 1920, Height: 1080, BitDepth: 8}
		})
		p.play(6 * time.Second)
		if h.master(2); advised() {
			t.Error("beside a rung in H.264")
		}
		p.gone[0] = true
		p.play(5 * time.Second)
		if h.master(1); !advised() {
			t.Error("no word when that one is gone")
		}
		p.leave(nil)
	})
	for count, want := range map[int]bool{0: true, 2: false} { // which the server makes
		bubble(t, func(t *testing.T, h *bench) {
			h.rungs.count, h.rungs.made = count, &h.tracks()[0]
			p := h.bring(0, func(tracks []ingest.Track) { tracks[0].Codec = &codecs.VP9{Width: 1920, Height: 1080, BitDepth: 8} })
			for range 2 {
				p.play(3 * time.Second)
				said := h.live.Health(h.channel).Advice
				if got := slices.ContainsFunc(said, func(a pulse.Advice) bool { return a.Code == "codec" }); got != want {
					t.Errorf("with %d rungs: %+v", count, said)
				}
				if want = true; count > 0 {
					c := h.rungs.climb
					c.in <- func() { c.to.Rest(0); c.to.Rest(1) } // the machine is too slow for them
				}
			}
			p.leave(nil)
		})
	}
}
