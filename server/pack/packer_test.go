package pack

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/segment"
	"shoal/server/ingest"
)

func TestPartsOfSteadyStreams(t *testing.T) {
	for _, rate := range []float64{5, 10, 15, 24, 24000.0 / 1001, 25, 30, 30000.0 / 1001, 50, 60} {
		for _, sound := range []int{44100, 48000} {
			t.Run(fmt.Sprintf("%.2f/%d", rate, sound), func(t *testing.T) {
				const lasts = 30 * time.Second
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
					if n := len(b.segments(track)); n < 14 || n > 16 {
						t.Errorf("track %d: %d segments in half a minute", track, n)
					}
				}
				b.aligned()
			})
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
