package live_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"shoal/server/live"
)

// admit is connect with a request of its own.
func (h *bench) admit(r live.Request) (*publisher, live.Place, error) {
	r.Key, r.From = key, "192.0.2.8"
	p, err := h.live.Admit(h.t.Context(), r)
	return &publisher{h: h, sink: p.Sink, leave: p.Leave, lost: p.Lost}, p, err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestTakeover(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		first, place, err := h.admit(live.Request{Protocol: "rtmp"})
		if err != nil {
			t.Fatal(err)
		}
		if err := first.sink.Tracks(h.tracks()); err != nil {
			t.Fatal(err)
		}
		first.mustSend(2 * time.Second)
		if _, _, err := h.admit(live.Request{Protocol: "srt"}); !errors.Is(err, live.ErrBusy) {
			t.Fatalf("without asking to take over: %v", err)
		}
		if isClosed(place.Cut) {
			t.Fatal("a refused publisher cut the first one")
		}
		second, place2, err := h.admit(live.Request{Protocol: "srt", Takeover: true})
		if err != nil {
			t.Fatal(err)
		}
		if !isClosed(place.Cut) {
			t.Error("the first one is not told")
		}
		if err := first.send(time.Second); !errors.Is(err, live.ErrTaken) {
			t.Errorf("the first one may go on: %v", err)
		}
		first.leave(errLine)
		if err := second.sink.Tracks(h.tracks()); err != nil {
			t.Fatal(err)
		}
		second.mustSend(3 * time.Second)
		if isClosed(place2.Cut) {
			t.Error("the second one was cut by the first one's leaving")
		}
		if s := h.live.State(h.channel); s.Epoch != 1 || !s.Publishing {
			t.Errorf("%+v", s)
		}
		second.leave(nil)
		time.Sleep(live.DefaultIdle + time.Second)
		h.expectFacts(1, 1)
		h.whole(1, 0, 5*time.Second, 1)
	})
}

func TestAReplacedKeyCutsItsPublisher(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p, place, err := h.admit(live.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.sink.Tracks(h.tracks()); err != nil {
			t.Fatal(err)
		}
		p.mustSend(3 * time.Second)
		h.registry.breaks(errors.New("database is locked"))
		p.mustSend(3 * time.Second) // a store that does not answer ends nobody
		h.registry.breaks(nil)
		h.registry.mu.Lock()
		h.registry.stale = true
		h.registry.mu.Unlock()
		replaced := time.Now()
		<-place.Cut // of a publisher that is silent, too
		if took := time.Since(replaced); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if err := p.send(time.Second); !errors.Is(err, live.ErrRevoked) {
			t.Errorf("it may go on: %v", err)
		}
		if s := h.live.State(h.channel); !s.Live || s.Publishing {
			t.Errorf("%+v", s)
		}
	})
}

func TestANamedChannelMustBeTheKeys(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		if _, _, err := h.admit(live.Request{Name: "another"}); !errors.Is(err, live.ErrRefused) {
			t.Errorf("a key of another channel: %v", err)
		}
		p, _, err := h.admit(live.Request{Name: string(name)})
		if err != nil {
			t.Fatal(err)
		}
		p.leave(nil)
	})
}

// A fault of ours while a publisher's samples are packed ends its epoch, is counted, and the publisher may come back.
func TestAFaultEndsOneEpochAlone(t *testing.T) {
	bubble(t, func(t *testing.T, h *bench) {
		p, _, err := h.admit(live.Request{Protocol: "srt"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.sink.Tracks(h.tracks()); err != nil {
			t.Fatal(err)
		}
		p.mustSend(3 * time.Second)
		h.mu.Lock()
		h.spoil = true
		h.mu.Unlock()
		if err := p.send(3 * time.Second); err == nil {
			t.Error("the publication goes on")
		} else {
			p.leave(err)
		}
		h.expectFacts(1, 1)
		h.mu.Lock()
		faults := h.fault
		h.mu.Unlock()
		if len(faults) != 1 || faults[0] != "srt" {
			t.Errorf("counted: %v", faults)
		}
		again := h.begin()
		again.mustSend(3 * time.Second)
		if s := h.live.State(h.channel); !s.Publishing || s.Epoch != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// A removed channel's broadcast ends at once, whether somebody publishes or is waited for; a store that does not answer ends nobody.
func TestARemovedChannelsBroadcastEnds(t *testing.T) {
	for _, publishes := range []bool{true, false} {
		bubble(t, func(t *testing.T, h *bench) {
			p, place, err := h.admit(live.Request{})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.sink.Tracks(h.tracks()); err != nil {
				t.Fatal(err)
			}
			p.mustSend(3 * time.Second)
			if !publishes {
				p.leave(nil)
			}
			h.registry.breaks(errors.New("database is locked"))
			time.Sleep(3 * time.Second)
			if s := h.live.State(h.channel); !s.Live {
				t.Errorf("it ended while the store did not answer: %+v", s)
			}
			h.registry.breaks(nil)
			h.registry.mu.Lock()
			h.registry.removed = true
			h.registry.mu.Unlock()
			time.Sleep(2 * time.Second)
			if s := h.live.State(h.channel); s.Live {
				t.Errorf("publishes %v: %+v", publishes, s)
			}
			if publishes {
				<-place.Cut
				p.leave(nil)
			}
		})
	}
}

// The end of each publication is one line, which names the channel and says what happened: a warning where nobody asked for it.
func TestEachPublicationEndsWithOneLine(t *testing.T) {
	for want, end := range map[string]func(h *bench, p *publisher){
		"INFO msg=\"publisher stopped\" channel=reef from=192.0.2.8 protocol=srt lasted=2s": func(_ *bench, p *publisher) { p.leave(nil) },
		"WARN msg=\"publisher lost\" channel=reef from=192.0.2.8 protocol=srt lasted=2s lost_packets=7 because=\"the line broke\"": func(_ *bench, p *publisher) {
			p.lost(7)
			p.leave(errLine)
		},
		"INFO msg=\"publisher disconnected\" channel=reef from=192.0.2.8 protocol=srt lasted=2s because=\"another publisher with the key took its place\"": func(h *bench, p *publisher) {
			if _, _, err := h.admit(live.Request{Protocol: "rtmp", Takeover: true}); err != nil {
				h.t.Error(err)
			}
			p.leave(errLine) // as its connection was closed
		},
		"WARN msg=\"publisher lost\" channel=reef from=192.0.2.8 protocol=srt lasted=7s because=\"another publisher with the key took its place: this one had been silent for 3s\"": func(h *bench, p *publisher) {
			time.Sleep(5 * time.Second)
			if _, _, err := h.admit(live.Request{Protocol: "rtmp"}); err != nil {
				h.t.Error(err)
			}
			p.leave(errLine)
		},
		"INFO msg=\"publisher disconnected\" channel=reef from=192.0.2.8 protocol=srt lasted=3s because=\"its stream key was replaced, or its channel removed\"": func(h *bench, p *publisher) {
			time.Sleep(500 * time.Millisecond) // keys are looked up every second
			h.registry.mu.Lock()
			h.registry.stale = true
			h.registry.mu.Unlock()
			time.Sleep(2 * time.Second)
			p.leave(errLine)
		},
	} {
		bubble(t, func(t *testing.T, h *bench) {
			p, _, err := h.admit(live.Request{Protocol: "srt"})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.sink.Tracks(h.tracks()); err != nil {
				t.Fatal(err)
			}
			p.mustSend(2 * time.Second)
			before := len(h.logged())
			end(h, p)
			var ends []string
			for line := range strings.Lines(h.logged()[before:]) {
				if !strings.Contains(line, "connected\" channel=reef from=192.0.2.8 protocol=rtmp\n") {
					ends = append(ends, line)
				}
			}
			if len(ends) != 1 || !strings.HasSuffix(strings.TrimSpace(ends[0]), want) {
				t.Errorf("%q\nwants %s", ends, want)
			}
		})
	}
}
