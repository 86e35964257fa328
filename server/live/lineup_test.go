package live

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"shoal/server/ingest"
)

// line is a made-up encoding with key frames every second.
type line struct {
	rate    int // frames a second
	reorder int // frames that a key frame is shown after its decoding
	late    func(key int) time.Duration
}

// samples are so many seconds of it, in decode order.
func (l line) samples(seconds int) (all []ingest.Sample) {
	frame := time.Second / time.Duration(l.rate)
	for n := range seconds * l.rate {
		at := time.Duration(n) * time.Second / time.Duration(l.rate)
		s := ingest.Sample{DTS: at - time.Duration(l.reorder)*frame, PTS: at, Key: n%l.rate == 0, Data: []byte{byte(n)}}
		if !s.Key && l.reorder > 0 { // some are shown earlier than others that are decoded before them
			s.PTS = s.DTS + time.Duration(n%2)*2*frame
		}
		if s.Key && l.late != nil {
			late := l.late(n / l.rate)
			s.DTS, s.PTS = s.DTS+late, s.PTS+late
		}
		all = append(all, s)
	}
	return all
}

// through sends a rung and its picture through a lineup, the rung up to ahead before the picture or behind it, and returns what came of it.
func through(t *testing.T, picture, rung []ingest.Sample, ahead time.Duration, r *rand.Rand) (out []ingest.Sample, why []string) {
	t.Helper()
	l := newLineup(false)
	var keys []time.Duration
	hear := func(w string) {
		if w != "" {
			why = append(why, w)
		}
	}
	land := func(last bool) {
		for {
			s, turn, w := l.next(last)
			hear(w)
			switch turn {
			case waits:
				return
			case begins:
				if !s.Key {
					t.Fatal("it begins without a key frame")
				}
				fallthrough
			case goes:
				out = append(out, s)
			case drops:
			}
		}
	}
	for len(picture)+len(rung) > 0 {
		lead := time.Duration(r.Int64N(int64(2*ahead+1))) - ahead
		if len(rung) == 0 || len(picture) > 0 && picture[0].DTS+lead < rung[0].DTS {
			if picture[0].Key {
				keys = append(keys, picture[0].PTS)
			}
			hear(l.follow(picture[0]))
			picture = picture[1:]
		} else {
			hear(l.take(rung[0]))
			rung = rung[1:]
		}
		land(false)
		if len(l.held) > heldMax || len(l.keys) > keysHeldMax {
			t.Fatal("a bound is passed")
		}
	}
	land(true)
	if len(out) > 0 && !slices.ContainsFunc(keys, func(k time.Duration) bool { return (k - out[0].PTS).Abs() <= keySlack }) {
		t.Errorf("it begins at %v, where the picture has no key frame", out[0].PTS)
	}
	return out, why
}

// A pause of the publisher is no reason to leave a rung out.
func TestLineupOverAPause(t *testing.T) {
	pause := func(s ingest.Sample) bool { return s.DTS > 5*time.Second && s.DTS < 7900*time.Millisecond }
	picture := slices.DeleteFunc(line{rate: 60}.samples(12), pause)
	rung := slices.DeleteFunc(line{rate: 30}.samples(12), pause)
	for seed := range uint64(20) {
		out, why := through(t, slices.Clone(picture), slices.Clone(rung), 30*time.Millisecond, rand.New(rand.NewPCG(seed, 2)))
		if len(out) != len(rung) || len(why) > 0 {
			t.Fatalf("%d of %d frames came through, left out because %q", len(out), len(rung), why)
		}
	}
}

func TestLineup(t *testing.T) {
	const seconds = 20
	rounds := func(key int) time.Duration { return time.Duration(key%3-1) * time.Millisecond }
	once := func(key int) time.Duration {
		if key == 7 {
			return time.Second / 30
		}
		return 0
	}
	for name, c := range map[string]struct {
		rung line
		lost []int // frames
		from int   // the second that comes through first, seconds: none
		why  string
	}{
		"the same":         {rung: line{rate: 60, reorder: 2}, from: 0},
		"half the frames":  {rung: line{rate: 30, reorder: 3}, from: 0},
		"no reordering":    {rung: line{rate: 30}, from: 0},
		"rounded":          {rung: line{rate: 30, late: rounds}, from: 0},
		"a frame late":     {rung: line{rate: 30, late: func(int) time.Duration { return time.Second / 30 }}, from: seconds, why: whyKeys},
		"drifting":         {rung: line{rate: 30, late: func(key int) time.Duration { return time.Duration(key) * 3 * time.Millisecond }}, from: 0, why: whyKeys},
		"one late":         {rung: line{rate: 30, late: once}, from: 0, why: whyKeys},
		"the last is lost": {rung: line{rate: 30}, lost: []int{570}, from: 0, why: whyKeys},
		"begins late":      {rung: line{rate: 30}, lost: []int{0}, from: 11, why: whyKeys},
		"fewer key frames": {rung: line{rate: 30}, lost: []int{30, 90, 150, 210, 270, 330, 390, 450, 510, 570}, from: seconds, why: whyKeys},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 1))
				rung := c.rung.samples(seconds)
				whole := len(rung)
				for _, n := range slices.Backward(c.lost) {
					rung = slices.Delete(rung, n, n+1)
				}
				out, why := through(t, line{rate: 60, reorder: 2}.samples(seconds), rung, time.Duration(seed)*40*time.Millisecond, r)
				if len(why) > 0 != (c.why != "") || len(why) > 0 && why[0] != c.why {
					t.Fatalf("seed %d: left out because %q, wants %q", seed, why, c.why)
				}
				if c.why == "" && len(out) != whole {
					t.Fatalf("seed %d: %d of %d frames came through", seed, len(out), whole)
				}
				if c.from == seconds && len(out) > 0 || c.from < seconds && (len(out) == 0 || out[0].PTS.Round(time.Second) != time.Duration(c.from)*time.Second) {
					t.Fatalf("seed %d: %d frames came through", seed, len(out))
				}
				if !slices.IsSortedFunc(out, func(a, b ingest.Sample) int { return int(a.DTS - b.DTS) }) {
					t.Fatalf("seed %d: the order is another", seed)
				}
			}
		})
	}
}
