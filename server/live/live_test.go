package live_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"shoal/segment"
	"shoal/server/event"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/origin"
)

func TestBroadcastFromFirstByteToLast(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		if s := h.live.State(h.channel); s.Live || s.Publishing {
			t.Errorf("before: %+v", s)
		}
		began := time.Now()
		p := h.begin()
		h.expectFacts(1, 0)
		if f := of[event.BroadcastStarted](h)[0]; f.Channel != h.channel || f.Name != name || f.Epoch != 1 || !f.At.Equal(began) {
			t.Errorf("%+v", f)
		}
		p.mustSend(10 * time.Second)
		s := h.live.State(h.channel)
		if !s.Live || !s.Publishing || s.Epoch != 1 || !s.Started.Equal(began) || len(s.Tracks) != 2 {
			t.Errorf("on air: %+v", s)
		}
		if want := int64(1000 * 8 * 25); s.BitsPerSecond != want {
			t.Errorf("%d bit/s, want %d", s.BitsPerSecond, want)
		}
		if text, err := h.origin.Master(t.Context(), name); err != nil || !strings.Contains(string(text), "avc1.42c028,mp4a.40.2") {
			t.Errorf("%v, %s", err, text)
		}
		p.leave(nil)
		if s := h.live.State(h.channel); !s.Live || s.Publishing || s.BitsPerSecond != 0 {
			t.Errorf("waiting for the publisher: %+v", s)
		}
		time.Sleep(live.DefaultIdle - time.Second)
		h.expectFacts(1, 0)
		time.Sleep(2 * time.Second)
		h.expectFacts(1, 1)
		if s := h.live.State(h.channel); s.Live {
			t.Errorf("after: %+v", s)
		}
		if text, err := h.origin.Media(t.Context(), name, 0, origin.Reload{}); err != nil || !strings.Contains(string(text), "#EXT-X-ENDLIST") {
			t.Errorf("%v, %s", err, text)
		}
		for track := range segment.Track(2) {
			h.whole(1, track, 10*time.Second, 0)
		}
	})
}

// whole checks that a track's records of an epoch follow one another, last so long in sum, and end.
func (h *bench) whole(epoch uint64, track segment.Track, lasts time.Duration, discontinuities int) {
	h.t.Helper()
	var sum time.Duration
	records := h.records(epoch, track)
	for i, p := range records {
		if p.Seq != uint64(i) || p.MSN>>20 != epoch {
			h.t.Fatalf("track %d: record %d has seq %d, msn %d", track, i, p.Seq, p.MSN)
		}
		if p.Discontinuity {
			discontinuities--
		}
		sum += time.Duration(p.DurationUS) * time.Microsecond
	}
	if n := len(records); n == 0 || !records[n-1].End {
		h.t.Errorf("track %d: %d records without an end", track, n)
	}
	if (sum-lasts).Abs() > 2*frame || discontinuities != 0 {
		h.t.Errorf("track %d lasts %v, want %v; discontinuities off by %d", track, sum, lasts, -discontinuities)
	}
}

// A publisher who comes back in time goes on in the same epoch, and every part's time of day is true.
func TestReconnectGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		const away = 40 * time.Second
		began := time.Now()
		p := h.begin()
		p.mustSend(5 * time.Second)
		p.leave(errLine)
		time.Sleep(away)
		back := time.Now()
		p = h.begin()
		p.mustSend(5 * time.Second)
		h.expectFacts(1, 0)
		p.leave(nil)
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		for track := range segment.Track(2) {
			h.whole(1, track, 10*time.Second, 1)
			from, media, end := began, uint64(0), uint64(0)
			for _, r := range h.records(1, track) {
				if r.Discontinuity {
					from, media = back, r.StartUS
				} else if media == 0 {
					media = r.StartUS
				}
				if r.End {
					break
				}
				want := from.Add(time.Duration(r.StartUS-media) * time.Microsecond)
				if got := time.UnixMilli(int64(r.WallMS)); got.Sub(want).Abs() > 2*frame {
					t.Errorf("track %d, seq %d: wall clock %v, want %v", track, r.Seq, got, want)
				}
				if r.StartUS < end {
					t.Errorf("track %d, seq %d goes back in time", track, r.Seq)
				}
				end = r.StartUS + uint64(r.DurationUS)
			}
		}
	})
}

func TestChangedTracksBeginAnEpoch(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.begin()
		p.mustSend(3 * time.Second)
		p.leave(nil)
		p, err := h.connect()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.sink.Tracks(h.tracks()[1:]); err != nil {
			t.Fatal(err)
		}
		h.expectFacts(2, 1)
		if err := p.sink.Sample(ingest.Sample{Key: true, Data: []byte("sound")}); err != nil {
			t.Error(err)
		}
		if s := h.live.State(h.channel); s.Epoch != 2 || len(s.Tracks) != 1 {
			t.Errorf("%+v", s)
		}
		h.whole(1, 0, 3*time.Second, 0)
	})
}

func TestParametersChangeMidway(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.begin()
		p.mustSend(3 * time.Second)
		if err := p.sink.Tracks(h.tracks()); err != nil {
			t.Fatal(err)
		}
		p.mustSend(3 * time.Second)
		p.leave(nil)
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		h.whole(1, 0, 6*time.Second, 1)
	})
}

func TestSecondPublisherIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.begin()
		p.mustSend(time.Second)
		if _, err := h.connect(); !errors.Is(err, live.ErrBusy) || !strings.Contains(err.Error(), "192.0.2.7") || !strings.Contains(err.Error(), "reef") {
			t.Errorf("while the first is alive: %v", err)
		}
		p.mustSend(time.Second)
		time.Sleep(live.SilentMax)
		second := h.begin() // the first has broken without a word
		second.mustSend(time.Second)
		if err := p.send(time.Second); !errors.Is(err, live.ErrTaken) {
			t.Errorf("the replaced one: %v, want ErrTaken", err)
		}
		p.leave(errLine) // is nobody's business any more
		second.mustSend(time.Second)
		if s := h.live.State(h.channel); !s.Publishing || s.Epoch != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWrongKeyAndBrokenRegistry(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		const wrong = "not the key"
		_, err := h.live.Admit(t.Context(), live.Request{Key: wrong})
		if !errors.Is(err, live.ErrRefused) || strings.Contains(err.Error(), wrong) {
			t.Errorf("wrong key: %v", err)
		}
		broken := errors.New("database is locked")
		h.registry.breaks(broken)
		if _, err := h.connect(); !errors.Is(err, broken) || errors.Is(err, live.ErrRefused) {
			t.Errorf("broken registry: %v", err)
		}
		h.registry.breaks(nil)
		p, err := h.connect()
		if err != nil {
			t.Fatal(err)
		}
		h.registry.breaks(broken)
		if err := p.sink.Tracks(h.tracks()); !errors.Is(err, broken) {
			t.Errorf("no epoch: %v", err)
		}
		p.leave(err)
		h.registry.breaks(nil)
		h.begin().mustSend(time.Second)
		h.expectFacts(1, 0)
	})
}

func TestNoMediaNoBroadcast(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p, err := h.connect()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.sink.Sample(ingest.Sample{Data: []byte{1}}); err == nil {
			t.Error("a sample before the tracks was taken")
		}
		p.leave(nil)
		h.expectFacts(0, 0)
		if h.registry.epoch != 0 {
			t.Error("an epoch was spent on nothing")
		}
		silent := h.begin() // connected, but nothing comes
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		if err := silent.send(frame); !errors.Is(err, live.ErrOver) {
			t.Errorf("too late: %v", err)
		}
		silent.leave(nil)
	})
}

// A part that cannot be published ends the epoch, not the channel.
func TestUnpublishablePart(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p := h.begin()
		p.mustSend(2 * time.Second)
		p.at += time.Hour // the ingest rooms repair such times; if one does not, nothing worse than this happens
		err := p.send(time.Second)
		if err == nil {
			t.Fatal("a part of an hour was published")
		}
		p.leave(err)
		h.expectFacts(1, 1)
		h.begin().mustSend(2 * time.Second)
		h.expectFacts(2, 1)
		if s := h.live.State(h.channel); s.Epoch != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// That the server stops is nobody's trouble: the log warns of publishers who are lost, and not of those.
func TestPublishersOfAStoppingServerAreNotLost(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		for _, c := range []struct {
			why   error
			warns bool
		}{{nil, false}, {fmt.Errorf("the room: %w", context.Canceled), false}, {errLine, true}} {
			before := len(h.logged())
			p := h.begin()
			p.mustSend(time.Second)
			p.leave(c.why)
			if says := h.logged()[before:]; strings.Contains(says, "WARN") != c.warns {
				t.Errorf("%v: %s", c.why, says)
			}
		}
	})
}
