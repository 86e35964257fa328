package live_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/id"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/live/pulse"
	"shoal/server/origin"
)

// rungs is a Ladder whose rungs are the source itself. It makes none unless count is set.
type rungs struct {
	h     *bench
	count int
	fails error
	made  *ingest.Track // what its rungs are; nil: as the source
	climb *climb        // the newest
	began int
	lacks string // why there are none
}

// climb makes rungs. Its goroutine ends with Close.
type climb struct {
	in   chan func()
	done chan struct{}
	to   live.Landing
}

func (r *rungs) Rungs(_ id.Channel, width, height int, _ float64, most int) int {
	if width == 0 || height == 0 {
		r.h.t.Error("a picture without a size")
	}
	return min(r.count, most)
}

func (r *rungs) Without(id.Channel, int, int, float64) string { return r.lacks }

func (r *rungs) Climb(_ live.Channel, source ingest.Track, _, _ int, _ float64, most int, to live.Landing) (live.Climb, error) {
	if r.fails != nil {
		return nil, r.fails
	}
	if r.made != nil {
		source = *r.made
	}
	c := &climb{in: make(chan func(), 1000), done: make(chan struct{}), to: to}
	r.climb = c
	r.began++
	go func() {
		defer close(c.done)
		for n := range most {
			to.Rung(n, source, true)
		}
		for do := range c.in {
			do()
		}
	}()
	return c, nil
}

func (c *climb) Sample(s ingest.Sample) {
	c.in <- func() {
		c.to.Sample(0, s)
		c.to.Sample(1, s)
	}
}

func (c *climb) Close()                { close(c.in) }
func (c *climb) Done() <-chan struct{} { return c.done }

// The rungs are tracks of the same broadcast, with the source's parts, over a publisher's return.
func TestRungsAreTracks(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 2
		p := h.begin()
		p.mustSend(5 * time.Second)
		p.leave(errLine)
		time.Sleep(time.Second)
		p = h.begin()
		p.mustSend(5 * time.Second)
		if s := h.live.State(h.channel); len(s.Tracks) != 4 || s.Tracks[3].Kind != segment.Video || s.Tracks[3].Codec == nil {
			t.Errorf("%+v", s)
		}
		text, err := h.origin.Master(t.Context(), name)
		if err != nil || strings.Count(string(text), "#EXT-X-STREAM-INF") != 3 || strings.Count(string(text), "TYPE=AUDIO") != 1 {
			t.Errorf("%v, %s", err, text)
		}
		p.leave(nil)
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		for track := segment.Track(2); track < 4; track++ {
			h.whole(1, track, 10*time.Second, 1)
			h.besideSource(1, track)
		}
		if h.rungs.began != 2 {
			t.Errorf("%d runs were climbed", h.rungs.began)
		}
	})
}

// besideSource wants a rung's parts to stand where those of the source do.
func (h *bench) besideSource(epoch uint64, track segment.Track) {
	h.t.Helper()
	source, rung := h.records(epoch, 0), h.records(epoch, track)
	if len(rung) != len(source) {
		h.t.Fatalf("track %d has %d parts, the source %d", track, len(rung), len(source))
	}
	for i, m := range rung {
		if s := source[i]; m.MSN != s.MSN || m.Index != s.Index || m.StartUS != s.StartUS || m.DurationUS != s.DurationUS || m.Independent != s.Independent {
			h.t.Errorf("track %d, part %d: %+v; the source's %+v", track, i, m, s)
		}
	}
}

// What goes wrong with a rung is the rung's alone.
func TestRungsHarmNobody(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 2
		p := h.begin()
		p.mustSend(5 * time.Second)
		c := h.rungs.climb
		c.in <- func() {
			c.to.Rest(0)
			c.to.Sample(1, ingest.Sample{DTS: time.Hour, PTS: time.Hour, Key: true, Data: make([]byte, 9)}) // a part of an hour
			c.to.Sample(1, ingest.Sample{DTS: 2 * time.Hour, PTS: 2 * time.Hour, Key: true, Data: make([]byte, segment.PartSizeMax+1)})
			c.to.Rung(1, ingest.Track{Kind: segment.Audio}, true)
			c.to.Sample(9, ingest.Sample{Data: []byte{1}})
		}
		p.mustSend(3 * time.Second)
		p.leave(nil)
		h.expectFacts(1, 0)
		time.Sleep(live.DefaultIdle + time.Second)
		h.whole(1, 0, 8*time.Second, 0)
		h.whole(1, 1, 8*time.Second, 0)
	})
}

// Who asks what is on air is told which rungs rest: no playlist names them. With its next part one is there again.
func TestRungsThatRestAreTold(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count = 2
		p := h.begin()
		resting := func(when string, want segment.Tracks) {
			t.Helper()
			if s := h.live.State(h.channel); s.Resting != want || len(s.Tracks) != 4 {
				t.Errorf("%s %04b rest of %d tracks, want %04b", when, s.Resting, len(s.Tracks), want)
			}
		}
		p.mustSend(3 * time.Second)
		resting("in the beginning", 0)
		c := h.rungs.climb
		c.in <- func() { c.to.Rest(1); c.to.Rest(0); c.to.Rest(0) }
		synctest.Wait()
		resting("when both were given up", 0b1100)
		p.mustSend(3 * time.Second)
		resting("when both are made again", 0)
		p.leave(errLine)
		h.rungs.fails = errors.New("no room")
		h.begin().mustSend(time.Second)
		resting("in a run that gets none", 0b1100)
	})
}

// Without a rung that can be made the source goes on, and nobody waits for what does not come.
func TestRungsThatCannotBeMade(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		h.rungs.count, h.rungs.fails = 2, errors.New("no room")
		h.begin().mustSend(3 * time.Second)
		text, err := h.origin.Master(t.Context(), name)
		if err != nil || strings.Count(string(text), "#EXT-X-STREAM-INF") != 1 {
			t.Errorf("%v, %s", err, text)
		}
		if _, err := h.origin.Media(t.Context(), name, 2, origin.Reload{}); !errors.Is(err, origin.ErrNotFound) {
			t.Errorf("a rung that is not made: %v", err)
		}
	})
}

// What is advised about a picture that not every browser plays is what helps there: the setting only where it is off.
func TestWhatHelpsWhoCannotPlayTheFirstPicture(t *testing.T) {
	for what, c := range map[string]struct {
		flat  bool
		lacks string
		own   int
		says  string
	}{
		"turned off":                  {flat: true, lacks: "There is no ffmpeg.", says: "turned on"},
		"not possible":                {lacks: "There is no ffmpeg.", says: "There is no ffmpeg."},
		"possible, and begun without": {says: "began without"},
		"a ladder in the same codec":  {own: 1, lacks: "There is no ffmpeg.", says: "your own ladder in H.264"},
	} {
		bubble(t, func(t *testing.T, h *bench) {
			h.way.flat.Store(c.flat)
			h.rungs.lacks = c.lacks
			p := h.bring(c.own, func(tracks []ingest.Track) {
				for n := range tracks {
					if tracks[n].Kind == segment.Video {
						tracks[n].Codec = &codecs.VP9{Width: 1280, Height: 720, BitDepth: 8}
					}
				}
			})
			p.play(3 * time.Second)
			said := h.live.Health(h.channel).Advice
			n := slices.IndexFunc(said, func(a pulse.Advice) bool { return a.Code == "codec" })
			if n < 0 || !strings.Contains(said[n].Says, c.says) || !strings.Contains(said[n].Says, "Choose H.264") {
				t.Errorf("%s: %+v, want %q", what, said, c.says)
			} else if !c.flat && strings.Contains(said[n].Says, "turned on") {
				t.Errorf("%s: it is turned on: %s", what, said[n].Says)
			}
			p.leave(nil)
		})
	}
}
