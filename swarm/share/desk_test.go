package share

import (
	"testing"

	"pgregory.net/rapid"

	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/wire"
)

func part(seq uint64) segment.Part { return segment.Part{Epoch: 1, Seq: seq} }

func open(rate int, peers ...id.Peer) *Desk {
	d := new(Desk)
	d.SetUplink(0, rate)
	for _, p := range peers {
		d.Join(p)
	}
	return d
}

func TestLeastSlackGoesFirst(t *testing.T) {
	d := open(1_000_000, 1)
	d.Queue(0, Send{1, part(2), 0}, 4096, 2000, 0)
	d.Queue(0, Send{1, part(1), 0}, 4096, 1000, 0)
	d.Queue(0, Send{1, part(1), 1}, 4096, 1000, 0)
	sends, _, _ := d.Pump(0, nil)
	want := []Send{{1, part(1), 0}, {1, part(1), 1}, {1, part(2), 0}}
	if len(sends) != len(want) || sends[0] != want[0] || sends[1] != want[1] || sends[2] != want[2] {
		t.Fatalf("sent %v, want %v", sends, want)
	}
}

func TestTransportIsNotOverfilled(t *testing.T) {
	d := open(100_000_000, 1, 2)
	d.SetAhead(1 << 20)
	for i := range 10 {
		d.Queue(0, Send{1, part(1), i}, segment.PieceSizeMax, 0, 0)
	}
	d.Queue(0, Send{2, part(9), 0}, segment.PieceSizeMax, 9000, 0)
	sends, _, ok := d.Pump(0, nil)
	if len(sends) != BufferedMax/segment.PieceSizeMax+1 || sends[len(sends)-1].Peer != 2 {
		t.Fatalf("%d sends, the last to %v: one full transport must not hold up another", len(sends), sends[len(sends)-1].Peer)
	}
	if ok {
		t.Error("asks to be pumped again, though only Drained can change anything")
	}
	d.Drained(0, 1, 0)
	if more, _, _ := d.Pump(0, nil); len(more) != BufferedMax/segment.PieceSizeMax {
		t.Errorf("%d sends after the transport drained", len(more))
	}
}

func TestLittleIsSentAhead(t *testing.T) {
	d := open(100_000_000, 1, 2, 3)
	for i := range 4 {
		d.Queue(0, Send{1, part(1), i}, segment.PieceSizeMax, 0, 0)
	}
	if sends, _, _ := d.Pump(0, nil); len(sends) != 2 {
		t.Errorf("%d pieces went into the transports: what is there can be neither reordered nor taken back", len(sends))
	}
}

// A slow line once held a piece for each of its children, half a second of them, and what was urgent waited behind.
func TestIdleTransportsWaitForALineThatIsFull(t *testing.T) {
	d := open(100_000_000)
	for p := range 12 {
		d.Join(id.Peer(p + 1))
		d.Queue(0, Send{id.Peer(p + 1), part(2), 0}, 4096, 2000, 0)
	}
	if sends, _, _ := d.Pump(0, nil); len(sends) != piecesUnsure {
		t.Fatalf("%d idle transports of 12 were given a piece", len(sends))
	}
	d.Queue(0, Send{12, part(1), 0}, 4096, 1000, 0)
	d.Drained(0, 1, 0)
	if sends, _, _ := d.Pump(0, nil); len(sends) != 1 || sends[0] != (Send{12, part(1), 0}) {
		t.Fatalf("sent %v with room for one, want the one with least slack", sends)
	}
}

// Of a recording all is wanted ahead of time: waiting for others only made late what nobody else could send.
func TestIdleTransportsOfARecordingDoNotWait(t *testing.T) {
	d := open(100_000_000)
	d.Recorded = true
	for p := range 12 {
		d.Join(id.Peer(p + 1))
		d.Queue(0, Send{id.Peer(p + 1), part(2), 0}, 4096, 2000, 0)
	}
	if sends, _, _ := d.Pump(0, nil); len(sends) != 12 {
		t.Errorf("%d idle transports of 12 were given a piece", len(sends))
	}
}

// TestSlotsAreLearned drains a transport at a steady rate: what is sold settles below it, whatever was hoped.
func TestSlotsAreLearned(t *testing.T) {
	const carries, stripe = 400_000, 20_000 // bytes per second: twenty stripes' worth
	d := open(100_000_000, 1)
	var s Slots
	var now span.Span
	slots := 0
	for seq := range uint64(400) {
		slots, _ = s.Judge(now, d, stripe, slots)
		for i := range max(slots, 1) {
			d.Queue(now, Send{1, part(seq), i}, stripe/2, int64(seq)*500, 0)
		}
		for end := now + 500*span.Millisecond; now < end; now += 25 * span.Millisecond {
			d.Pump(now, nil)
			d.Drained(now, 1, max(0, d.total-carries/40))
		}
		d.Expire(int64(seq)*500 - 2000)
	}
	if slots < 12 || slots > 20 {
		t.Errorf("%d slots on a line that carries 20 stripes", slots)
	}
}

func TestWhatIsTakenBackIsNotSent(t *testing.T) {
	d := open(1_000_000, 1, 2)
	d.Queue(0, Send{1, part(1), 0}, 4096, 1000, 0)
	d.Queue(0, Send{1, part(1), 1}, 4096, 1000, 0)
	d.Queue(0, Send{2, part(1), 0}, 4096, 1000, 0)
	d.Queue(0, Send{2, part(2), 0}, 4096, 2000, 0)
	var one wire.Bitmap
	one.Set(1)
	d.Cancel(1, part(1), one)
	d.Leave(2)
	if sends, _, _ := d.Pump(0, nil); len(sends) != 1 || sends[0] != (Send{1, part(1), 0}) {
		t.Fatalf("sent %v", sends)
	}
}

func TestClosedUplinkTakesNothing(t *testing.T) {
	d := open(0, 1)
	if d.Queue(0, Send{1, part(1), 0}, 4096, 0, 0) {
		t.Error("queued though nothing may be sent")
	}
	d.SetUplink(0, 1000)
	d.Queue(0, Send{1, part(1), 0}, 4096, 0, 0)
	d.SetUplink(0, 0)
	if sends, _, _ := d.Pump(span.Second, nil); len(sends) != 0 {
		t.Error("sent after the viewer said stop")
	}
}

// TestUplinkIsABound draws any rate, sizes and gaps: what was sent never exceeds the rate and one burst.
func TestUplinkIsABound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1_000, 5_000_000).Draw(t, "rate")
		d := open(rate, 1)
		burst := max(int64(rate)*int64(BurstFor)/int64(span.Second), wire.MessageMax)
		var now span.Span
		var sent int64
		for i := range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += span.Span(rapid.IntRange(0, 300).Draw(t, "gap")) * span.Millisecond
			size := rapid.IntRange(1, segment.PieceSizeMax).Draw(t, "size")
			d.Queue(0, Send{1, part(uint64(i)), 0}, size, int64(i), 0)
			before := d.queue
			sizes := map[Send]int{}
			for _, j := range before {
				sizes[j.Send] = j.size
			}
			sends, next, ok := d.Pump(now, nil)
			for _, s := range sends {
				sent += int64(sizes[s])
			}
			d.Drained(0, 1, 0)
			if ok && next <= now {
				t.Fatalf("wants to be pumped at %d, which is not after %d", next, now)
			}
			if bound := burst + int64(rate)*int64(now/span.Microsecond)/1_000_000 + 1; sent > bound {
				t.Fatalf("%d bytes by %d ms, bound %d", sent, now/span.Millisecond, bound)
			}
		}
	})
}

// TestWhatElseGoesOutCounts has headers and the like take a quarter of what is allowed: pieces get the rest, and fewer slots are sold.
func TestWhatElseGoesOutCounts(t *testing.T) {
	const rate, stripe = 125_000, 10_000
	d := open(rate, 1)
	var s Slots
	var now span.Span
	sent, slots := 0, 0
	for i := range 4000 {
		now += 10 * span.Millisecond
		d.Spend(now, rate/100/4)
		d.Queue(now, Send{1, part(uint64(i)), 0}, 4096, int64(i), 0)
		sends, _, _ := d.Pump(now, nil)
		sent += 4096 * len(sends)
		d.Drained(0, 1, 0)
		d.Expire(int64(i) - 50)
		slots, _ = s.Judge(now, d, stripe, slots)
	}
	if all := sent + 4000*(rate/100/4); all > 40*rate*102/100 || all < 40*rate*95/100 {
		t.Errorf("%d bytes in all where %d are allowed", all, 40*rate)
	}
	if most := rate * 3 / 4 * soldPercent / 100 / stripe; slots > most {
		t.Errorf("%d slots are sold where %d fit", slots, most)
	}
	d.Spend(now, 1<<30)
	if _, next, ok := d.Pump(now, nil); ok && next > now+debtMax+span.Second {
		t.Errorf("pieces wait until %d", next)
	}
}
