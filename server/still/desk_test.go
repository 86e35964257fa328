package still

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/id"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

// bench is a desk whose darkroom paints: a key frame's last byte is how light its picture is.
type bench struct {
	t     *testing.T
	desk  *Desk
	now   time.Time
	shows []Show
	light byte
	at    time.Duration // of the newest key frame, after the beginning
	took  time.Duration
	fails error
	asked int
	films []*film
	kept  []Stills
}

func newBench(t *testing.T, rewind time.Duration) *bench {
	b := &bench{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	b.desk = New(Config{Darkroom: b, Live: b, Shelf: b, Rewind: rewind, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }})
	return b
}

var began = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func (b *bench) Able() bool      { return true }
func (b *bench) Running() []Show { return b.shows }

func (b *bench) Develop(_ context.Context, _ ingest.Track, keys [][]byte, width, height int) (all []*image.YCbCr, took time.Duration, err error) {
	b.asked++
	if b.fails != nil {
		return make([]*image.YCbCr, len(keys)), b.took, b.fails
	}
	for _, key := range keys {
		var p *image.YCbCr
		if light := key[len(key)-1]; light != broken {
			p = image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
			for i := range p.Y {
				p.Y[i] = light
			}
			for i := range p.Cb {
				p.Cb[i], p.Cr[i] = 128, 128
			}
		}
		all = append(all, p)
	}
	return all, b.took, nil
}

// broken is a key frame that cannot be decoded.
const broken = 255

func (b *bench) Newest(id.Channel, uint64) (init, part []byte, wall time.Time, ok bool) {
	init, part = written(b.t, b.light)
	return init, part, began.Add(b.at), true
}

func (b *bench) Bare() (Film, func(Stills) error) {
	if len(b.films) == 0 {
		return nil, nil
	}
	return b.films[0], func(s Stills) error {
		b.kept, b.films = append(b.kept, s), b.films[1:]
		return nil
	}
}

// film is a recording with a key frame every two seconds, each as light as its number.
type film struct {
	t      *testing.T
	lights []byte
}

func (f *film) Len() int               { return len(f.lights) }
func (f *film) At(n int) time.Duration { return time.Duration(2*n) * time.Second }
func (f *film) Lasts() time.Duration   { return f.At(len(f.lights)) }

func (f *film) Read(n int) (init, part []byte, err error) {
	init, part = written(f.t, f.lights[n])
	return init, part, nil
}

// written is a part of 16:9 that begins with a key frame, and its init segment.
func written(t *testing.T, light byte) (init, part []byte) {
	t.Helper()
	track := ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 1280, Height: 720, BitDepth: 8, ChromaSubsampling: 1}}
	p, err := pack.New(pack.Config{}, []ingest.Track{track}, 1, began, func(made pack.Part) error {
		init, part = made.Init, made.Data
		return nil
	})
	if err == nil {
		err = p.Write(ingest.Sample{Key: true, Data: []byte{1, light}})
	}
	if err == nil {
		err = p.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return init, part
}

// lightness is that of a tile.
func lightness(t *testing.T, sheet []byte, x, y int) int {
	t.Helper()
	p, err := jpeg.Decode(bytes.NewReader(sheet))
	if err != nil {
		t.Fatal(err)
	}
	r, _, _, _ := p.At(x+tileWidth/2, y+tileHeight/2).RGBA()
	return int(r >> 8)
}

func about(got, want int) bool { return got-want < 4 && want-got < 4 }

// watch lets the desk look for so long, every LookEvery. Key frames are two seconds apart.
func (b *bench) watch(lasts time.Duration) {
	for end := b.now.Add(lasts); b.now.Before(end); b.now = b.now.Add(LookEvery) {
		b.at = b.now.Sub(began) / (2 * time.Second) * (2 * time.Second)
		b.light = byte(b.at / (2 * time.Second) % 200)
		b.desk.look(b.t.Context())
	}
}

var fish = Show{Channel: id.Channel{1}, Name: "fish", Epoch: 7, Started: began}

func TestLiveStoryboardGrowsAndSlides(t *testing.T) {
	b := newBench(t, 10*time.Minute)
	b.now = began
	b.shows = []Show{fish}
	b.watch(25 * time.Second)
	text, ok := b.desk.Track(fish.Channel, 7)
	want := "WEBVTT\n\n00:00:10.000 --> 00:00:20.000\ntiles-0-3.jpg#xywh=160,0,160,90\n"
	if !ok || !strings.Contains(strings.ReplaceAll(string(text), "\n\n", "\n"), strings.TrimPrefix(want, "WEBVTT\n\n")) || strings.Count(string(text), "-->") != 3 {
		t.Fatalf("after 25 s:\n%s", text)
	}
	early, ok := b.desk.Sheet(fish.Channel, 7, "tiles-0-2.jpg")
	if !ok || !about(lightness(t, early, tileWidth, 0), 5) {
		t.Error("the tile of 0:10 is not what was shown then")
	}
	b.watch(30 * time.Minute)
	text, _ = b.desk.Track(fish.Channel, 7)
	cues := strings.Count(string(text), "-->")
	if cues < 60 || cues > 60+2*tilesOnSheet || strings.Contains(string(text), "00:00:10.000") {
		t.Errorf("%d tiles are kept of ten minutes:\n%s", cues, text)
	}
	for _, name := range []string{"tiles-0-25.jpg", "tiles-99-1.jpg", "tiles-7-26.jpg", "tiles-7-0.jpg", "tiles-07-1.jpg", "../x", ""} {
		if _, ok := b.desk.Sheet(fish.Channel, 7, name); ok {
			t.Errorf("there is a sheet %q", name)
		}
	}
	for line := range strings.Lines(string(text)) {
		if name, _, found := strings.Cut(line, "#"); found {
			if _, ok := b.desk.Sheet(fish.Channel, 7, name); !ok {
				t.Errorf("%s is named, and not there", name)
			}
		}
	}
	if _, ok := b.desk.Track(fish.Channel, 8); ok {
		t.Error("another epoch has its storyboard")
	}
	b.shows = nil
	b.watch(LookEvery)
	if _, _, ok := b.desk.Poster(fish.Channel); ok {
		t.Error("what has ended has a poster")
	}
}

func TestWithoutRewindingThereIsAPosterOnly(t *testing.T) {
	b := newBench(t, 0)
	b.shows = []Show{fish}
	b.watch(5 * time.Minute)
	if _, ok := b.desk.Track(fish.Channel, 7); ok {
		t.Error("there is a storyboard")
	}
	if _, made, ok := b.desk.Poster(fish.Channel); !ok || b.now.Sub(made) > PosterEvery+LookEvery {
		t.Error("the poster is old")
	}
	if b.asked > 11 {
		t.Errorf("%d stills in five minutes", b.asked)
	}
}

func TestLiveOutranksStills(t *testing.T) {
	b := newBench(t, 10*time.Minute)
	b.shows, b.took = []Show{fish}, 3*time.Second
	b.watch(10 * time.Minute)
	if b.asked > 2 {
		t.Errorf("%d stills of 3 s each in ten minutes: more than a hundredth of a processor", b.asked)
	}
	b = newBench(t, 10*time.Minute)
	b.shows, b.fails = []Show{fish}, context.DeadlineExceeded
	b.watch(time.Hour)
	if b.asked < 3 || b.asked > 9 {
		t.Errorf("what fails was tried %d times in an hour", b.asked)
	}
}

func TestRecordingsGetStillsOnce(t *testing.T) {
	b := newBench(t, 0)
	lights := make([]byte, 150) // five minutes
	for n := range lights {
		lights[n] = byte(n)
	}
	lights[30] = broken // 1:00
	b.films = []*film{{t, lights}}
	b.watch(2 * LookEvery)
	if len(b.kept) != 1 {
		t.Fatalf("%d recordings have stills", len(b.kept))
	}
	s := b.kept[0]
	if len(s.Sheets) != 2 || strings.Count(string(s.Track), "-->") != 49 || len(s.Poster) == 0 {
		t.Fatalf("%d sheets, %d bytes of poster:\n%s", len(s.Sheets), len(s.Poster), s.Track)
	}
	if !strings.Contains(string(s.Track), "00:01:06.000 --> 00:01:12.000\ntiles-0.jpg#xywh=0,180,160,90\n") {
		t.Errorf("the tile behind the broken one stands elsewhere:\n%s", s.Track)
	}
	if got := lightness(t, s.Sheets[0], 0, 2*tileHeight); !about(got, 33) {
		t.Errorf("it is %d light, not 33", got)
	}
	if !strings.HasSuffix(string(s.Track), fmt.Sprintf("--> 00:05:00.000\ntiles-1.jpg#xywh=%d,%d,160,90\n", 3*tileWidth, 4*tileHeight)) {
		t.Errorf("its end:\n%s", s.Track)
	}
}

func TestLongRecordingsHaveBoundedStoryboards(t *testing.T) {
	if n := len(choose(&film{t, make([]byte, 6*3600)})); n > TilesMax || n < TilesMax*9/10 {
		t.Errorf("%d tiles of twelve hours", n)
	}
	if n := len(choose(&film{t, nil})); n != 0 {
		t.Errorf("%d tiles of nothing", n)
	}
}

func TestWhatCannotBeDecodedStaysWithout(t *testing.T) {
	b := newBench(t, 0)
	b.films = []*film{{t, nil}, {t, []byte{broken, broken, broken}}}
	b.watch(3 * LookEvery)
	if len(b.kept) != 2 || b.kept[0].Track != nil || b.kept[1].Track != nil {
		t.Errorf("they have %v", b.kept)
	}
}

func TestWhatHadNoTimeIsTriedAgain(t *testing.T) {
	b := newBench(t, 0)
	b.films, b.fails = []*film{{t, []byte{1, 2, 3}}}, fmt.Errorf("slow: %w", context.DeadlineExceeded)
	b.watch(time.Minute)
	if len(b.kept) != 0 || b.asked > 3 {
		t.Errorf("%d are kept after %d tries", len(b.kept), b.asked)
	}
	b.fails = nil
	b.watch(5 * time.Minute)
	if len(b.kept) != 1 || b.kept[0].Track == nil {
		t.Error("it was given up")
	}
}

// A recording that is made to be hard to decode does not keep a processor busy for hours.
func TestHardRecordingsAreGivenUpInTime(t *testing.T) {
	b := newBench(t, 0)
	b.took = 2 * time.Minute // a worker
	b.films = []*film{{t, make([]byte, 3600)}}
	b.watch(2 * LookEvery)
	if len(b.kept) != 1 || b.asked > 5 || strings.Count(string(b.kept[0].Track), "-->") < batch {
		t.Errorf("%d workers, %d are kept", b.asked, len(b.kept))
	}
}

func TestStillsHaveTheFormOfThePicture(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          size
	}{{1920, 1080, size{160, 90}}, {1080, 1920, size{90, 160}}, {640, 480, size{138, 104}}, {0, 0, size{160, 90}}, {16000, 16, size{1280, 2}}} {
		if got := fit(c.width, c.height, size{tileWidth, tileHeight}); got != c.want {
			t.Errorf("%dx%d becomes %v, not %v", c.width, c.height, got, c.want)
		}
	}
}

func TestRunEndsWithoutADarkroom(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := New(Config{Darkroom: blind{}, Log: slog.New(slog.DiscardHandler)})
	if err := d.Run(ctx); err != nil {
		t.Error(err)
	}
	if _, _, ok := d.Poster(id.Channel{}); ok {
		t.Error("it has a poster")
	}
}

// blind is a darkroom without ffmpeg.
type blind struct{}

func (blind) Able() bool { return false }

func (blind) Develop(context.Context, ingest.Track, [][]byte, int, int) ([]*image.YCbCr, time.Duration, error) {
	return nil, 0, errors.New("unable")
}
