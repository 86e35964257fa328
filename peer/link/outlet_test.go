package link

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var there = &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4000}

var elsewhere = &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 4000}

// stun is a check, or its answer.
func stun(kind uint16, n int) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, kind)
	binary.BigEndian.PutUint32(b[4:], 0x2112A442)
	binary.BigEndian.PutUint64(b[8:], uint64(n))
	return b
}

func TestNoMoreGoesOutThanIsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const allowed = 125_000
		o := NewOutlet(allowed)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { o.Run(ctx); close(done) }()
		var mu sync.Mutex // what waits for nobody does not wait for Run either
		var order []int
		by := func(b []byte, _ net.Addr) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, len(b))
			return len(b), nil
		}
		began := time.Now()
		for range 1000 { // more is wanted than is allowed
			_, _ = o.write(make([]byte, 1172), there, by)
			_, _ = o.write(make([]byte, 72), elsewhere, by)
			time.Sleep(7 * time.Millisecond)
		}
		synctest.Wait()
		sent, most := 0, allowed*time.Since(began).Seconds()
		for _, n := range order {
			sent += n + headerSize
		}
		if got := float64(sent); got > 1.02*most || got < 0.98*most {
			t.Errorf("%d bytes went out where %.0f are allowed", sent, most)
		}
		small := 0
		for _, n := range order {
			if n == 72 {
				small++
			}
		}
		if small != 1000 {
			t.Errorf("%d of 1000 small ones are out: they wait for nobody", small)
		}
		if o.held > outletMax {
			t.Errorf("%d bytes wait, at most %d may", o.held, outletMax)
		}
		cancel()
		<-done
		if _, _ = o.write(make([]byte, 1172), there, by); order[len(order)-1] != 1172 {
			t.Error("what is said at the end waits for nobody")
		}
	})
}

// modem is a line that takes what it is given, and lets it out at its rate, in simulated time.
type modem struct {
	rate float64
	free time.Duration // until when it is busy
	late []float64     // what a ping every 10 ms waits, milliseconds
	sent int
}

// run keeps a pace pressed for a while and returns what went out, as a share of the line.
func (m *modem) run(p *pace, from, until time.Duration, links int, jitter time.Duration) float64 {
	const tick = time.Millisecond
	epoch := time.Unix(1_800_000_000, 0)
	type answer struct {
		at time.Duration
		n  int
	}
	var answers []answer
	credit, n := 0.0, int(from/tick)*1000
	m.late, m.sent = nil, 0
	for now := from; now < until; now += tick {
		rate := p.now()
		credit = min(credit+rate*tick.Seconds(), max(burstLeast, rate*burstFor.Seconds()))
		for credit > 0 && m.free-now < 400*time.Millisecond {
			credit -= 1200
			m.free = max(m.free, now) + time.Duration(1200/m.rate*float64(time.Second))
			m.sent += 1200
			p.left(epoch.Add(now), 1200, true)
		}
		queue := max(m.free-now, 0)
		if now%(10*tick) == 0 {
			m.late = append(m.late, queue.Seconds()*1000)
		}
		for k := range links {
			if (now+time.Duration(k)*checkEvery/time.Duration(links))%checkEvery == 0 {
				n++
				to := &net.UDPAddr{IP: net.IPv4(192, 0, 2, byte(k)), Port: 4000}
				p.asked(epoch.Add(now), stun(1, n), to)
				chance := time.Duration(rand.Int64N(int64(jitter) + 1))
				answers = append(answers, answer{now + queue + 20*time.Millisecond + chance, n})
			}
		}
		for i := 0; i < len(answers); i++ {
			if answers[i].at <= now {
				p.answered(epoch.Add(now), stun(0x0101, answers[i].n))
				answers = slices.Delete(answers, i, i+1)
				i--
			}
		}
	}
	slices.Sort(m.late)
	return float64(m.sent) / (m.rate * (until - from).Seconds())
}

func (m *modem) p95() float64 { return m.late[len(m.late)*95/100] }

func TestALineIsUsedWithoutAQueue(t *testing.T) {
	for _, rate := range []float64{60_000, 125_000, 250_000, 1_250_000} {
		p, m := &pace{limit: allowedHere}, &modem{rate: rate}
		m.run(p, 0, 30*time.Second, 6, 4*time.Millisecond)
		used := m.run(p, 30*time.Second, 120*time.Second, 6, 4*time.Millisecond)
		t.Logf("%.0f bytes/s: %.0f %% used, 95 %% wait at most %.0f ms", rate, 100*used, m.p95())
		if used < 0.8 || m.p95() > 60 {
			t.Errorf("a line of %.0f bytes/s: %.0f %% are used, 95 %% wait %.0f ms", rate, 100*used, m.p95())
		}
	}
}

func TestALineThatBecomesWiderIsFound(t *testing.T) {
	p, m := &pace{limit: allowedHere}, &modem{rate: 100_000}
	m.run(p, 0, 30*time.Second, 6, 4*time.Millisecond)
	m.rate = 400_000
	m.run(p, 30*time.Second, 60*time.Second, 6, 4*time.Millisecond)
	if used := m.run(p, 60*time.Second, 90*time.Second, 6, 4*time.Millisecond); used < 0.7 {
		t.Errorf("%.0f %% are used half a minute later", 100*used)
	}
}

// allowedHere is what a native viewer allows, bytes per second.
const allowedHere = 2_500_000

func TestOnlyAnswersToQuestionsTell(t *testing.T) {
	p, now := &pace{limit: 1000}, time.Unix(1_800_000_000, 0)
	p.answered(now, stun(0x0101, 1)) // to nothing
	for n := range 3 * askedMax {
		p.asked(now, stun(1, n), there)
		p.asked(now, make([]byte, 40), there)
	}
	if len(p.asks) != askedMax {
		t.Errorf("%d questions are kept", len(p.asks))
	}
	relayed := append([]byte{0x40, 0, 0, 20}, stun(0x0101, 5)...)
	if p.answered(now.Add(20*time.Millisecond), relayed); len(p.asks) != askedMax-1 || len(p.waits) != 1 {
		t.Error("a relayed answer was not understood")
	}
	for _, b := range [][]byte{nil, {0x40}, {0x40, 0, 0, 1, 0}, make([]byte, 19), stun(0x0111, 6)} {
		p.answered(now, b)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(stun(1, 7))
	f.Add(append([]byte{0x40, 0, 0, 20}, stun(0x0101, 5)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, answer, ok := check(data); answer && !ok {
			t.Error("an answer that is none")
		}
	})
}

func TestNothingOvertakesOnItsLink(t *testing.T) {
	o := NewOutlet(1000) // which nobody runs: what waits stays
	var out []int
	by := func(b []byte, _ net.Addr) (int, error) { out = append(out, len(b)); return len(b), nil }
	for range 4 {
		_, _ = o.write(make([]byte, 1172), there, by)
	}
	out = nil
	_, _ = o.write(make([]byte, 72), there, by)
	_, _ = o.write(make([]byte, 73), elsewhere, by)
	_, _ = o.write(stun(1, 1), there, by)
	if !slices.Equal(out, []int{73, 20}) {
		t.Errorf("%v went out: a small datagram may overtake those of other links, and a check all", out)
	}
}
