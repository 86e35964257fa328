package pack

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

const testMSN = 7 << 20

func testWall() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func videoTrack() ingest.Track {
	return ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.H264{
		SPS: []byte{
			0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
			0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
		},
		PPS: []byte{0x08, 0x06, 0x07, 0x08},
	}}
}

func audioTrack(rate int) ingest.Track {
	return ingest.Track{Kind: segment.Audio, TimeScale: uint32(rate), Codec: &codecs.MPEG4Audio{
		Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelConfig: 2, ChannelCount: 2},
	}}
}

// video makes the samples of a steady picture: rate frames a second, closed groups of gop frames, bframes B-frames
// between two others.
func video(track int, from, lasts time.Duration, rate float64, gop, bframes int, milliseconds bool) []ingest.Sample {
	var out []ingest.Sample
	frame := func(n int) time.Duration { return time.Duration(float64(n) * float64(time.Second) / rate) }
	for i := 0; frame(i) < lasts; i++ {
		shown := i
		if in := i % gop; bframes > 0 {
			mini := bframes + 1 // P comes before the B-frames that are shown before it
			switch first := (in - 1) / mini * mini; {
			case in == 0 || first+mini >= gop:
			case (in-1)%mini == 0:
				shown = i + bframes
			default:
				shown = i - 1
			}
			shown++
		}
		dts, pts := from+frame(i), from+frame(shown)
		if milliseconds {
			dts, pts = dts.Round(time.Millisecond), pts.Round(time.Millisecond)
		}
		size := 300
		if i%gop == 0 {
			size = 3000
		}
		out = append(out, ingest.Sample{Track: track, DTS: dts, PTS: pts, Key: i%gop == 0, Data: make([]byte, size)})
	}
	return out
}

func audio(track int, from, lasts time.Duration, rate int, milliseconds bool) []ingest.Sample {
	var out []ingest.Sample
	for i := int64(0); ; i++ {
		at := fromTicks(i*1024, uint32(rate))
		if at >= lasts {
			return out
		}
		dts := from + at
		if milliseconds {
			dts = dts.Round(time.Millisecond)
		}
		out = append(out, ingest.Sample{Track: track, DTS: dts, PTS: dts, Key: true, Data: make([]byte, 200)})
	}
}

// merge interleaves two tracks by decode time, as a publisher sends them.
func merge(a, b []ingest.Sample) []ingest.Sample {
	var out []ingest.Sample
	for len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].DTS <= b[0].DTS {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

// bench feeds a Packer and keeps what comes out, by track.
type bench struct {
	t       *testing.T
	p       *Packer
	parts   [][]Part
	windows []Window
}

func newBench(t *testing.T, tracks ...ingest.Track) *bench {
	t.Helper()
	b := &bench{t: t, parts: make([][]Part, len(tracks)), windows: make([]Window, len(tracks))}
	for i := range b.windows {
		b.windows[i] = Window{Epoch: 7, Track: segment.Track(i)}
	}
	p, err := New(Config{}, tracks, testMSN, testWall(), func(p Part) error {
		b.windows[p.Track].Add(p, uint64(len(b.parts[p.Track])), sha256.Sum256(p.Init))
		b.parts[p.Track] = append(b.parts[p.Track], p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.p = p
	return b
}

func (b *bench) write(samples []ingest.Sample) {
	b.t.Helper()
	for _, s := range samples {
		if err := b.p.Write(s); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) flush() {
	b.t.Helper()
	if err := b.p.Flush(); err != nil {
		b.t.Fatal(err)
	}
}

// check asserts what holds for every track of every stream, and returns its number of samples.
func (b *bench) check(track int) int {
	b.t.Helper()
	samples := 0
	scale := b.p.tracks[track].track.TimeScale
	for i, p := range b.parts[track] {
		var read fmp4.Parts
		if err := read.Unmarshal(p.Data); err != nil {
			b.t.Fatalf("part %d: %v", i, err)
		}
		in := read[0].Tracks[0]
		samples += len(in.Samples)
		var lasts int64
		for _, s := range in.Samples {
			if s.Duration == 0 {
				b.t.Errorf("part %d of track %d: a sample lasts nothing", i, track)
			}
			lasts += int64(s.Duration)
		}
		if got := fromTicks(int64(in.BaseTime), scale); got != p.Start {
			b.t.Errorf("part %d: tfdt %v, Start %v", i, got, p.Start)
		}
		if end := fromTicks(int64(in.BaseTime)+lasts, scale); end != p.Start+p.Duration {
			b.t.Errorf("part %d: ends at %v by its samples, at %v by its fields", i, end, p.Start+p.Duration)
		}
		if p.Duration > p.Target && len(in.Samples) > 1 {
			b.t.Errorf("part %d of track %d lasts %v, over its target %v", i, track, p.Duration, p.Target)
		}
		if n := len(p.Data); n > segment.PartSizeMax || n > partOverhead(len(in.Samples))+payload(in) {
			b.t.Errorf("part %d: %d bytes with %d of samples", i, n, payload(in))
		}
		if i > 0 {
			b.follows(b.parts[track][i-1], p)
		}
	}
	return samples
}

func payload(t *fmp4.PartTrack) int {
	n := 0
	for _, s := range t.Samples {
		n += len(s.Payload)
	}
	return n
}

func (b *bench) follows(a, p Part) {
	b.t.Helper()
	switch {
	case p.MSN == a.MSN && p.Index != a.Index+1, p.MSN > a.MSN && p.Index != 0, p.MSN < a.MSN:
		b.t.Errorf("part %d.%d follows %d.%d", p.MSN, p.Index, a.MSN, a.Index)
	case a.Last && p.MSN == a.MSN:
		b.t.Errorf("part %d.%d follows the last one of its segment", p.MSN, p.Index)
	case p.Target != a.Target:
		b.t.Errorf("the part target changed from %v to %v", a.Target, p.Target)
	}
	if p.Start < a.Start+a.Duration {
		b.t.Errorf("part %d.%d starts at %v, before the end of the one before it", p.MSN, p.Index, p.Start)
	}
}

// full asserts that only parts that end a segment are under 85 % of the target.
func (b *bench) full(track int) {
	b.t.Helper()
	parts := b.parts[track]
	for i, p := range parts {
		if last := i+1 == len(parts) || parts[i+1].MSN != p.MSN; !last && p.Duration < p.Target*85/100 {
			b.t.Errorf("part %d.%d lasts %v, under 85 %% of %v", p.MSN, p.Index, p.Duration, p.Target)
		}
	}
}

func (b *bench) segments(track int) []stretch { return b.windows[track].segments() }

// aligned asserts that sound segments start within a frame of the picture's, and that the picture's start with a key.
func (b *bench) aligned() {
	b.t.Helper()
	starts := map[uint64]time.Time{}
	for _, s := range b.segments(0) {
		if !s.entries[0].Independent {
			b.t.Errorf("segment %d does not start with a key frame", s.msn)
		}
		starts[s.msn] = s.entries[0].Wall
	}
	for _, s := range b.segments(1) {
		if d := s.entries[0].Wall.Sub(starts[s.msn]); d < -500*time.Millisecond || d > 30*time.Millisecond {
			b.t.Errorf("segment %d: sound starts %v after the picture", s.msn, d)
		}
	}
}
