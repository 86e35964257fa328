package record

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoal/manifest"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/pack"
	"shoal/server/pack/caption"
	"shoal/server/pack/subtitle"
)

func TestWhatIsPublishedIsRecorded(t *testing.T) {
	b := newBench(t, nil)
	b.begin(7)
	b.publish(41, 6000, func(seq uint64) bool { return seq%3 == 0 || seq == 40 }) // facts that were missed are caught up with
	r := b.find(7)
	if !r.Growing() || r.Summary().Lasts != 20500*time.Millisecond {
		t.Errorf("while live: %+v", r.Summary())
	}
	text, err := r.Media(0)
	if err != nil || strings.Contains(string(text), "ENDLIST") || !strings.Contains(string(text), "#EXT-X-MEDIA-SEQUENCE:7340032\n") {
		t.Errorf("while live: %v\n%s", err, text)
	}
	if strings.Contains(string(text), "s7340042") {
		t.Errorf("the open segment is named:\n%s", text)
	}
	if _, err := r.Segment(0, 7<<20+10); !errors.Is(err, ErrNotFound) {
		t.Errorf("the open segment is served: %v", err)
	}
	b.end()
	text, err = r.Media(0)
	if err != nil || !strings.Contains(string(text), "#EXT-X-PLAYLIST-TYPE:VOD") || !strings.HasSuffix(string(text), "0/s7340042.m4s\n#EXT-X-ENDLIST\n") {
		t.Errorf("after the end: %v\n%s", err, text)
	}
	b.same(r, 0, 41)
	again := newBenchAt(b)
	r = again.find(7)
	again.same(r, 0, 41)
	if c := r.Certificates(); len(c) != manifest.CertificateSize {
		t.Errorf("%d bytes of certificates", len(c))
	}
	list := again.shelf.List(b.channel, 0)
	if len(list) != 1 || list[0].Growing || list[0].Name != "reef" || list[0].Lasts != 20500*time.Millisecond || list[0].Bytes != 2*41*6000 {
		t.Errorf("%+v", list)
	}
	c, err := r.Segment(1, 7<<20+2)
	if err != nil || c.Size() != 4*6000 {
		t.Fatalf("a segment of %d bytes, %v", c.Size(), err)
	}
	records, err := r.Records(1, 7<<20+2)
	if want := append(append([]byte(nil), b.kept[segment.Part{Epoch: 7, Track: 1, Seq: 8}][0]...), b.kept[segment.Part{Epoch: 7, Track: 1, Seq: 9}][0]...); err != nil || !bytes.HasPrefix(records, want) {
		t.Errorf("%d bytes of records: %v", len(records), err)
	}
}

// What was seen of captions is in the playlist, and outlives the server; that there were none is known once it is over.
func TestCaptionsAreRemembered(t *testing.T) {
	b := newBench(t, nil)
	b.begin(7)
	b.recorder.hear(event.CaptionsSeen{Channel: b.channel, Epoch: 7, IDs: []string{"CC1"}}) // before the first part
	b.publish(8, 6000, nil)
	b.recorder.hear(event.CaptionsSeen{Channel: b.channel, Epoch: 7, IDs: []string{"CC1", "SERVICE1"}})
	want := pack.Captions{Seen: caption.Parse([]string{"CC1", "SERVICE1"}), Over: true}
	if got := b.find(7).Summary().Captions; got != want {
		t.Errorf("while live: %+v", got)
	}
	b.end()
	b.begin(8)
	b.publish(8, 6000, nil)
	b.end()
	again := newBenchAt(b)
	if got := again.find(7).Summary().Captions; got != want {
		t.Errorf("after a restart: %+v", got)
	}
	if got := again.find(8).Summary().Captions; got != (pack.Captions{Over: true}) {
		t.Errorf("of the next broadcast, which has none: %+v", got)
	}
}

// Subtitles stand beside a recording that is whole, replace each other, and are cut where its segments are.
func TestSubtitlesStandBesideARecording(t *testing.T) {
	b := newBench(t, nil)
	b.begin(7)
	b.publish(12, 6000, nil)
	cues := []subtitle.Cue{{Start: 1900 * time.Millisecond, End: 3 * time.Second, Text: "Hello"}}
	if err := b.shelf.Attach(b.channel, 7, "en", cues); !errors.Is(err, ErrNotFound) {
		t.Errorf("while it grows: %v", err)
	}
	b.end()
	r := b.find(7)
	if _, err := r.TextMedia("en"); !errors.Is(err, ErrNotFound) {
		t.Errorf("without any: %v", err)
	}
	for n := range pack.SubtitlesMax {
		if err := b.shelf.Attach(b.channel, 7, string([]byte{'a', byte('a' + n)}), cues); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.shelf.Attach(b.channel, 7, "en", cues); !errors.Is(err, ErrTexts) {
		t.Errorf("one language more: %v", err)
	}
	if err := errors.Join(b.shelf.Attach(b.channel, 7, "aa", nil), b.shelf.Attach(b.channel, 7, "en", cues)); err != nil {
		t.Fatal(err)
	}
	text, err := r.TextMedia("en")
	if err != nil || strings.Count(string(text), "text/en/s") != 3 || strings.Contains(string(text), ".m4s") {
		t.Errorf("%v\n%s", err, text)
	}
	for n, want := range []int{1, 1, 0} {
		got, err := r.Text("en", 7<<20+uint64(n))
		if err != nil || strings.Count(string(got), "00:00:01.900 --> 00:00:03.000\nHello\n") != want {
			t.Errorf("segment %d: %v\n%s", n, err, got)
		}
	}
	for _, language := range []string{"aa", "", "../../x", "EN"} {
		if _, err := r.Text(language, 7<<20); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", language, err)
		}
	}
}

func (silent) Subscribe() (<-chan event.Fact, func()) { return make(chan event.Fact), func() {} }

// What this program cannot read it leaves where it is.
func TestStrangeFilesAreLeftAlone(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(4, 5000, nil)
	b.end()
	dir := filepath.Join(b.dir, b.channel.String(), "1")
	strange := filepath.Join(dir, "000001.other")
	if err := errors.Join(os.Rename(filepath.Join(dir, spoolName(1)), strange), os.Remove(filepath.Join(dir, sealedFile))); err != nil {
		t.Fatal(err)
	}
	again := newBenchAt(b)
	if list := again.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if _, err := os.Stat(strange); err != nil {
		t.Error(err)
	}
}

// A fact that comes after its recording was sealed changes nothing on the disk.
func TestWhatIsSealedIsNeverWrittenTo(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 1000, nil)
	b.end()
	b.publish(1, 1000, nil)
	if s := b.find(1).Summary(); s.Growing || s.Lasts != 4*time.Second {
		t.Errorf("%+v", s)
	}
	b.begin(2)
	b.publish(8, 1000, nil)
	late := segment.Part{Epoch: 1, Seq: 8}
	b.recorder.hear(event.PartPublished{Channel: b.channel, Part: late, Manifest: b.kept[late][0]})
	b.publish(8, 1000, nil)
	b.end()
	again := newBenchAt(b)
	for epoch, lasts := range map[uint64]time.Duration{1: 4 * time.Second, 2: 8 * time.Second} {
		if s := again.find(epoch).Summary(); s.Lasts != lasts {
			t.Errorf("epoch %d lasts %v, want %v", epoch, s.Lasts, lasts)
		}
	}
}

func TestRunEnds(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Facts = silent{} })
	b.begin(1)
	b.publish(4, 1000, nil)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := b.recorder.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if list := b.shelf.List(b.channel, 0); len(list) != 1 || list[0].Growing {
		t.Errorf("a stopped server leaves %+v", list)
	}
}

func FuzzSealed(f *testing.F) {
	f.Add([]byte(`{"version":1,"name":"reef","epoch":3,"started_ms":1,"ended_ms":2,"lasts_ms":1,"bytes":1,"chapters":[{"at_ms":0,"wall_ms":1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSealed(b, Key{Epoch: 3})
		if err != nil {
			return
		}
		text, err := s.marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseSealed(text, Key{Epoch: 3})
		if err != nil || again.Lasts != s.Lasts || again.Bytes != s.Bytes || len(again.Chapters) != len(s.Chapters) {
			t.Errorf("%s does not read back: %v", text, err)
		}
	})
}
