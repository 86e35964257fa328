package pack

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
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

func TestPartsOfSteadyStreams(t *testing.T) {
	for _, rate := range []float64{5, 10, 15, 24, 24000.0 / 1001, 25, 30, 30000.0 / 1001, 50, 60} {
		for _, sound := range []int{44100, 48000} {
			t.Run(fmt.Sprintf("%.2f/%d", rate, sound), func(t *testing.T) {
				const lasts = 60 * time.Second
				b := newBench(t, videoTrack(), audioTrack(sound))
				v := video(0, 0, lasts, rate, int(2*rate+0.5), 2, true)
				a := audio(1, 0, lasts, sound, true)
				b.write(merge(v, a))
				b.flush()
				for track, want := range []int{len(v), len(a)} {
					if got := b.check(track); got != want {
						t.Errorf("track %d: %d samples came out of %d", track, got, want)
					}
					b.full(track)
					if n := len(b.segments(track)); n < 29 || n > 31 {
						t.Errorf("track %d: %d segments in a minute", track, n)
					}
				}
				b.aligned()
			})
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

func TestTimesAreContinuous(t *testing.T) {
	b := newBench(t, videoTrack())
	b.write(video(0, 0, 30*time.Second, 30, 60, 0, true))
	b.flush()
	end := b.parts[0][0].Start
	for _, p := range b.parts[0] {
		if p.Start != end {
			t.Fatalf("part %d.%d starts at %v, the one before ends at %v", p.MSN, p.Index, p.Start, end)
		}
		end += p.Duration
		if want := testWall().Add(p.Start - b.parts[0][0].Start); p.Wall.Sub(want).Abs() > time.Microsecond {
			t.Fatalf("wall %v, want %v", p.Wall, want)
		}
	}
}

func TestLongGroupsKeepParts(t *testing.T) {
	b := newBench(t, videoTrack(), audioTrack(48000))
	b.write(merge(video(0, 0, time.Minute, 30, 300, 0, true), audio(1, 0, time.Minute, 48000, true)))
	b.flush()
	b.full(0)
	b.full(1)
	b.aligned()
	if n := len(b.segments(0)); n != 6 {
		t.Errorf("%d segments of 10 s in a minute", n)
	}
	if got := TargetDuration(b.windows); got != 10 {
		t.Errorf("target duration %d", got)
	}
}

func TestNoKeyFramesForever(t *testing.T) {
	b := newBench(t, videoTrack())
	b.write(video(0, 0, time.Minute, 30, 100000, 0, true))
	b.flush()
	for _, s := range b.segments(0) {
		if s.duration > SegmentMax+100*time.Millisecond {
			t.Errorf("segment %d lasts %v", s.msn, s.duration)
		}
	}
	b.check(0)
}

func TestAudioOnly(t *testing.T) {
	b := newBench(t, audioTrack(48000))
	b.write(audio(0, 0, time.Minute, 48000, false))
	b.flush()
	b.check(0)
	b.full(0)
	for _, s := range b.segments(0)[:28] {
		if s.duration < 1800*time.Millisecond || s.duration > 2200*time.Millisecond {
			t.Errorf("segment %d lasts %v", s.msn, s.duration)
		}
	}
}

func TestSilentTracksBlockNothing(t *testing.T) {
	second := time.Second
	t.Run("sound stops", func(t *testing.T) {
		b := newBench(t, videoTrack(), audioTrack(48000))
		v := video(0, 0, 30*second, 30, 60, 0, true)
		b.write(merge(v, append(audio(1, 0, 10*second, 48000, true), audio(1, 20*second, 10*second, 48000, true)...)))
		if b.check(0) < len(v)-40 {
			t.Error("the picture waits for the sound")
		}
		b.flush()
		b.check(1)
		s := b.segments(1)
		if s[len(s)-1].msn != b.windows[0].Entries[len(b.windows[0].Entries)-1].MSN {
			t.Error("the sound came back under another number than the picture")
		}
	})
	t.Run("picture stops", func(t *testing.T) {
		b := newBench(t, videoTrack(), audioTrack(48000))
		v := append(video(0, 0, 9*second, 30, 60, 0, true), video(0, 20*second, 10*second, 30, 60, 0, true)...)
		b.write(merge(v, audio(1, 0, 30*second, 48000, true)))
		b.flush()
		b.check(0)
		b.check(1)
		for _, s := range b.segments(1) {
			if s.duration > 5*second {
				t.Errorf("sound segment %d lasts %v", s.msn, s.duration)
			}
		}
	})
	t.Run("picture never comes", func(t *testing.T) {
		b := newBench(t, videoTrack(), audioTrack(48000))
		b.write(audio(1, 0, 30*second, 48000, true))
		if n := len(b.segments(1)); n < 12 {
			t.Errorf("%d sound segments in 30 s", n)
		}
	})
}

func TestUnorderedTracks(t *testing.T) {
	// A publisher may send a second of sound, then a second of picture.
	b := newBench(t, videoTrack(), audioTrack(48000))
	v, a := video(0, 0, 20*time.Second, 30, 60, 0, true), audio(1, 0, 20*time.Second, 48000, true)
	for at := time.Duration(0); at < 20*time.Second; at += time.Second {
		for len(a) > 0 && a[0].DTS < at+time.Second {
			b.write(a[:1])
			a = a[1:]
		}
		for len(v) > 0 && v[0].DTS < at+time.Second {
			b.write(v[:1])
			v = v[1:]
		}
	}
	b.flush()
	b.check(0)
	b.check(1)
	if x, y := b.segments(0), b.segments(1); len(x) != 10 || len(y) != 10 {
		t.Errorf("%d and %d segments in 20 s", len(x), len(y))
	}
}

func TestDiscontinuity(t *testing.T) {
	b := newBench(t, videoTrack(), audioTrack(48000))
	run := merge(video(0, 0, 5*time.Second, 30, 60, 2, true), audio(1, 0, 5*time.Second, 48000, true))
	b.write(run)
	back := testWall().Add(45 * time.Second)
	if err := b.p.Discontinuity([]ingest.Track{videoTrack(), audioTrack(48000)}, back); err != nil {
		t.Fatal(err)
	}
	b.write(run)
	b.flush()
	for track := range b.parts {
		b.check(track)
		flags := 0
		for i, p := range b.parts[track] {
			if !p.Discontinuity {
				continue
			}
			flags++
			if p.Index != 0 || p.MSN != b.parts[track][i-1].MSN+1 || p.Wall.Sub(back).Abs() > 100*time.Millisecond {
				t.Errorf("track %d comes back with %d.%d at %v", track, p.MSN, p.Index, p.Wall)
			}
			if &p.Init[0] != &b.parts[track][0].Init[0] {
				t.Error("the init segment is another slice although nothing changed")
			}
		}
		if flags != 1 {
			t.Errorf("track %d: %d parts say discontinuity", track, flags)
		}
	}
	if x, y := b.segments(0), b.segments(1); x[len(x)-1].msn != y[len(y)-1].msn {
		t.Error("the tracks' numbers went apart")
	}
	err := b.p.Discontinuity([]ingest.Track{audioTrack(48000)}, back)
	if !errors.Is(err, ErrTracksChanged) {
		t.Errorf("a run without a picture: %v", err)
	}
}

func TestParametersChange(t *testing.T) {
	b := newBench(t, audioTrack(48000))
	b.write(audio(0, 0, 3*time.Second, 48000, true))
	if err := b.p.Discontinuity([]ingest.Track{audioTrack(44100)}, testWall()); err != nil {
		t.Fatal(err)
	}
	b.write(audio(0, 0, 3*time.Second, 44100, true))
	b.flush()
	first, last := b.parts[0][0], b.parts[0][len(b.parts[0])-1]
	if bytes.Equal(first.Init, last.Init) {
		t.Error("the init segment did not change with the sample rate")
	}
	for i, p := range b.parts[0][1:] {
		if before := b.parts[0][i]; p.Start < before.Start+before.Duration {
			t.Errorf("part %d starts at %v, before %v", i, p.Start, before.Start+before.Duration)
		}
	}
}

func TestPartSizeMax(t *testing.T) {
	b := newBench(t, videoTrack())
	v := video(0, 0, 4*time.Second, 30, 60, 0, true)
	for i := range v {
		v[i].Data = make([]byte, 600<<10)
	}
	b.write(v)
	b.flush()
	if got := b.check(0); got != len(v) {
		t.Errorf("%d samples of %d", got, len(v))
	}
	err := b.p.Write(ingest.Sample{Key: true, Data: make([]byte, segment.PartSizeMax)})
	if err == nil {
		t.Error("a frame larger than a part was taken")
	}
}

func TestHostileTimes(t *testing.T) {
	// The Packer's callers repair times; if they do not, it still neither panics nor breaks what parts promise.
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := newBench(t, videoTrack(), audioTrack(48000))
		at := [2]time.Duration{}
		for i := range 3000 {
			track := r.IntN(2)
			at[track] += time.Duration(r.Int64N(int64(100*time.Millisecond))) - 20*time.Millisecond
			if r.IntN(500) == 0 {
				at[track] += time.Duration(r.Int64N(int64(time.Minute))) - 30*time.Second
			}
			pts := at[track] + time.Duration(r.Int64N(int64(time.Second))) - time.Second/2
			b.write([]ingest.Sample{{Track: track, DTS: at[track], PTS: pts, Key: track == 1 || i%50 == 0, Data: make([]byte, 1+r.IntN(2000))}})
		}
		b.flush()
		b.check(0)
		b.check(1)
	}
}

func TestRefusals(t *testing.T) {
	emit := func(Part) error { return nil }
	for name, tracks := range map[string][]ingest.Track{
		"none":      nil,
		"too many":  make([]ingest.Track, segment.TracksMax+1),
		"no codec":  {{Kind: segment.Video, TimeScale: 90000}},
		"bad SPS":   {{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.H264{SPS: []byte{1}, PPS: []byte{2}}}},
		"odd codec": {{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.MJPEG{}}},
	} {
		if _, err := New(Config{}, tracks, 0, testWall(), emit); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	p, err := New(Config{}, []ingest.Track{audioTrack(48000)}, 0, testWall(), func(Part) error { return errors.New("disk full") })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(ingest.Sample{Track: 3, Data: []byte{1}}); err == nil {
		t.Error("a sample of no track was taken")
	}
	for _, s := range audio(0, 0, time.Second, 48000, false) {
		if err = p.Write(s); err != nil {
			break
		}
	}
	if err == nil || err.Error() != "disk full" {
		t.Errorf("emit's error became %v", err)
	}
}
