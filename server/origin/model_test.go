package origin_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shoal/segment"
	"shoal/server/origin"
	"shoal/server/pack"
)

// model is what RFC 8216bis (6.2.5) says of blocking requests, over a list of what was published. It knows nothing of windows and wakes.
type model struct {
	parts    []modelPart // of one track, in order
	target   time.Duration
	resting  bool
	ended    bool
	segments time.Duration // the longest segment so far
	declares time.Duration // what playlists say of it, once they are given away; then it grows to four seconds at once
}

type modelPart struct {
	msn   uint64
	index int
	last  bool
}

// verdict is what a request is due now.
type verdict int

const (
	dueAnswer verdict = iota
	dueWait
	dueTooFar
	dueNotFound
)

func (v verdict) String() string { return [...]string{"an answer", "to wait", "400", "404"}[v] }

// due says what a request is due.
func (m *model) due(r origin.Reload) verdict {
	switch {
	case len(m.parts) == 0 && !m.ended && !m.resting:
		return dueWait
	case len(m.parts) == 0 || m.resting:
		return dueNotFound
	case !r.Blocking || m.ended:
		return dueAnswer
	}
	newest := m.parts[len(m.parts)-1]
	for _, p := range m.parts {
		switch {
		case p.msn > r.MSN: // a later segment: a part that the one asked for does not have means this one's first
			return dueAnswer
		case p.msn == r.MSN && r.Part >= 0 && p.index >= r.Part:
			return dueAnswer
		case p.msn == r.MSN && r.Part < 0 && p.last:
			return dueAnswer
		}
	}
	if r.MSN > newest.msn+2 && r.MSN-newest.msn > 2 {
		return dueTooFar
	}
	if r.Part >= 0 {
		limit := 3
		if m.target < time.Second {
			limit = int(math.Ceil(3 / m.target.Seconds()))
		}
		ahead := r.Part + 1 // the least that it is ahead, in parts: what is open may have no more
		if r.MSN == newest.msn {
			if ahead = r.Part - newest.index; newest.last {
				return dueWait
			}
		}
		if ahead > limit {
			return dueTooFar
		}
	}
	return dueWait
}

// patience is how long a request is held: three target durations.
func (m *model) patience() time.Duration { return 3 * max(2*time.Second, m.declares, m.segments) }

// declare follows what playlists say of how long segments are, after each change. In a walk they last four seconds at most.
func (m *model) declare() {
	whole := m.resting || m.ended || slices.ContainsFunc(m.parts, func(p modelPart) bool { return p.last || p.msn != m.parts[0].msn })
	switch {
	case m.declares == 0 && whole:
		m.declares = max(2*time.Second, m.segments)
	case m.declares > 0 && m.segments.Round(time.Second) > m.declares.Round(time.Second):
		m.declares = 4 * time.Second
	}
}

// asked is a request that waits for its answer.
type asked struct {
	reload origin.Reload
	until  time.Time
	answer <-chan answer[string]
}

const (
	modelRequests = 10_000
	modelSeeds    = 20
)

// TestBlockingRequestsFollowTheModel sends ten thousand requests, many at once and hostile ones among them, while parts come, pause, rest and end,
// and holds each to the model: what it is given, and when.
func TestBlockingRequestsFollowTheModel(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(modelSeeds) {
		synctest.Test(t, func(t *testing.T) {
			w := &walk{t: t, h: newBench(t, 1), chance: rand.New(rand.NewPCG(seed, 8216)), counts: counts}
			w.m.target = partLasts
			w.longest = 1 + w.chance.IntN(8)
			for w.sent < modelRequests/modelSeeds {
				w.step()
			}
			w.settle()
		})
	}
	t.Logf("%d requests: %v", modelRequests, counts)
	for _, kind := range []string{"answered at once", "answered later", "400", "503", "404", "skipped"} {
		if counts[kind] == 0 {
			t.Errorf("no request was %s: the walk does not go there", kind)
		}
	}
}

// walk is one random history.
type walk struct {
	t       *testing.T
	h       *bench
	chance  *rand.Rand
	m       model
	longest int // parts in a segment, at most
	sent    int
	held    []asked
	counts  map[string]int
}

func (w *walk) step() {
	switch n := w.chance.IntN(100); {
	case n < 55:
		w.ask()
	case n < 90:
		w.publish()
	case n < 96:
		w.pass(time.Duration(w.chance.IntN(3000)) * time.Millisecond)
	case n < 97:
		w.pass(w.m.patience()) // the publisher hangs: whoever waits is told
	case n < 98 && len(w.m.parts) > 0:
		w.h.b.Rest(0)
		w.m.resting = true
		w.m.declare()
		w.look()
	case n == 99 && w.chance.IntN(20) == 0 && len(w.m.parts) > 0:
		if err := w.h.b.End(); err != nil {
			w.t.Fatal(err)
		}
		w.m.ended = true
		w.look()
		for range 10 {
			w.ask()
		}
		w.again()
	}
}

// again begins another epoch, as a publisher who comes back does.
func (w *walk) again() {
	w.h.open(w.h.b.Epoch()+1, 1)
	w.m = model{target: partLasts}
	w.look()
}

// publish adds a part: of the open segment, or of the next one, and at times of one after that, as a track does that was silent.
func (w *walk) publish() {
	if w.m.ended {
		return
	}
	seq := len(w.m.parts)
	next := modelPart{msn: w.h.b.Epoch() << 20}
	if seq > 0 {
		if newest := w.m.parts[seq-1]; newest.last || newest.index+1 >= w.longest || w.chance.IntN(10) == 0 {
			next.msn = newest.msn + 1
			if w.chance.IntN(20) == 0 {
				next.msn++
			}
		} else {
			next.msn, next.index = newest.msn, newest.index+1
		}
	}
	next.last = next.index+1 == w.longest && w.chance.IntN(2) == 0
	at := time.Duration(seq) * partLasts
	w.h.publish(pack.Part{
		Track: 0, MSN: next.msn, Index: next.index, Independent: next.index == 0, Last: next.last, Target: partLasts,
		Start: at, Duration: partLasts, Wall: wall().Add(at), Init: initOf(0), Data: []byte("part"),
	})
	w.m.parts = append(w.m.parts, next)
	w.m.resting = false
	w.m.segments = max(w.m.segments, time.Duration(next.index+1)*partLasts)
	w.m.declare()
	w.look()
}

// pass lets time pass, and those wait no longer whose time is over.
func (w *walk) pass(d time.Duration) {
	time.Sleep(d)
	w.look()
}

// ask sends a request: mostly near the live edge, as players do, and at times anything.
func (w *walk) ask() {
	var newest modelPart
	if n := len(w.m.parts); n > 0 {
		newest = w.m.parts[n-1]
	} else {
		newest.msn = w.h.b.Epoch() << 20
	}
	r := origin.Reload{Part: -1, Skip: w.chance.IntN(3) == 0}
	if r.Blocking = w.chance.IntN(8) > 0; r.Blocking {
		near := []uint64{newest.msn, newest.msn, newest.msn + 1, newest.msn + 2, newest.msn + 3, newest.msn - 1, newest.msn - 5}
		far := []uint64{0, 1, math.MaxUint64, math.MaxUint64 - 1, 1 << 63, newest.msn + 1<<20, newest.msn + 1000, w.chance.Uint64()}
		if r.MSN = near[w.chance.IntN(len(near))]; w.chance.IntN(5) == 0 {
			r.MSN = far[w.chance.IntN(len(far))]
		}
		parts := []int{-1, 0, 1, newest.index, newest.index + 1, newest.index + 2, newest.index + 6, newest.index + 7, 5, 6, 7, 65535}
		r.Part = parts[w.chance.IntN(len(parts))]
	}
	w.sent++
	due := w.m.due(r)
	a := asked{r, time.Now().Add(w.m.patience()), later(func() (string, error) { return w.h.media(0, r) })}
	synctest.Wait()
	if due == dueWait {
		if !pending(a.answer) {
			got := <-a.answer
			w.t.Fatalf("%+v behind %+v is to wait, and got %v", r, newest, got.err)
		}
		w.held = append(w.held, a)
		return
	}
	if pending(a.answer) {
		w.t.Fatalf("%+v behind %+v is due %v, and waits", r, newest, due)
	}
	w.judge(a, due, "answered at once")
}

// look holds those who wait to what they are due now.
func (w *walk) look() {
	synctest.Wait()
	var still []asked
	for _, a := range w.held {
		due := w.m.due(a.reload)
		switch over := !time.Now().Before(a.until); {
		case due == dueWait && !over:
			if !pending(a.answer) {
				got := <-a.answer
				w.t.Fatalf("%+v is to wait, and got %v", a.reload, got.err)
			}
			still = append(still, a)
		case pending(a.answer):
			w.t.Fatalf("%+v is due %v, its time is over: %v, and waits", a.reload, due, over)
		case due == dueWait:
			if got := <-a.answer; !errors.Is(got.err, origin.ErrTimeout) {
				w.t.Fatalf("%+v waited in vain, and got %v", a.reload, got.err)
			}
			w.counts["503"]++
		default:
			w.judge(a, due, "answered later")
		}
	}
	w.held = still
}

// judge holds an answer to what was due.
func (w *walk) judge(a asked, due verdict, how string) {
	got := <-a.answer
	kinds := map[verdict]error{dueTooFar: origin.ErrTooFar, dueNotFound: origin.ErrNotFound}
	if want := kinds[due]; want != nil {
		if !errors.Is(got.err, want) {
			w.t.Fatalf("%+v is due %v, and got %v", a.reload, due, got.err)
		}
		w.counts[due.String()]++
		return
	}
	if got.err != nil {
		w.t.Fatalf("%+v is due an answer, and got %v", a.reload, got.err)
	}
	w.counts[how]++
	w.whole(a.reload, got.value)
}

// whole holds a playlist to what was published: it ends where the model does, and skips only if asked to, and never once it has ended.
func (w *walk) whole(r origin.Reload, text string) {
	seq := len(w.m.parts)
	part := segment.Part{Epoch: w.h.b.Epoch(), Seq: uint64(seq)}
	hinted := strings.Contains(text, fmt.Sprintf("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=%q\n", pack.PartURI(part)))
	part.Seq--
	if !strings.Contains(text, pack.PartURI(part)) || hinted == w.m.ended || strings.Contains(text, "#EXT-X-ENDLIST\n") != w.m.ended {
		w.t.Fatalf("%+v: ended %v, %d parts, and the playlist is\n%s", r, w.m.ended, seq, text)
	}
	skips := strings.Contains(text, "#EXT-X-SKIP")
	if skips && (!r.Skip || w.m.ended) {
		w.t.Fatalf("%+v: it skips\n%s", r, text)
	}
	if skips {
		w.counts["skipped"]++
	}
}

// settle waits until nobody waits any more.
func (w *walk) settle() {
	w.pass(w.m.patience() + 30*time.Second)
	if len(w.held) > 0 {
		w.t.Errorf("%d still wait", len(w.held))
	}
}
