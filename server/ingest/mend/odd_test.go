package mend

import (
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"shoal/server/ingest"
)

// oddSink keeps what matters of samples.
type oddSink struct {
	runs    int
	samples []ingest.Sample
	run     []int
}

func (s *oddSink) Tracks([]ingest.Track) error { s.runs++; return nil }
func (s *oddSink) Sample(x ingest.Sample) error {
	s.samples, s.run = append(s.samples, x), append(s.run, s.runs)
	return nil
}

// odd is a publisher whose clock misbehaves.
type odd struct {
	begins  uint32        // its clock's first value
	at      time.Duration // when its clock jumps
	jump    time.Duration // by how much
	lag     time.Duration // by how much sound comes later than picture
	jitter  int           // milliseconds that timestamps are off
	reorder bool          // B-frames
	early   bool          // a picture may be shown before it is decoded
	silent  bool          // sound begins after the jump only
}

// play sends 20 seconds of it. Each sample's data tells its true time.
func (o odd) play(t *testing.T) *oddSink {
	t.Helper()
	const frame, soundFrame, lasts = 40 * time.Millisecond, 1024 * time.Second / 48000, 20 * time.Second
	s := &oddSink{}
	m := New(s, slog.New(slog.DiscardHandler))
	if err := m.NALs(0, false, 4, [][]byte{testSPS, testPPS}); err != nil {
		t.Fatal(err)
	}
	if err := m.AAC(0, &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(o.begins), uint64(o.jump)))
	clock := func(at time.Duration) uint32 {
		if at >= o.at {
			at += o.jump
		}
		ms := int64(at/time.Millisecond) + int64(o.begins)
		if o.jitter > 0 {
			ms += int64(r.IntN(2*o.jitter+1) - o.jitter)
		}
		return uint32(ms)
	}
	truth := func(at time.Duration) []byte {
		return []byte{byte(at / time.Millisecond >> 16), byte(at / time.Millisecond >> 8), byte(at / time.Millisecond)}
	}
	sound := time.Duration(0)
	for n := 0; ; n++ {
		at := time.Duration(n) * frame
		if at >= lasts {
			return s
		}
		offset := time.Duration(0)
		if o.reorder {
			offset = []time.Duration{40, 120, 0, 0}[n%4] * time.Millisecond
		}
		if o.early {
			offset = []time.Duration{0, 80, -40, -40}[n%4] * time.Millisecond
		}
		kind := byte(0x41)
		if n%50 == 0 {
			kind = 0x65
		}
		if err := m.Units(clock(at), offset, [][]byte{append([]byte{kind}, truth(at)...)}); err != nil {
			t.Fatalf("%+v at %v: %v", o, at, err)
		}
		for ; sound <= at-o.lag; sound += soundFrame {
			if o.silent && sound < o.at {
				continue
			}
			if err := m.Sound(0, clock(sound), truth(sound)); err != nil {
				t.Fatalf("%+v at %v: %v", o, at, err)
			}
		}
	}
}

// Whatever a publisher's clock does: times grow, at most one discontinuity comes of a jump, and at the end picture and sound
// belong together to 40 ms.
func TestFiftyOddClocks(t *testing.T) {
	kinds := 0
	try := func(o odd) {
		kinds++
		s := o.play(t)
		if s.runs > 2 {
			t.Errorf("%+v: %d runs", o, s.runs)
		}
		var last [2]time.Duration
		var off [2]time.Duration // of the run's clock from the true time, at the end
		was := 0
		for i, x := range s.samples {
			if s.run[i] != was {
				was, last = s.run[i], [2]time.Duration{-time.Hour, -time.Hour}
			}
			if x.DTS <= last[x.Track] || x.PTS < x.DTS || x.PTS > x.DTS+2*time.Second {
				t.Fatalf("%+v: sample %d of track %d: decoded at %v, shown at %v, after %v", o, i, x.Track, x.DTS, x.PTS, last[x.Track])
			}
			last[x.Track] = x.DTS
			b := x.Data[len(x.Data)-3:]
			really := time.Duration(int(b[0])<<16|int(b[1])<<8|int(b[2])) * time.Millisecond
			if x.Track == 0 {
				// Frames are in the order of decoding; what they are shown at differs by what the encoder reorders.
				off[0] = x.DTS - really
				continue
			}
			off[1] = x.PTS - really
		}
		limit := 40 * time.Millisecond
		if o.early { // decode times are put earlier by what pictures are shown too early
			limit += 40 * time.Millisecond
		}
		if skew := (off[0] - off[1]).Abs(); skew > limit+time.Duration(o.jitter)*time.Millisecond {
			t.Errorf("%+v: picture and sound are apart by %v", o, skew)
		}
	}
	for _, jump := range []time.Duration{0, 100, -100, 400, -400, 900, -900, 2900, -2900, 10_000, -10_000, 3_600_000, -3_600_000} {
		jump *= time.Millisecond
		at := 10 * time.Second
		try(odd{at: at, jump: jump, begins: 4_000_000})
		try(odd{at: at, jump: jump, begins: 1<<32 - 5000, lag: 200 * time.Millisecond})
		try(odd{at: at, jump: jump, begins: 0, reorder: true, jitter: 3})
		try(odd{at: at, jump: jump, begins: 1 << 31, lag: 90 * time.Millisecond, early: true})
	}
	try(odd{at: 2 * time.Second, jump: 0, silent: true})
	try(odd{at: 500 * time.Millisecond, jump: 0, silent: true, reorder: true})
	if kinds < 50 {
		t.Errorf("%d kinds", kinds)
	}
}
