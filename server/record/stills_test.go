package record

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/manifest"
	"shoal/segment"
	"shoal/server/ingest"
	"shoal/server/pack"
)

var track = []byte("WEBVTT\n\n00:00:00.000 --> 00:00:05.000\ntiles-0.jpg#xywh=0,0,160,90\n")

// sealed records an epoch of so many parts and seals it.
func (b *bench) sealed(epoch uint64, parts int) *Recording {
	b.t.Helper()
	b.begin(epoch)
	b.publish(parts, 2000, nil)
	b.end()
	return b.find(epoch)
}

func TestRecordingsKeepTheirStills(t *testing.T) {
	b := newBench(t, nil)
	r := b.sealed(3, 12)
	film := b.shelf.Bare()
	if film == nil {
		t.Fatal("nothing is without stills")
	}
	if _, err := r.Still("storyboard.vtt"); !errors.Is(err, ErrNotFound) {
		t.Errorf("there are stills before they were made: %v", err)
	}
	if err := b.shelf.Keep(film, []byte("poster"), [][]byte{[]byte("sheet")}, track); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		r := b.find(3)
		for name, want := range map[string][]byte{"poster.jpg": []byte("poster"), "tiles-0.jpg": []byte("sheet"), "storyboard.vtt": track} {
			if got, err := r.Still(name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is %q: %v", name, got, err)
			}
		}
		for _, name := range []string{"tiles-1.jpg", "tiles-00.jpg", "sealed.json", "../3/poster.jpg", "000001.spool", "poster.jpg.new"} {
			if _, err := r.Still(name); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s, ok := b.shelf.Pictured(b.channel); !ok || s.Key.Epoch != 3 {
			t.Error("the channel has no poster")
		}
		if b.shelf.Bare() != nil {
			t.Error("they are to be made again")
		}
	}
	check()
	b.open(nil) // the next start
	check()
	if err := b.shelf.Delete(Key{Channel: b.channel, Epoch: 3}); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.shelf.Pictured(b.channel); ok {
		t.Error("what was deleted has a poster")
	}
	if err := b.shelf.Keep(film, nil, nil, track); !errors.Is(err, ErrNotFound) {
		t.Errorf("what was deleted took stills: %v", err)
	}
}

// A program that was killed between two files left some of them: they count for nothing, and all are made again.
func TestHalfMadeStillsAreNotShown(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(3, 12)
	if err := os.WriteFile(filepath.Join(b.dir, Key{Channel: b.channel, Epoch: 3}.dir(), "poster.jpg"), []byte("poster"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open(nil)
	if _, err := b.find(3).Still("poster.jpg"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a poster without a storyboard is shown: %v", err)
	}
	if b.shelf.Bare() == nil {
		t.Error("they are not made again")
	}
}

func TestWithoutAPictureItIsNotAskedAgain(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(3, 12)
	if err := b.shelf.Keep(b.shelf.Bare(), nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if b.shelf.Bare() != nil {
		t.Error("it is asked again")
	}
	b.open(nil)
	if b.shelf.Bare() != nil {
		t.Error("it is asked again after a start")
	}
	if _, err := b.find(3).Still("poster.jpg"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it has a poster: %v", err)
	}
}

func TestNewestRecordingsGetStillsFirst(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(3, 12)
	b.now = b.now.Add(time.Hour)
	b.sealed(4, 12)
	if film := b.shelf.Bare(); film == nil || film.key.Epoch != 4 {
		t.Error("the older one comes first")
	}
}

func TestChapterTrackNamesWhereThePublisherCameBack(t *testing.T) {
	s := Summary{Lasts: 90 * time.Minute, Chapters: []Chapter{{At: 0}}}
	if got := string(s.ChapterTrack()); got != "WEBVTT\n" {
		t.Errorf("of one chapter: %q", got)
	}
	s.Chapters = append(s.Chapters, Chapter{At: 61*time.Minute + 1500*time.Millisecond})
	want := "WEBVTT\n\n1\n00:00:00.000 --> 01:01:01.500\nChapter 1\n\n2\n01:01:01.500 --> 01:30:00.000\nChapter 2\n"
	if got := string(s.ChapterTrack()); got != want {
		t.Errorf("%s", got)
	}
	for n := range 400 { // a poor line: what is told is bounded
		s.Chapters = append(s.Chapters, Chapter{At: time.Duration(n) * time.Millisecond})
	}
	if n := strings.Count(string(s.ChapterTrack()), "-->"); n > 402 {
		t.Errorf("%d chapters", n)
	}
}

// A publisher who comes back with other settings of the encoder begins a chapter as one that went away does: pack flags both.
func TestDiscontinuitiesAreChapters(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	x := index{inits: []initSegment{{}}}
	for seq := range uint64(16) {
		p := manifest.Part{
			Epoch: 3, Seq: seq, MSN: seq / 4, Index: uint16(seq % 4), Discontinuity: seq == 8, Independent: seq%4 == 0,
			WallMS: uint64(now.UnixMilli()) + seq*500, StartUS: 100_000 + seq*500_000, DurationUS: 500_000, Length: 10,
		}
		if !x.add(&p, 1, int64(seq), 10) {
			t.Fatal("a part was not taken")
		}
	}
	got := x.chapters()
	if len(got) != 2 || got[0].At != 0 || got[1].At != 4*time.Second || got[1].Wall.Sub(now) != 4*time.Second {
		t.Errorf("%v", got)
	}
}

// pictures is a recording of tracks of VP9 with these heights; the others but for the first begin and end late.
func pictures(t *testing.T, parts int, heights ...int) *Recording {
	t.Helper()
	r := newRecording(Key{Epoch: 3}, t.TempDir())
	r.sealed = true
	for n, height := range heights {
		init, err := pack.WriteInit(ingest.Track{Kind: segment.Video, TimeScale: 90000, Codec: &codecs.VP9{Width: 16 * height / 9, Height: height, BitDepth: 8, ChromaSubsampling: 1}})
		if err != nil {
			t.Fatal(err)
		}
		r.index.inits = append(r.index.inits, initSegment{data: init})
		for k := range parts {
			if n > 0 && k < 4 {
				continue
			}
			p := place{startUS: int64(k) * 500_000, seq: uint64(k), init: uint16(n)}
			if k%4 == 0 {
				p.flags = flagIndependent
			}
			r.index.tracks[n].parts = append(r.index.tracks[n].parts, p)
		}
	}
	return r
}

func TestFilmIsOfTheSmallestPictureThatIsGoodEnough(t *testing.T) {
	for _, c := range []struct {
		heights []int
		track   uint16
		first   time.Duration
	}{{[]int{1080}, 0, 0}, {[]int{1080, 720, 360, 240}, 2, 2 * time.Second}, {[]int{240, 144}, 0, 0}} {
		f := pictures(t, 40, c.heights...).film()
		if f.Len() == 0 || f.places[0].init != c.track || f.At(0) != c.first {
			t.Errorf("of %v: track %d, from %v on", c.heights, f.places[0].init, f.At(0))
		}
	}
	if f := newRecording(Key{}, t.TempDir()).film(); f.Len() != 0 {
		t.Error("nothing has key frames")
	}
}

func TestSourceIsTheBestPicture(t *testing.T) {
	s := pictures(t, 60, 720, 1080, 360).source()
	first, free := s.Free()
	if s.track != 1 || s.Len() != 56 || len(s.Rungs()) != 2 || first != 3 || free != segment.TracksMax-3 {
		t.Errorf("track %d of %d parts, beside %v, with room for %d from %d on", s.track, s.Len(), s.Rungs(), free, first)
	}
	if has := pictures(t, 30, 1080, 360).source().Rungs(); len(has) != 0 {
		t.Errorf("a rung that lacks more than a tenth counts: %v", has)
	}
	if newRecording(Key{}, t.TempDir()).source() != nil {
		t.Error("nothing has a source")
	}
}

func TestARungThatWasMadeAgainIsNamedOnce(t *testing.T) {
	r := pictures(t, 40, 1080, 360, 360)
	for n := range 3 {
		for k := range r.index.tracks[n].parts {
			p := &r.index.tracks[n].parts[k]
			p.msn, p.index, p.data, p.lasts = p.seq/4, uint16(p.seq%4), 1000, 500_000
		}
	}
	r.index.tracks[1].parts = r.index.tracks[1].parts[:12] // the machine was too slow for it
	text, err := r.Master()
	if err != nil || bytes.Count(text, []byte("#EXT-X-STREAM-INF")) != 2 || bytes.Contains(text, []byte("\n1.m3u8")) {
		t.Errorf("%s %v", text, err)
	}
}
