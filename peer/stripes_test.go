package peer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/swarm"
	"shoal/wire"
)

const (
	// pastParts are there before the peer comes.
	pastParts = 10
	allParts  = 14
	// seeded are the stripes of the first four of a part's five pieces.
	seeded = 1 | 1<<3 | 1<<6 | 1<<9
)

// newLiveHouse is a house whose tracker has the peer seed, and publishes parts while it watches.
func newLiveHouse(t *testing.T) *house {
	h := newHouse(t, allParts)
	h.seed, h.late = seeded, make(chan int, allParts)
	for seq := range pastParts {
		h.late <- seq
	}
	return h
}

// frames are a part's pieces on the seeded stripes.
func (h *house) frames(seq int) (b []byte) {
	body := h.bodies[seq]
	size := segment.PieceSize(len(body))
	count := segment.Pieces(len(body), size)
	for piece := range count {
		if seeded&(1<<segment.Stripe(piece, count)) == 0 {
			continue
		}
		data := body[piece*size : min((piece+1)*size, len(body))]
		b = binary.BigEndian.AppendUint32(b, uint32(wire.PieceHeaderSize+len(data)))
		b = append(wire.AppendPieceHeader(b, segment.Part{Epoch: 1, Seq: uint64(seq)}, piece), data...)
	}
	return b
}

// flow sends stripes from a part on.
func flow(w http.ResponseWriter, from int, frames ...[]byte) {
	w.Header().Set(fromHeader, fmt.Sprint(from))
	for _, frame := range append([][]byte{{0, 0, 0, 0}}, frames...) {
		_, _ = w.Write(frame)
		_ = http.NewResponseController(w).Flush()
	}
}

// asked returns the requests for parts that were published after the peer came.
func (h *house) asked() (late []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.ranges {
		var seq int
		if _, err := fmt.Sscanf(r, "p%d.m4s", &seq); err == nil && seq >= pastParts {
			late = append(late, r)
		}
	}
	return late
}

// TestASeedAsksForNothingThatItsInflowBrings has records come before the pieces and after them.
func TestASeedAsksForNothingThatItsInflowBrings(t *testing.T) {
	synctest.Test(t, seedByInflow)
}

func seedByInflow(t *testing.T) {
	h := newLiveHouse(t)
	inflows := make(chan string, 10)
	h.pour = func(w http.ResponseWriter, r *http.Request) {
		inflows <- r.URL.Path
		flow(w, pastParts)
		for seq := pastParts; seq < allParts; seq++ {
			if seq%2 == 0 {
				h.late <- seq
			}
			flow(w, 0, h.frames(seq))
			if seq%2 == 1 {
				h.late <- seq
			}
		}
		close(h.late)
		<-r.Context().Done()
	}
	s, out := watchHouse(t, h, pipesLink, allParts-pastParts+1)
	if s.Refused+s.LateParts+s.Declined != 0 || s.Verified == 0 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(fmt.Sprintf("%s", *out), string(h.bodies[allParts-4])) {
		t.Error("parts that came by inflow were not played")
	}
	for _, r := range h.asked() { // the fifth piece is nobody's
		if !strings.HasSuffix(r, "bytes=16384-19999") {
			t.Errorf("asked for %s", r)
		}
	}
	if len(inflows) != 1 || <-inflows != "/hls/demo/1/stripes/0249" {
		t.Errorf("%d inflows", len(inflows))
	}
}

// TestASeedWhoseInflowFailsAsksByRange opens inflows that are of no use, in every way there is.
func TestASeedWhoseInflowFailsAsksByRange(t *testing.T) {
	for name, pour := range map[string]func(h *house, w http.ResponseWriter, r *http.Request){
		"there is none":    func(_ *house, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"it is busy":       func(_ *house, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"it has no header": func(_ *house, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 8)) },
		"it ends at once":  func(_ *house, w http.ResponseWriter, _ *http.Request) { flow(w, pastParts) },
		"it is silent": func(_ *house, w http.ResponseWriter, r *http.Request) {
			flow(w, pastParts)
			<-r.Context().Done()
		},
		"it is malformed": func(_ *house, w http.ResponseWriter, _ *http.Request) {
			flow(w, pastParts, bytes.Repeat([]byte{255}, 100))
		},
		"it breaks in a piece": func(h *house, w http.ResponseWriter, _ *http.Request) {
			flow(w, pastParts, h.frames(pastParts)[:5000])
			panic(http.ErrAbortHandler)
		},
		"it lies": func(h *house, w http.ResponseWriter, _ *http.Request) {
			lie := h.frames(pastParts)
			lie[1000]++
			flow(w, pastParts, lie, bytes.Replace(h.frames(pastParts+1), []byte{1, 0}, []byte{1, 7}, 1))
		},
	} {
		bubble(t, name, func(t *testing.T) {
			h := newLiveHouse(t)
			first := make(chan struct{}, 1)
			first <- struct{}{}
			h.pour = func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-first:
					for seq := pastParts; seq < allParts; seq++ {
						h.late <- seq
					}
					close(h.late)
				default:
				}
				pour(h, w, r)
			}
			s, out := watchHouse(t, h, pipesLink, allParts-pastParts+1)
			good := map[string]bool{string(h.init): true}
			for _, body := range h.bodies {
				good[string(body)] = true
			}
			for i, got := range *out {
				if !good[string(got)] {
					t.Errorf("write %d was never published: %+v", i, s)
				}
			}
			if len(h.asked()) == 0 {
				t.Error("nothing was asked for")
			}
		})
	}
}

// TestStripesAreKeptWithinBounds fills the room for early pieces, and lets them grow old.
func TestStripesAreKeptWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStripes(nil)
		s.open = &inflow{epoch: 1, mask: 0xffff, from: []uint64{5}, ended: make(chan struct{}), hang: func() {}}
		part := func(seq int) segment.Part { return segment.Part{Epoch: 1, Seq: uint64(seq)} }
		for i := range 3 * keptMax {
			s.put(place{part(i / 16), i % 16}, []byte{1})
			s.put(place{part(i / 16), i % 16}, []byte{2})
		}
		if len(s.kept) != keptMax || len(s.order) != keptMax {
			t.Errorf("%d pieces are kept, %d in order", len(s.kept), len(s.order))
		}
		newest := 3*keptMax/16 - 1
		w, others := s.serve(swarm.Fetch{Part: part(newest), To: 16}, 16)
		if w.n != 16 || len(others) != 0 || (<-w.got).data[0] != 1 {
			t.Errorf("%d pieces, %v not", w.n, others)
		}
		time.Sleep(keptFor + time.Second)
		s.put(place{part(newest + 1), 0}, []byte{1})
		if len(s.kept) != 1 {
			t.Errorf("%d pieces are kept for ever", len(s.kept))
		}
	})
}

func TestOnlyWhatAnInflowIsBoundToBringIsWaitedFor(t *testing.T) {
	s := newStripes(nil)
	f := &inflow{stripes: s, epoch: 1, mask: 1<<0 | 1<<4 | 1<<8, of: segment.AllTracks, from: []uint64{5}, ended: make(chan struct{}), hang: func() {}}
	s.open = f
	f.last[0] = -1
	ask := func(epoch, seq uint64, track segment.Track) (*wait, []int) {
		return s.serve(swarm.Fetch{Part: segment.Part{Epoch: epoch, Seq: seq, Track: track}, To: 4}, 4)
	}
	for _, old := range []segment.Part{{Epoch: 1, Seq: 4}, {Epoch: 2, Seq: 6}, {Epoch: 1, Seq: 6, Track: 1}} {
		if w, others := ask(old.Epoch, old.Seq, old.Track); w.n != 0 || len(others) != 4 {
			t.Errorf("%v is waited for", old)
		}
	}
	w, others := ask(1, 6, 0)
	if w.n != 3 || len(others) != 1 || others[0] != 3 {
		t.Errorf("%d waited for, %v not", w.n, others)
	}
	if again, others := ask(1, 6, 0); again.n != 0 || len(others) != 4 {
		t.Error("a second request waits, too")
	}
	f.came(place{segment.Part{Epoch: 1, Seq: 6}, 0}, []byte{1})
	f.came(place{segment.Part{Epoch: 1, Seq: 6}, 2}, []byte{1})
	if missing := s.leave(swarm.Fetch{Part: segment.Part{Epoch: 1, Seq: 6}, To: 4}, w); len(missing) != 1 || missing[0] != 1 || len(w.got) != 2 {
		t.Errorf("%v did not come, %d did", missing, len(w.got))
	}
	if w, others := ask(1, 5, 0); w.n != 0 || len(others) != 4 {
		t.Error("what the inflow has passed is waited for")
	}
}

// FuzzInflow reads any bytes as an inflow of stripes, and any header.
func FuzzInflow(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 25, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0, 0, 34, 0, 3, 'p', 'i', 'e', 'c', 'e'}, "17,34")
	f.Add([]byte{255, 255, 255, 255}, "")
	f.Fuzz(func(t *testing.T, b []byte, header string) {
		in := bytes.NewReader(b)
		for {
			message, err := readFrame(in)
			if err != nil {
				break
			}
			if len(message) > wire.MessageMax {
				t.Fatalf("a frame of %d bytes", len(message))
			}
		}
		from, err := parseFrom(header)
		if err == nil && (len(from) == 0 || len(from) > segment.TracksMax) {
			t.Fatalf("%q: %v", header, from)
		}
	})
}
