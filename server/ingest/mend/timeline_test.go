package mend

import (
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// place is what emit does with a picture's timestamp.
func place(t *timeline, track int, raw uint32, offset time.Duration) (dts, pts time.Duration, v verdict) {
	if v = t.seen(track, raw); v == jumped {
		t.seen(track, raw)
	}
	if v == placed || v == jumped {
		dts, pts = t.picture(track, offset)
	}
	return dts, pts, v
}

func TestTimestampsWrap(t *testing.T) {
	tl := newTimeline(1)
	raw := uint32(0xFFFFFFFF - 50)
	for i := range 10 {
		dts, _, v := place(tl, 0, raw, 0)
		if v != placed || dts != time.Duration(i)*33*ms {
			t.Fatalf("sample %d: %v, verdict %d", i, dts, v)
		}
		raw += 33
	}
}

func TestJumpsStartARun(t *testing.T) {
	for name, to := range map[string]uint32{"ahead": 1000 + 60_000, "back": 200, "to zero": 0} {
		tl := newTimeline(2)
		for raw := uint32(10_000); raw <= 11_000; raw += 40 {
			if _, _, v := place(tl, 0, raw, 0); v != placed {
				t.Fatalf("%s: verdict %d before the jump", name, v)
			}
			place(tl, 1, raw, 0)
		}
		dts, _, v := place(tl, 0, to, 0)
		if v != jumped || dts != 0 {
			t.Errorf("%s: verdict %d, new run at %v", name, v, dts)
		}
		if _, _, v := place(tl, 1, 11_040, 0); v != stray && to != 11_000 {
			t.Errorf("%s: a sample from before the jump became %d", name, v)
		}
		if dts, _, v := place(tl, 1, to+20, 0); v != placed || dts != 20*ms {
			t.Errorf("%s: the other track came back as %d at %v", name, v, dts)
		}
	}
}

func TestAPauseOfOneTrackIsNoJump(t *testing.T) {
	tl := newTimeline(2)
	place(tl, 1, 0, 0)
	for raw := uint32(0); raw <= 20_000; raw += 40 {
		place(tl, 0, raw, 0)
	}
	if dts, _, v := place(tl, 1, 19_990, 0); v != placed || dts != 19_990*ms {
		t.Errorf("the sound came back as %d at %v", v, dts)
	}
}

func TestSmallStepsBackAreRepaired(t *testing.T) {
	tl := newTimeline(1)
	var last time.Duration
	for i, raw := range []uint32{0, 33, 66, 66, 50, 20, 100, 133} {
		dts, pts, v := place(tl, 0, raw, 0)
		if v != placed || i > 0 && dts <= last || pts < dts {
			t.Errorf("%d ms became %v, shown at %v, verdict %d", raw, dts, pts, v)
		}
		last = dts
	}
	if last != 133*ms {
		t.Errorf("the clock stands at %v", last)
	}
}

func TestDecodeAfterPresentation(t *testing.T) {
	// Some encoders send decode times after presentation times: these must stay, the others move.
	tl := newTimeline(1)
	offsets := []int{0, 40, -40, -80, 0, 40, -40, -80, 0}
	var last time.Duration
	for i, o := range offsets {
		raw := uint32(1000 + 40*i)
		dts, pts, _ := place(tl, 0, raw, time.Duration(o)*ms)
		if pts < dts || i > 0 && dts <= last {
			t.Errorf("sample %d: decoded at %v, shown at %v", i, dts, pts)
		}
		if want := time.Duration(40*i+o) * ms; i > 4 && pts != want {
			t.Errorf("sample %d is shown at %v, want %v", i, pts, want)
		}
		last = dts
	}
}

func TestAnotherClockJoins(t *testing.T) {
	tl := newTimeline(2)
	joined := false
	for i := range 1000 {
		place(tl, 0, uint32(i*20), 0)
		dts, _, v := place(tl, 1, uint32(5_000_000+i*20), 0)
		if v == jumped {
			t.Fatal("two clocks make jumps for ever")
		}
		if v == placed {
			joined = true
			if d := dts - time.Duration(i*20)*ms; d.Abs() > 100*ms {
				t.Fatalf("the tracks are %v apart", d)
			}
		}
	}
	if !joined {
		t.Error("the second track never joined")
	}
}

func TestJumpsRunOut(t *testing.T) {
	tl := newTimeline(1)
	for i := range 100 {
		if _, _, v := place(tl, 0, uint32(i)*100_000, 0); v == exhausted {
			if i < jumpCredit {
				t.Errorf("after %d jumps", i)
			}
			return
		}
	}
	t.Error("jumps never run out")
}

func TestSoundIsSmooth(t *testing.T) {
	tl := newTimeline(1)
	frame := 1024 * time.Second / 48000
	var last time.Duration
	for i := range 2000 {
		exact := time.Duration(i) * frame
		tl.seen(0, uint32(exact/ms))
		dts := tl.sound(0, frame, frame)
		if i > 0 && dts-last != frame {
			t.Fatalf("frame %d goes on after %v", i, dts-last)
		}
		last = dts
	}
	tl.seen(0, uint32((last+400*ms)/ms)) // a real gap stays
	if dts := tl.sound(0, frame, frame); (dts - last - 400*ms).Abs() > ms {
		t.Errorf("a gap of 400 ms became %v", dts-last)
	}
}

func TestAnyTimestamps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		tl := newTimeline(3)
		var last [3]time.Duration
		var seen [3]bool
		for range 2000 {
			track := r.IntN(3)
			raw := r.Uint32()
			if r.IntN(50) > 0 {
				raw = tl.newestRaw + uint32(r.IntN(400)) - 200
			}
			dts, pts, v := place(tl, track, raw, time.Duration(r.IntN(1<<25)-1<<24)*ms)
			switch v {
			case exhausted:
				tl.jumps = 0
				continue
			case stray:
				continue
			case jumped:
				seen = [3]bool{}
			}
			if seen[track] && dts <= last[track] || pts < dts {
				t.Fatalf("decoded at %v after %v, shown at %v", dts, last[track], pts)
			}
			seen[track], last[track] = true, dts
		}
	}
}
