package whip

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"
)

func packet(number uint16) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{SequenceNumber: number}}
}

// drained returns the numbers that come out at a time, and what was lost before.
func drained(o *order, now time.Time) (numbers []uint16, lost int) {
	for {
		p, n := o.pop(now)
		if p == nil {
			return numbers, lost
		}
		lost += n
		numbers = append(numbers, p.SequenceNumber)
	}
}

func TestPacketsComeInOrder(t *testing.T) {
	at := time.Unix(1, 0)
	o := order{wait: 100 * time.Millisecond}
	for _, n := range []uint16{65534, 0, 65535, 0, 2} { // over the end of the numbers; one of them twice
		o.push(packet(n), at)
	}
	if got, lost := drained(&o, at); !slices.Equal(got, []uint16{65534, 65535, 0}) || lost != 0 {
		t.Errorf("got %v, lost %d", got, lost)
	}
	if got, _ := drained(&o, at.Add(99*time.Millisecond)); got != nil {
		t.Errorf("1 is not waited for: %v", got)
	}
	if got, lost := drained(&o, at.Add(100*time.Millisecond)); !slices.Equal(got, []uint16{2}) || lost != 1 {
		t.Errorf("after the wait: %v, lost %d", got, lost)
	}
	if o.push(packet(1), at) {
		t.Error("a late packet is of use")
	}
	for n := range uint16(8) { // a sender that began anew
		o.push(packet(40000+n), at)
	}
	if got, _ := drained(&o, at); !slices.Equal(got, []uint16{40007}) {
		t.Errorf("anew: %v", got)
	}
}

func TestOrderIsBoundedAndLosesNothingThatCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := order{wait: time.Second}
		now, first := time.Unix(1, 0), rapid.Uint16().Draw(t, "first")
		seed := rapid.Uint64().Draw(t, "seed")
		chance := rand.New(rand.NewPCG(seed, 1))
		next, lostInAll, came := first, 0, 0
		missing := 0
		for n := range 400 {
			if n > 0 && chance.IntN(10) == 0 {
				missing++
				continue
			}
			now = now.Add(5 * time.Millisecond)
			if o.push(packet(first+uint16(n)), now) {
				came++
			}
			got, lost := drained(&o, now)
			lostInAll += lost
			for _, number := range got {
				if int16(number-next) < 0 {
					t.Fatalf("%d after %d", number, next)
				}
				next = number + 1
				came--
			}
			if len(o.held) > orderMax {
				t.Fatal("unbounded")
			}
		}
		got, lost := drained(&o, now.Add(time.Hour))
		if came -= len(got); came != 0 || lostInAll+lost > missing {
			t.Fatalf("%d did not come out; %d lost of %d", came, lostInAll+lost, missing)
		}
	})
}

// packets packs NAL units as senders do.
func packets(first uint16, stamp uint32, units ...[]byte) (list []*rtp.Packet) {
	var annexB []byte
	for _, u := range units {
		annexB = append(append(annexB, 0, 0, 0, 1), u...)
	}
	payloads := new(codecs.H264Payloader).Payload(200, annexB)
	for n, p := range payloads {
		list = append(list, &rtp.Packet{
			Header: rtp.Header{SequenceNumber: first + uint16(n), Timestamp: stamp, Marker: n == len(payloads)-1}, Payload: p,
		})
	}
	return list
}

func unitOf(kind byte, size int) []byte {
	return append([]byte{kind}, bytes.Repeat([]byte{7}, size)...)
}

func TestFramesArePutTogether(t *testing.T) {
	var f framer
	sps, pps, idr, slice := unitOf(0x67, 10), unitOf(0x68, 4), unitOf(0x65, 1000), unitOf(0x41, 30)
	var whole []frame
	for _, p := range packets(0, 100, sps, pps, idr) {
		whole = append(whole, f.push(p, 0)...)
	}
	if len(whole) != 1 || whole[0].broken || whole[0].stamp != 100 || len(whole[0].units) != 3 || !bytes.Equal(whole[0].units[2], idr) {
		t.Fatalf("%d frames, broken %v, %d units", len(whole), whole[0].broken, len(whole[0].units))
	}
	if whole := f.push(&rtp.Packet{Header: rtp.Header{Timestamp: 200}}, 0); whole != nil {
		t.Error("padding is a frame")
	}
	if whole := f.push(packets(9, 300, slice)[0], 1); len(whole) != 1 || !whole[0].broken {
		t.Error("a frame behind a loss is whole")
	}
	if whole := f.push(packets(9, 400, slice)[0], 0); len(whole) != 1 || whole[0].broken {
		t.Error("the loss lasts")
	}
	pieces := packets(20, 500, idr)
	for n, p := range pieces {
		if n == 1 {
			continue
		}
		lost := 0
		if n == 2 {
			lost = 1
		}
		whole = f.push(p, lost)
	}
	if len(whole) != 1 || !whole[0].broken {
		t.Error("a frame with a hole is whole")
	}
}

// FuzzFrames feeds what comes over the line to the framer and to what makes samples of its frames.
func FuzzFrames(f *testing.F) {
	add := func(list ...*rtp.Packet) {
		var b []byte
		for _, p := range list {
			b = binary.BigEndian.AppendUint16(append(b, byte(p.Timestamp), 0), uint16(len(p.Payload)))
			if p.Marker {
				b[len(b)-3] = 1
			}
			b = append(b, p.Payload...)
		}
		f.Add(b)
	}
	add(packets(0, 1, unitOf(0x67, 10), unitOf(0x68, 4), unitOf(0x65, 1000))...)
	add(packets(0, 1, unitOf(0x41, 30))...)
	f.Fuzz(func(t *testing.T, b []byte) {
		var frames framer
		var samples avc
		for len(b) >= 4 {
			p := &rtp.Packet{Header: rtp.Header{Timestamp: uint32(b[0]), Marker: b[1]&1 != 0}}
			n := min(int(binary.BigEndian.Uint16(b[2:])), len(b)-4)
			lost := int(b[1] >> 1)
			p.Payload, b = b[4:4+n], b[4+n:]
			for _, whole := range frames.push(p, lost) {
				size := 0
				for _, u := range whole.units {
					size += len(u)
				}
				if size > frameMax || len(whole.units) > unitsMax {
					t.Fatal("unbounded")
				}
				data, key, err := samples.sample(whole.units)
				if err == nil && key && len(data) == 0 {
					t.Fatal("a key frame of nothing")
				}
				if len(samples.sets) > setsMax {
					t.Fatal("unbounded")
				}
			}
		}
	})
}

func TestParametersThatChangeAreAnotherCodec(t *testing.T) {
	var a avc
	sps := func(level byte) []byte { return []byte{0x67, 0x42, 0xC0, level, 0x80, 1, 2} }
	pps, idr, slice := []byte{0x68, 0x80, 3}, unitOf(0x65, 9), unitOf(0x41, 9)
	data, key, err := a.sample([][]byte{sps(30), pps, {0x09, 0xF0}, idr})
	if err != nil || !key || len(data) != 4+len(idr) || a.now == nil {
		t.Fatalf("%d bytes, key %v, %v", len(data), key, err)
	}
	first := a.now
	if _, _, err := a.sample([][]byte{sps(30), pps, idr}); err != nil || a.now != first {
		t.Error("the same parameters are another codec")
	}
	if _, key, err := a.sample([][]byte{sps(31), pps, slice}); err != nil || key || a.now != first {
		t.Error("a codec changes within a group")
	}
	if _, _, err := a.sample([][]byte{idr}); err != nil || a.now == first || !bytes.Equal(a.now.SPS, sps(31)) {
		t.Error("the key frame does not bring the change")
	}
	if data, _, err := a.sample([][]byte{{0x06, 1}}); err != nil || data != nil {
		t.Error("a message is a picture")
	}
	if _, _, err := a.sample([][]byte{{0x67, 1}}); err == nil {
		t.Error("parameters that are cut short are taken")
	}
}

// Captions stand in SEI, which is the sample's.
func TestWhatStandsBesideThePictureStays(t *testing.T) {
	var a avc
	sei := []byte{6, 4, 1, 0xB5, 0x80}
	idr := []byte{0x65, 0x88, 0x84}
	data, _, err := a.sample([][]byte{{9, 0xF0}, sei, idr})
	if err != nil || !bytes.Equal(data, joinUnits([][]byte{sei, idr})) {
		t.Errorf("%x, %v", data, err)
	}
}

func TestParametersThatTheOfferTells(t *testing.T) {
	var a avc
	for _, unit := range setsIn("packetization-mode=1; sprop-parameter-sets=Z0LAFdoFBn58BagwMDUoAAADAAgAAAMBlHixdQ==,aM48gA==,***;x=1") {
		a.told(unit)
	}
	if _, key, err := a.sample([][]byte{unitOf(0x65, 9)}); err != nil || !key || a.now == nil || len(a.now.PPS) != 4 {
		t.Errorf("key %v, %v, %+v", key, err, a.now)
	}
	if got := withoutSets("a=1;sprop-parameter-sets=Zw==;b=2"); got != "a=1;b=2" {
		t.Error(got)
	}
}

func TestThePictureIsPutToTheSound(t *testing.T) {
	c := newClock()
	const skew = 120 * time.Millisecond // what the picture comes later than it was taken, beside the sound
	second := func(n int) time.Duration { return time.Duration(n) * time.Second }
	c.place(sound, 1000, 0)
	c.place(picture, 5_000_000, skew)
	// The sender says that both were taken at the same time.
	c.report(sound, 1000, second(50))
	c.report(picture, 5_000_000, second(50))
	if at, _ := c.place(picture, 5_000_000+3600, skew+40*time.Millisecond); at != 40*time.Millisecond {
		t.Errorf("before anything was given out the picture jumps to the sound: %v", at)
	}

	late := newClock() // the reports come when both are on air
	late.place(sound, 0, 0)
	at, _ := late.place(picture, 0, skew)
	late.give(picture, at)
	late.report(sound, 0, second(50))
	late.report(picture, 0, second(50))
	before := at
	for n := 1; n < 300; n++ {
		at, jumped := late.place(picture, uint32(n*3600), skew+time.Duration(n)*40*time.Millisecond)
		late.place(sound, uint32(n*1920), time.Duration(n)*40*time.Millisecond)
		if step := at - before; jumped || step < 39*time.Millisecond || step > 41*time.Millisecond {
			t.Fatalf("picture %d comes %v after the one before", n, step)
		}
		before = at
	}
	if want := 299 * 40 * time.Millisecond; before != want {
		t.Errorf("after 12 s the picture is at %v, the sound at %v", before, want)
	}
}

func TestReportsThatCannotBeAreNotBelieved(t *testing.T) {
	c := newClock()
	c.place(sound, 0, 0)
	c.place(picture, 0, 0)
	c.report(sound, 0, time.Hour)
	c.report(picture, 0, time.Minute)
	if at, _ := c.place(picture, 90000, time.Second); at != time.Second {
		t.Errorf("the picture goes to %v", at)
	}
}

func TestJumpsAndPausesBeginARun(t *testing.T) {
	c := newClock()
	c.place(sound, 0, 0)
	if _, jumped := c.place(sound, 48000, time.Second); jumped {
		t.Error("a second is a jump")
	}
	if at, jumped := c.place(sound, 0xFFFF0000, 1020*time.Millisecond); jumped && at != 1020*time.Millisecond {
		t.Errorf("a jump goes to %v", at)
	}
	c = newClock()
	c.place(sound, 0xFFFFFF00, 0)
	if at, jumped := c.place(sound, 704, 20*time.Millisecond); jumped || at != 20*time.Millisecond {
		t.Errorf("timestamps that wrap: %v, jumped %v", at, jumped)
	}
	if _, jumped := c.place(sound, 704+48000*4, 4020*time.Millisecond); !jumped {
		t.Error("a pause of four seconds goes on in the run")
	}
	if at, jumped := c.place(sound, 12345, 4040*time.Millisecond); !jumped || at != 4040*time.Millisecond {
		t.Errorf("another clock: %v, jumped %v", at, jumped)
	}
}

func TestTimesGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		stamps := rapid.SliceOfN(rapid.Uint32(), 1, 50).Draw(t, "stamps")
		const before = -time.Hour
		last := [2]time.Duration{before, before}
		for n, stamp := range stamps {
			track := n % 2
			at, jumped := c.place(track, stamp, time.Duration(n)*10*time.Millisecond)
			if jumped { // a run begins, as in publication.begin
				c.tracks[picture].placed, c.tracks[sound].placed, last = false, false, [2]time.Duration{before, before}
			}
			if rapid.Bool().Draw(t, "reports") {
				c.report(track, stamp, time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "wall")))
			}
			given := c.give(track, at)
			if given <= last[track] {
				t.Fatalf("%v after %v", given, last[track])
			}
			last[track] = given
		}
	})
}

func TestNTPTimes(t *testing.T) {
	if got := ntp(3_900_000_000<<32 | 1<<31); got != 3_900_000_000*time.Second+500*time.Millisecond {
		t.Error(got)
	}
}
