package share

import (
	"math/rand/v2"
	"slices"
	"testing"

	"shoal/id"
	"shoal/span"
)

// modem is a line with a queue before it, some neighbours behind it, and what else its owner does.
type modem struct {
	t       *testing.T
	desk    *Desk
	chance  *rand.Rand
	now     span.Span
	carries int // bytes per second
	free    span.Span
	piece   int
	wanted  int // bytes per second that neighbours want
	due     float64
	seq     int
	ways    []path
	coming  []answer
	leaving []departure
	beside  int  // bytes that go out each millisecond beside the pieces
	smooth  bool // pieces go out packet by packet, through an outlet
	held    []departure
	credit  int
	waits   []span.Span // as a ping every 10 ms would find them
	sent    int         // bytes of pieces
	other   int         // bytes that another flow has put on the line
	window  int         // of it: it keeps so much in the queue, as TCP does
	inside  id.Peer     // is in the same house
	asked   int         // probes
}

// path is the way from the modem to a neighbour.
type path struct {
	lag    span.Span
	offset uint32 // of its clock
	drift  int    // millionths
	queue  span.Span
}

type answer struct {
	at          span.Span
	peer        id.Peer
	asked, came uint32
}

type departure struct {
	at   span.Span
	peer id.Peer
	size int
}

func newModem(t *testing.T, carries, wanted, piece, neighbours int) *modem {
	m := &modem{t: t, desk: new(Desk), chance: rand.New(rand.NewPCG(1, 2)), carries: carries, wanted: wanted, piece: piece, now: span.Second}
	m.desk.SetUplink(0, 12_500_000)
	for i := range neighbours {
		m.ways = append(m.ways, path{
			lag: span.Span(10+m.chance.IntN(60)) * span.Millisecond, offset: m.chance.Uint32(), drift: m.chance.IntN(41) - 20,
		})
		m.desk.Join(id.Peer(i + 1))
		m.desk.Echoes(id.Peer(i+1), false)
	}
	return m
}

// put puts bytes on the line and returns when they have left it.
func (m *modem) put(size int) span.Span {
	m.free = max(m.free, m.now) + span.Span(int64(size)*int64(span.Second)/int64(m.carries))
	return m.free
}

func (m *modem) run(lasts span.Span) {
	m.waits, m.sent = m.waits[:0], 0
	for end := m.now + lasts; m.now < end; m.now += span.Millisecond {
		m.step()
		if m.now%(10*span.Millisecond) == 0 {
			m.waits = append(m.waits, max(0, m.free-m.now))
		}
	}
	slices.Sort(m.waits)
}

func (m *modem) step() {
	if m.beside > 0 {
		m.desk.Spend(m.now, m.beside)
		m.put(m.beside)
	}
	for stands := max(0, int(int64(m.free-m.now)*int64(m.carries)/int64(span.Second))); stands < m.window; stands += 1500 {
		m.put(1500)
		m.other += 1500
	}
	m.leaving = slices.DeleteFunc(m.leaving, func(d departure) bool {
		if d.at <= m.now {
			m.desk.Drained(m.now, d.peer, m.desk.links.Get(d.peer).buffered-d.size)
		}
		return d.at <= m.now
	})
	m.coming = slices.DeleteFunc(m.coming, func(a answer) bool {
		if a.at <= m.now {
			m.desk.Echoed(m.now, a.peer, a.asked, a.came)
		}
		return a.at <= m.now
	})
	m.due += float64(m.wanted) / 1000
	if m.now%(250*span.Millisecond) < 125*span.Millisecond { // a part comes, and then there is none for a while
		for ; m.due > float64(m.piece); m.due -= float64(m.piece) {
			m.seq++
			m.desk.Queue(m.now, Send{id.Peer(1 + m.seq%len(m.ways)), part(uint64(m.seq)), 0}, m.piece, int64(m.now/span.Millisecond), 0)
		}
	}
	m.desk.Expire(int64(m.now/span.Millisecond) - 1500)
	sends, _, _ := m.desk.Pump(m.now, nil)
	m.probe(len(sends) > 0)
	for _, s := range sends {
		m.sent += m.piece
		if m.smooth {
			m.held = append(m.held, departure{size: m.piece + m.piece/12, peer: s.Peer})
			continue
		}
		m.leaving = append(m.leaving, departure{m.put(m.piece + m.piece/12), s.Peer, m.piece})
	}
	m.let()
	if m.now%span.Second == 0 {
		m.desk.overhead.judge(span.Second)
	}
}

// let lets out what an outlet would in a millisecond.
func (m *modem) let() {
	pace := m.desk.Pace() * 11 / 10
	if pace == 0 {
		pace = 12_500_000
	}
	for m.credit = min(m.credit+pace/1000, 1500); m.credit > 0 && len(m.held) > 0; {
		d := &m.held[0]
		size := min(1200, d.size)
		m.credit -= size
		d.size -= size
		if gone := m.put(size); d.size == 0 {
			m.leaving = append(m.leaving, departure{gone, d.peer, m.piece})
			m.held = m.held[1:]
		}
	}
}

func (m *modem) probe(pieces bool) {
	p, ours, _, _ := m.desk.Probe(m.now, pieces)
	if p == id.Origin {
		return
	}
	m.asked++
	w := m.ways[p-1]
	gone := m.put(100)
	if p == m.inside {
		gone = m.now
	}
	came := gone + w.lag + w.queue + span.Span(m.chance.IntN(3000))*span.Microsecond
	theirs := w.offset + uint32(came/span.Microsecond) + uint32(int64(came/span.Millisecond)*int64(w.drift)/1000)
	m.coming = append(m.coming, answer{came + w.lag + span.Span(m.chance.IntN(3000))*span.Microsecond, p, ours, theirs})
}

func (m *modem) at(percent int) int64 {
	return int64(m.waits[(len(m.waits)-1)*percent/100] / span.Millisecond)
}

// used returns how much of the line pieces took, in percent.
func (m *modem) used(lasted span.Span) int {
	return int(int64(m.sent+m.sent/12) * 100 / (int64(m.carries) * int64(lasted/span.Second)))
}

func TestALineIsUsedWithoutAQueue(t *testing.T) {
	for _, c := range []struct {
		carries, piece, neighbours int
	}{
		{60_000, 4096, 6}, {125_000, 8192, 5}, {250_000, 8192, 1}, {250_000, 8192, 5}, {250_000, 8192, 14}, {250_000, 16384, 5}, {1_250_000, 16384, 10},
	} {
		m := newModem(t, c.carries, 2*c.carries, c.piece, c.neighbours)
		m.run(20 * span.Second)
		m.run(60 * span.Second)
		own := int64(c.piece) * 1000 * 13 / 12 / int64(c.carries)
		t.Logf("%+v: used %d %%, half %d ms, 95 %% %d ms; a piece is %d ms", c, m.used(60*span.Second), m.at(50), m.at(95), own)
		if used := m.used(60 * span.Second); used < 90 {
			t.Errorf("%+v: %d %% used where more is wanted", c, used)
		}
		if few := int64(2*1200*1000) / int64(c.carries); m.at(95) > own+25+few { // and a few datagrams of others
			t.Errorf("%+v: 95 %% of pings waited %d ms, a piece takes %d", c, m.at(95), own)
		}
	}
}

// TestAnOutletLeavesAlmostNoQueue lets packets out one by one.
func TestAnOutletLeavesAlmostNoQueue(t *testing.T) {
	for _, carries := range []int{125_000, 250_000, 1_250_000} {
		m := newModem(t, carries, 2*carries, 8192, 5)
		m.smooth = true
		m.run(20 * span.Second)
		m.run(60 * span.Second)
		t.Logf("%d: used %d %%, half %d ms, 95 %% %d ms", carries, m.used(60*span.Second), m.at(50), m.at(95))
		if most := 30 * max(250_000/int64(carries), 1); m.used(60*span.Second) < 90 || m.at(95) > most {
			t.Errorf("%d: %d %% used, 95 %% of pings waited %d ms", carries, m.used(60*span.Second), m.at(95))
		}
	}
}

// TestNothingIsFoundWhereNothingStands has neighbours whose own lines are full, and clocks that drift: ours is not.
func TestNothingIsFoundWhereNothingStands(t *testing.T) {
	m := newModem(t, 250_000, 150_000, 8192, 6)
	m.run(5 * span.Second)
	for range 120 {
		for i := range 2 {
			m.ways[i].queue = span.Span(m.chance.IntN(300)) * span.Millisecond
		}
		m.run(500 * span.Millisecond)
	}
	if pace := m.desk.Pace(); pace > 0 && pace < 200_000 {
		t.Errorf("a line of 250,000 that is not full is taken for %d", pace)
	}
}

// TestWhoeverElseUsesTheLineWins has another flow fill the queue for a while, as TCP does.
func TestWhoeverElseUsesTheLineWins(t *testing.T) {
	m := newModem(t, 250_000, 500_000, 8192, 5)
	m.run(30 * span.Second)
	m.window = 50_000
	m.run(5 * span.Second)
	m.other = 0
	m.run(30 * span.Second)
	if got := m.other * 100 / (30 * m.carries); got < 85 {
		t.Errorf("the other has %d %% of the line", got)
	}
	m.window = 0
	m.run(60 * span.Second)
	m.run(20 * span.Second)
	if used := m.used(20 * span.Second); used < 85 {
		t.Errorf("%d %% of the line are used a minute after the other went", used)
	}
}

// TestALineLeftAloneIsAskedLess has a queue on a line that carries more than is allowed, and then none, and then one again.
func TestALineLeftAloneIsAskedLess(t *testing.T) {
	m := newModem(t, 1_250_000, 200_000, 4096, 5)
	m.desk.SetUplink(0, 250_000)
	m.run(10 * span.Second)
	m.window = 100_000
	m.run(5 * span.Second)
	m.asked = 0
	m.run(4 * span.Second)
	if m.desk.Pace() == 0 || m.asked < 4*5 {
		t.Errorf("with a queue, %d probes in 4 s; the rate is %d", m.asked, m.desk.Pace())
	}
	m.window = 0
	m.run(60 * span.Second)
	m.asked = 0
	m.run(20 * span.Second)
	if m.asked > 20*5 || m.desk.Pace() < 240_000 {
		t.Errorf("when all is well %d probes in 20 s; the rate is %d", m.asked, m.desk.Pace())
	}
	m.window, m.asked = 100_000, 0
	m.run(4 * span.Second)
	if m.asked < 4*5 || m.desk.Pace() > 200_000 {
		t.Errorf("with another queue, %d probes in 4 s; the rate is %d", m.asked, m.desk.Pace())
	}
}

// TestNewcomersKeepNoQueueAlive has neighbours come and go while another flow fills the line, and the first clocks jump.
func TestNewcomersKeepNoQueueAlive(t *testing.T) {
	m := newModem(t, 125_000, 250_000, 8192, 7)
	m.window = 40_000
	m.run(10 * span.Second)
	for i := range m.ways {
		p := id.Peer(i + 1)
		m.leaving = slices.DeleteFunc(m.leaving, func(d departure) bool { return d.peer == p })
		m.desk.Leave(p)
		m.desk.Join(p)
		m.desk.Echoes(p, false)
		m.ways[i].offset += 40_000_000
		m.run(span.Second)
	}
	m.window = 0
	m.run(40 * span.Second)
	m.run(10 * span.Second)
	if used := m.used(10 * span.Second); used < 80 {
		t.Errorf("%d %% of the line are used 40 s after the other went", used)
	}
}

// TestARateThatLeavesNothingForPiecesGrows has what goes out beside them take all that was left, so that none is sent and nothing sold.
func TestARateThatLeavesNothingForPiecesGrows(t *testing.T) {
	m := newModem(t, 125_000, 250_000, 8192, 7)
	m.beside = 20
	m.window = 120_000
	m.run(20 * span.Second)
	m.window, m.wanted, m.due = 0, 0, 0
	m.run(40 * span.Second)
	if pace := m.desk.Pace(); pace > 0 && pace < 60_000 {
		t.Errorf("the pace is %d long after the other went", pace)
	}
}

// TestALineThatChangesIsFollowed halves the line, and doubles it.
func TestALineThatChangesIsFollowed(t *testing.T) {
	m := newModem(t, 250_000, 500_000, 8192, 5)
	m.run(30 * span.Second)
	m.carries /= 2
	m.run(5 * span.Second)
	m.run(20 * span.Second)
	if used := m.used(20 * span.Second); used < 85 || m.at(95) > 130 {
		t.Errorf("on half the line: %d %% used, 95 %% of pings waited %d ms", used, m.at(95))
	}
	m.carries *= 2
	m.run(25 * span.Second)
	m.run(20 * span.Second)
	if used := m.used(20 * span.Second); used < 85 {
		t.Errorf("the whole line again: %d %% used", used)
	}
}

// TestOneInTheHouseHidesNothing has a neighbour to whom the way is not by the line.
func TestOneInTheHouseHidesNothing(t *testing.T) {
	m := newModem(t, 250_000, 500_000, 8192, 6)
	m.inside = 3
	m.desk.Echoes(m.inside, true)
	m.run(30 * span.Second)
	m.run(30 * span.Second)
	if m.at(95) > 80 {
		t.Errorf("95 %% of pings waited %d ms", m.at(95))
	}
}

// TestAClockThatJumpedIsNoQueue has ours stand still for a minute, as asleep.
func TestAClockThatJumpedIsNoQueue(t *testing.T) {
	m := newModem(t, 250_000, 125_000, 8192, 5)
	m.run(10 * span.Second)
	for i := range m.ways {
		m.ways[i].offset += 60_000_000
	}
	m.run(20 * span.Second)
	if pace := m.desk.Pace(); pace > 0 && pace < 100_000 {
		t.Errorf("the pace is %d", pace)
	}
}

// Eight pages on two processors heard every answer late, took it for a queue and sold next to nothing.
func TestWhoIsLateTakesThatForNoQueue(t *testing.T) {
	for _, late := range []bool{false, true} {
		d := open(100_000_000, 1, 2)
		d.Echoes(1, false)
		d.Echoes(2, false)
		for now := span.Second; now < 5*span.Second; now += 50 * span.Millisecond {
			wait := span.Span(0)
			if now > 3*span.Second {
				wait = 60 * span.Millisecond
			}
			if late && wait > 0 {
				d.Late(now, 20*span.Millisecond)
			}
			to := id.Peer(1 + now/(50*span.Millisecond)%2)
			out, back := 30*span.Millisecond+wait, 30*span.Millisecond+wait
			d.Echoed(now, to, clock(now-out-back), clock(now-back))
		}
		if yields := d.Pace() > 0; yields == late {
			t.Errorf("late: %v, yields: %v", late, yields)
		}
	}
}
