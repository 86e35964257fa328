package remake

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

var identity = sign.Key(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)))

// shelf has one recording, as pack cut it.
type shelf struct {
	t        *testing.T
	parts    []kept
	sessions int
	has      []int
	done     bool
	add      *addition // the last one
	adds     int
	full     atomic.Bool
}

type kept struct {
	m          *manifest.Part
	init, data []byte
}

func (s *shelf) Channel() id.Channel { return id.Channel(identity.Public()) }
func (s *shelf) Epoch() uint64       { return 7 }
func (s *shelf) Name() id.Name       { return "reef" }
func (s *shelf) Len() int            { return len(s.parts) }
func (s *shelf) Rungs() []int        { return s.has }

// Smallest is of Source.
func (s *shelf) Smallest() []byte {
	smallest := slices.MinFunc(s.parts, func(a, b kept) int { return height(s.t, a) - height(s.t, b) })
	return smallest.init
}

func height(t *testing.T, k kept) int {
	track, err := pack.ReadTrack(k.init)
	if err != nil {
		t.Fatal(err)
	}
	_, height, _ := pack.Picture(track)
	return height
}

func (s *shelf) Sessions() int { return s.sessions }

func (s *shelf) Free() (segment.Track, int) { return 2, segment.TracksMax - 2 }

func (s *shelf) Read(n int) (*manifest.Part, []byte, []byte, error) {
	k := s.parts[n]
	return k.m, k.init, k.data, nil
}

func (s *shelf) Lacking(skip func(id.Channel, uint64) bool) Source {
	if s.done || skip(s.Channel(), 7) {
		return nil
	}
	return s
}

func (s *shelf) Add(_ Source, bytes int64) (Addition, error) {
	if s.full.Load() {
		return nil, fmt.Errorf("%w: %d bytes", ErrRoom, bytes)
	}
	s.add = &addition{shelf: s}
	s.adds++
	return s.add, nil
}

func (s *shelf) Done(Source) error {
	s.done = true
	return nil
}

// addition keeps what is added.
type addition struct {
	shelf       *shelf
	certificate []byte
	records     [segment.TracksMax][][]byte
	data        [segment.TracksMax][][]byte
	committed   bool
}

func (a *addition) Certificate(record []byte) error {
	a.certificate = record
	return nil
}

func (a *addition) Part(record, _, data []byte) error {
	p, err := manifest.ParsePart(record)
	if err != nil {
		return err
	}
	a.records[p.Track], a.data[p.Track] = append(a.records[p.Track], record), append(a.data[p.Track], data)
	return nil
}

func (a *addition) Commit() error {
	a.committed, a.shelf.done = true, true
	return nil
}

func (a *addition) Drop() error { return nil }

// ladder makes rungs whose pictures are the source's first byte.
type ladder struct {
	slow  atomic.Bool // it takes for ever
	fails error
	runs  int
}

func (l *ladder) Lacking(_ id.Channel, p Picture, has []int, most int) (rungs []Rung) {
	for _, r := range []Rung{{720, 2000}, {360, 700}} {
		if r.Height < p.Height && !slices.Contains(has, r.Height) {
			rungs = append(rungs, r)
		}
	}
	return rungs[:min(most, len(rungs))]
}

func (l *ladder) Remake(ctx context.Context, r Run) error {
	l.runs++
	if l.slow.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if l.fails != nil {
		return l.fails
	}
	var shown []ingest.Sample
	for n, rung := range r.Rungs {
		if err := r.Begins(n, ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 16 * rung.Height / 9, Height: rung.Height, BitDepth: 8, ChromaSubsampling: 1}}); err != nil {
			return err
		}
	}
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		shown = append(shown, s)
	}
	slices.SortStableFunc(shown, func(a, b ingest.Sample) int { return int(a.PTS - b.PTS) })
	for rank, s := range shown {
		for n := range r.Rungs {
			if err := r.Frame(n, rank, ingest.Sample{PTS: s.PTS, Key: s.Key, Data: s.Data[:1]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// recorded is a shelf with runs of so many seconds and heights; hole leaves out a part.
func recorded(t *testing.T, hole int, heights ...int) *shelf {
	t.Helper()
	s := &shelf{t: t, sessions: SessionsMax}
	track := func(height int) ingest.Track {
		return ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 16 * height / 9, Height: height, BitDepth: 8, ChromaSubsampling: 1}}
	}
	wall := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var prev id.Digest
	seq := uint64(0)
	p, err := pack.New(pack.Config{}, []ingest.Track{track(heights[0])}, 7<<20, wall, func(part pack.Part) error {
		m := &manifest.Part{
			Channel: s.Channel(), Epoch: 7, Seq: seq, Prev: prev, Independent: part.Independent, Discontinuity: part.Discontinuity, MSN: part.MSN, Index: uint16(part.Index),
			Init: sha256.Sum256(part.Init), WallMS: uint64(part.Wall.UnixMilli()), StartUS: uint64(part.Start.Microseconds()), DurationUS: uint32(part.Duration.Microseconds()),
			Length: uint32(len(part.Data)), PieceSize: uint32(segment.PieceSize(len(part.Data))), Hashes: []id.Digest{sha256.Sum256(part.Data)},
		}
		_, digest, err := sign.Part(m, identity)
		if seq++; int(seq) != hole+1 {
			s.parts = append(s.parts, kept{m, part.Init, part.Data})
		}
		prev = digest
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, height := range heights {
		if n > 0 {
			wall = wall.Add(time.Minute)
			if err := p.Discontinuity([]ingest.Track{track(height)}, wall); err != nil {
				t.Fatal(err)
			}
		}
		for f := range 150 { // six seconds, with pictures that are shown in another order than they come in
			at := time.Duration(f) * 40 * time.Millisecond
			shown := at + 80*time.Millisecond
			if f%50 != 0 && f%2 == 1 && f%50 != 49 {
				shown += 40 * time.Millisecond
			} else if f%50 != 0 && f%2 == 0 {
				shown -= 40 * time.Millisecond
			}
			if err := p.Write(ingest.Sample{DTS: at, PTS: shown, Key: f%50 == 0, Data: []byte{byte(f), 1}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	return s
}

// bench is a Bench of made-up rooms.
func bench(s *shelf, l *ladder, live func() bool) *Bench {
	return New(Config{
		Ladder: l, Shelf: s, Live: live, Log: slog.New(slog.DiscardHandler),
		Signer: func(context.Context, id.Channel) (sign.Signer, error) { return identity, nil },
	})
}

func silent() bool { return false }

// checked returns the parts of a new track, which are signed and follow each other.
func (a *addition) checked(t *testing.T, track segment.Track) (all []*manifest.Part) {
	t.Helper()
	c, err := sign.OpenCertificate(a.certificate, a.shelf.Channel())
	if err != nil {
		t.Fatal(err)
	}
	prev := sign.Digest(a.certificate)
	for n, record := range a.records[track] {
		p, err := sign.OpenPart(record, c)
		if err != nil || p.Prev != prev || p.Seq != FirstSeq+uint64(n) || c.MinSeq != FirstSeq {
			t.Fatalf("record %d of track %d: %v, or it does not follow", n, track, err)
		}
		if prev = sign.Digest(record); !p.End {
			all = append(all, p)
		} else if n != len(a.records[track])-1 {
			t.Fatalf("track %d ends in the middle", track)
		}
	}
	return all
}

// Rungs stand beside all of the source: a recording whose publisher had come back with a smaller picture did not play, as one ended where that began.
func TestRungsStandBesideTheSource(t *testing.T) {
	for name, c := range map[string]struct {
		hole    int
		heights []int
		want    int // how many rungs there are
	}{
		"one run":             {-1, []int{1080}, 2},
		"two runs":            {-1, []int{1080, 1080}, 2},
		"a part is missing":   {2, []int{1080}, 2},
		"it came back small":  {-1, []int{1080, 360, 1080}, 0},
		"it came back as 480": {-1, []int{1080, 480}, 1},
		"it began small":      {-1, []int{480, 1080}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := recorded(t, c.hole, c.heights...)
			b, said := bench(s, &ladder{}, silent), new(strings.Builder)
			b.config.Log = slog.New(slog.NewTextHandler(said, nil))
			if err := b.one(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(said.String(), "channel=reef epoch=7"); got != (c.want > 0) {
				t.Errorf("the log does not say of which channel, or of none: %s", said)
			}
			if c.want == 0 {
				if !s.done || s.add != nil {
					t.Error("a rung that is not smaller than all of it was added, or it will be looked at again")
				}
				return
			}
			if !s.add.committed || s.add.records[2+c.want] != nil {
				t.Fatalf("committed: %t; or there are more than %d rungs", s.add.committed, c.want)
			}
			byPlace := map[[2]uint64]*manifest.Part{}
			for _, k := range s.parts {
				byPlace[[2]uint64{k.m.MSN, uint64(k.m.Index)}] = k.m
			}
			for n := range c.want {
				made := s.add.checked(t, segment.Track(2+n))
				if c.hole < 0 && len(made) != len(s.parts) {
					t.Errorf("rung %d has %d parts of %d", n, len(made), len(s.parts))
				}
				for i, p := range made {
					of := byPlace[[2]uint64{p.MSN, uint64(p.Index)}]
					if of == nil || of.WallMS != p.WallMS || of.StartUS != p.StartUS || of.DurationUS != p.DurationUS || of.Discontinuity != p.Discontinuity || of.Independent && !p.Independent {
						t.Fatalf("part %d of rung %d is %+v beside %+v", i, n, p, of)
					}
				}
			}
			if c.hole >= 0 && len(s.add.checked(t, 2)) != len(s.parts)-countUntilKey(s, c.hole) {
				t.Errorf("with a hole there are %d parts of %d", len(s.add.checked(t, 2)), len(s.parts))
			}
		})
	}
}

// countUntilKey is how many parts behind a hole cannot be decoded.
func countUntilKey(s *shelf, hole int) (n int) {
	for _, k := range s.parts[hole:] {
		if k.m.Independent {
			break
		}
		n++
	}
	return n
}

func TestPartsHaveTheSourcesSamples(t *testing.T) {
	s := recorded(t, -1, 1080)
	if err := bench(s, &ladder{}, silent).one(t.Context()); err != nil {
		t.Fatal(err)
	}
	rung := ingest.Track{Kind: segment.Video, TimeScale: 90000}
	for i, k := range s.parts {
		source, err := pack.ReadPart(rung, k.data)
		if err != nil {
			t.Fatal(err)
		}
		made, err := pack.ReadPart(rung, s.add.data[3][i])
		if err != nil || len(made) != len(source) {
			t.Fatalf("part %d has %d samples, the source's %d: %v", i, len(made), len(source), err)
		}
		for n := range made {
			if made[n].DTS != min(source[n].DTS, made[n].PTS) {
				t.Errorf("sample %d of part %d is decoded at %v, the source's at %v", n, i, made[n].DTS, source[n].DTS)
			}
		}
	}
}

func TestNothingIsMadeOfWhatHasAllOrMustNotHaveMore(t *testing.T) {
	for name, set := range map[string]func(*shelf){
		"it has them": func(s *shelf) { s.has = []int{720, 360} },
		"more session keys signed it than viewers keep": func(s *shelf) { s.sessions = SessionsMax + 1 },
	} {
		s := recorded(t, -1, 1080)
		set(s)
		l := &ladder{}
		if err := bench(s, l, silent).one(t.Context()); err != nil || !s.done || s.add != nil || l.runs != 0 {
			t.Errorf("%s: %v, done: %t, runs: %d", name, err, s.done, l.runs)
		}
	}
}

// What is live outranks it: nothing begins, and what has begun is thrown away and begins anew afterwards.
func TestLiveOutranksIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := recorded(t, -1, 1080), &ladder{}
		l.slow.Store(true)
		var on atomic.Bool
		on.Store(true)
		b := bench(s, l, on.Load)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if l.runs != 0 {
			t.Error("it works while something is live")
		}
		on.Store(false)
		time.Sleep(CalmFor + 2*LookEvery)
		synctest.Wait()
		if p, ok := b.Progress(); l.runs != 1 || !ok || p.Epoch != 7 {
			t.Errorf("it is calm, and it does not work: %d runs", l.runs)
		}
		on.Store(true)
		time.Sleep(2 * LookEvery)
		synctest.Wait()
		if _, ok := b.Progress(); ok || s.add.committed {
			t.Error("something is live, and it works on")
		}
		on.Store(false)
		l.slow.Store(false)
		time.Sleep(CalmFor + 3*LookEvery)
		synctest.Wait()
		if l.runs != 2 || s.adds != 2 || !s.add.committed {
			t.Errorf("it did not begin anew: %d runs", l.runs)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatFailsIsLeftForTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := recorded(t, -1, 1080), &ladder{fails: errors.New("no encoder")}
		b := bench(s, l, silent)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if l.runs != 1 || s.add.committed {
			t.Errorf("it was tried %d times", l.runs)
		}
		cancel()
		<-ended
	})
}

// Rungs are a luxury: without room for them nothing that is recorded goes, and they come when there is some.
func TestWithoutRoomItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := recorded(t, -1, 1080), &ladder{}
		s.full.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- bench(s, l, silent).Run(ctx) }()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if l.runs != 0 {
			t.Error("it was made without room")
		}
		s.full.Store(false)
		time.Sleep(2 * RoomAfter)
		synctest.Wait()
		if l.runs != 1 || !s.done {
			t.Error("there is room, and it waits")
		}
		cancel()
		<-ended
	})
}
