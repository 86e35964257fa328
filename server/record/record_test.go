package record

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/pack"
	"shoal/server/pack/caption"
	"shoal/server/pack/subtitle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a recorder whose origin keeps everything, and a clock that a test moves.
type bench struct {
	t        *testing.T
	dir      string
	identity sign.Key
	session  sign.Key
	channel  id.Channel
	shelf    *Shelf
	recorder *Recorder
	now      time.Time
	free     int64
	kept     map[segment.Part][3][]byte
	prev     map[segment.Track]id.Digest
	next     map[segment.Track]uint64
	epoch    uint64
	declared time.Duration
	form     string // of the tracks: another one is another init segment
}

var quiet = slog.New(slog.DiscardHandler)

func newBench(t *testing.T, set func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), free: 1 << 40, declared: 2 * time.Second, kept: make(map[segment.Part][3][]byte)}
	b.identity, b.session = sign.Key(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))), sign.Key(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32)))
	b.channel = id.Channel(b.identity.Public())
	b.open(set)
	return b
}

// open opens the shelf as a start of the server does.
func (b *bench) open(set func(*Config)) {
	b.t.Helper()
	shelf, err := Open(b.dir, quiet)
	if err != nil {
		b.t.Fatal(err)
	}
	b.shelf = shelf
	c := Config{Shelf: shelf, Origin: b, Keep: true, Rewind: 10 * time.Minute, Log: quiet, Now: func() time.Time { return b.now },
		Free: func(string) (int64, int64, error) { return b.free, 1 << 41, nil }}
	if set != nil {
		set(&c)
	}
	b.recorder = NewRecorder(c)
}

func (b *bench) Kept(_ id.Channel, part segment.Part) (record, data, init []byte, ok bool) {
	k, ok := b.kept[part]
	return k[0], k[1], k[2], ok
}

func (b *bench) Declared(id.Channel, uint64) time.Duration { return b.declared }

// begin starts an epoch.
func (b *bench) begin(epoch uint64) {
	b.t.Helper()
	b.epoch, b.prev, b.next = epoch, make(map[segment.Track]id.Digest), make(map[segment.Track]uint64)
	c, err := sign.Certificate(manifest.Certificate{
		Epoch: epoch, Session: b.session.Public(), NotBeforeMS: uint64(b.now.UnixMilli()), NotAfterMS: uint64(b.now.Add(time.Hour).UnixMilli()),
	}, b.identity)
	if err != nil {
		b.t.Fatal(err)
	}
	b.recorder.hear(event.CertificateSigned{Channel: b.channel, Certificate: c.Append(nil)})
	b.recorder.hear(event.BroadcastStarted{Channel: b.channel, Name: "reef", Epoch: epoch, At: b.now})
}

// publish publishes n parts of half a second on each of two tracks, four to a segment. told says whether the recorder hears of each.
func (b *bench) publish(n int, size int, told func(seq uint64) bool) {
	b.t.Helper()
	for range n {
		for track := range segment.Track(2) {
			seq := b.next[track]
			data := bytes.Repeat([]byte{byte(seq), byte(track + 1)}, size/2)
			init := append([]byte{'i', byte(track)}, b.form...)
			m := manifest.Part{
				Epoch: b.epoch, Track: track, Seq: seq, Prev: b.prev[track], Independent: seq%4 == 0, MSN: b.epoch<<20 + seq/4, Index: uint16(seq % 4),
				Init: sha256.Sum256(init), WallMS: uint64(b.now.UnixMilli()), StartUS: seq * 500_000, DurationUS: 500_000,
				Length: uint32(len(data)), PieceSize: uint32(segment.PieceSize(len(data))), Channel: b.channel,
			}
			for from := 0; from < len(data); from += int(m.PieceSize) {
				m.Hashes = append(m.Hashes, sha256.Sum256(data[from:min(from+int(m.PieceSize), len(data))]))
			}
			record, digest, err := sign.Part(&m, b.session)
			if err != nil {
				b.t.Fatal(err)
			}
			b.prev[track], b.next[track] = digest, seq+1
			b.kept[m.Name()] = [3][]byte{record, data, init}
			if told == nil || told(seq) {
				b.recorder.hear(event.PartPublished{Channel: b.channel, Part: m.Name(), MSN: m.MSN, Index: int(m.Index), Manifest: record})
			}
		}
		b.now = b.now.Add(500 * time.Millisecond)
	}
}

func (b *bench) end() {
	b.recorder.hear(event.BroadcastEnded{Channel: b.channel, Epoch: b.epoch, At: b.now})
}

func (b *bench) find(epoch uint64) *Recording {
	b.t.Helper()
	r, err := b.shelf.Find(Key{Channel: b.channel, Epoch: epoch})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// same checks that the parts from and up to of both tracks are what was published.
func (b *bench) same(r *Recording, from, to uint64) {
	b.t.Helper()
	for part, want := range b.kept {
		if part.Epoch != r.Key.Epoch || part.Seq < from || part.Seq >= to {
			continue
		}
		c, err := r.Part(part.Track, part.Seq)
		if err != nil {
			b.t.Fatalf("%+v: %v", part, err)
		}
		got, err := io.ReadAll(c)
		record, recordErr := r.Record(part.Track, part.Seq)
		if err := errors.Join(err, recordErr, c.Close()); err != nil || !bytes.Equal(got, want[1]) || !bytes.Equal(record, want[0]) {
			b.t.Fatalf("%+v: %v, or other bytes than were published", part, err)
		}
	}
}

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

// newBenchAt is the bench after a restart of the server.
func newBenchAt(b *bench) *bench {
	again := *b
	again.open(nil)
	return &again
}

// Wherever the last spool is cut, all parts that are whole come back, and no other.
func TestATornSpoolIsWholeUpToItsLastPart(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	spool := filepath.Join(b.dir, b.channel.String(), "1", spoolName(1))
	whole, err := os.ReadFile(spool)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{}
	good, err := scan(bytes.NewReader(whole), int64(len(whole)), true, func(e entry) error { ends = append(ends, int(e.end())); return nil })
	if err != nil || good != int64(len(whole)) {
		t.Fatalf("%d of %d bytes, %v", good, len(whole), err)
	}
	for cut := 0; cut <= len(whole); cut += 611 {
		for _, torn := range []bool{false, true} {
			text := bytes.Clone(whole[:cut])
			if torn { // a power cut may leave the length without the bytes
				text = append(text, make([]byte, 3000)...)
			}
			if err := errors.Join(os.WriteFile(spool, text, 0o600), removed(filepath.Join(filepath.Dir(spool), sealedFile))); err != nil {
				t.Fatal(err)
			}
			parts := 0
			for _, end := range ends[1:] { // behind the certificate
				if end <= cut {
					parts++
				}
			}
			parts = max(0, parts-2) // init segments
			again := newBenchAt(b)
			got := 0
			if r, err := again.shelf.Find(Key{Channel: b.channel, Epoch: 1}); err == nil {
				for n := range r.index.tracks {
					got += len(r.index.tracks[n].parts)
				}
				again.same(r, 0, uint64(got/2))
			} else if err := os.MkdirAll(filepath.Dir(spool), 0o700); err != nil { // an empty recording is deleted
				t.Fatal(err)
			}
			if got != parts {
				t.Fatalf("cut at %d (torn %v): %d parts, want %d", cut, torn, got, parts)
			}
		}
	}
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// A recording that ends while the disk takes nothing is sealed as soon as it does, and the status does not wait for the next broadcast.
func TestWhatEndsOnAFullDiskIsSealedLater(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	sealed := filepath.Join(b.dir, b.channel.String(), "1", sealedFile)
	blocked := filepath.Join(sealed+".new", "blocked")
	if err := os.MkdirAll(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	b.free = 1 << 20
	b.recorder.prune()
	b.recorder.end(b.channel)
	if _, err := os.Stat(sealed); err == nil || b.find(1).Summary().Lasts != 4*time.Second {
		t.Fatalf("it is sealed (%v), or is not there", err)
	}
	b.free = 1 << 40
	for _, state := range []State{Failing, Well} { // there is room, but the file cannot be made yet; then it can
		b.now = b.now.Add(RetryEvery)
		b.recorder.tick()
		if s := b.recorder.Status(); s.State != state {
			t.Fatalf("%+v, want %s", s, state)
		}
		if err := os.RemoveAll(filepath.Dir(blocked)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(sealed); err != nil {
		t.Error(err)
	}
	b.begin(2)
	b.publish(8, 5000, nil)
	b.free = 1 << 20
	b.recorder.prune()
	b.recorder.end(b.channel)
	b.free, b.now = 1<<40, b.now.Add(RetryEvery)
	b.recorder.tick()
	if s := b.recorder.Status(); s.State != Well {
		t.Errorf("nothing is live, there is room, and it is %+v", s)
	}
}

func TestAFullDiskStopsRecordingsAndSaysSo(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(8, 5000, nil)
	b.free = 1 << 20
	b.recorder.prune()
	if s := b.recorder.Status(); s.State != Full || s.Stopped != 1 || !strings.Contains(s.Says, "the disk is full") {
		t.Errorf("%+v", s)
	}
	b.publish(80, 5000, nil)
	if s := b.find(1).Summary(); s.Lasts != 4*time.Second {
		t.Errorf("on a full disk %v are recorded", s.Lasts)
	}
	for part := range b.kept { // the origin forgets, too
		if part.Seq >= 8 && part.Seq < 70 {
			delete(b.kept, part)
		}
	}
	b.free = 1 << 40
	b.now = b.now.Add(RetryEvery)
	b.publish(8, 5000, nil)
	if s := b.recorder.Status(); s.State != Well || s.Lost != 2*62 {
		t.Errorf("with room again: %+v", s)
	}
	b.end()
	text, err := b.find(1).Media(0)
	if err != nil || strings.Count(string(text), "#EXT-X-GAP") != 16 { // segments 2 to 16 were never there, and half of 17
		t.Errorf("%v, the hole is not named as 16 gaps:\n%s", err, text)
	}
	b.same(b.find(1), 70, 96)
}

// A write that fails half-way leaves nothing of itself.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	b := newBench(t, nil)
	b.begin(1)
	b.publish(4, 5000, nil)
	tape := b.recorder.tapes[b.channel]
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	least := was
	least.Cur = uint64(tape.size + 7000) // one more part fits, and half of the next
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &least); err != nil {
		t.Skip("no bound on files here:", err)
	}
	b.publish(2, 5000, nil)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if s := b.recorder.Status(); s.State != Failing || s.Stopped != 1 {
		t.Errorf("%+v", s)
	}
	b.now = b.now.Add(RetryEvery)
	b.publish(2, 5000, nil)
	if s := b.recorder.Status(); s.State != Well || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	b.end()
	again := newBenchAt(b)
	again.same(again.find(1), 0, 8)
}

func TestOldRecordingsGo(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Days, c.Bytes = 10, 500_000 })
	for epoch := uint64(1); epoch <= 5; epoch++ {
		b.begin(epoch)
		b.publish(8, 10_000, nil) // 160 kB
		b.end()
		b.now = b.now.Add(4 * 24 * time.Hour)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 2 || list[0].Key.Epoch != 5 || list[1].Key.Epoch != 4 {
		t.Errorf("after ten days: %+v", list)
	}
	b.begin(6)
	b.publish(600, 1000, nil) // 5 minutes, 1.2 MB
	b.recorder.prune()
	list := b.shelf.List(b.channel, 0)
	if len(list) != 1 || list[0].Key.Epoch != 6 {
		t.Errorf("with too many bytes: %+v", list)
	}
	if err := b.shelf.Delete(Key{Channel: b.channel, Epoch: 5}); !errors.Is(err, ErrNotFound) {
		t.Errorf("it was deleted, and can be deleted: %v", err)
	}
	b.end()
	if err := Remove(b.dir, Key{Channel: b.channel, Epoch: 6}); err != nil { // from outside
		t.Fatal(err)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("deleted beside the server: %+v", list)
	}
}

// With recordings turned off what was kept for rewinding goes with the broadcast, also after a kill.
// Who turns recordings off still has those from before: they go when their time comes.
func TestOldRecordingsGoThoughNoneIsMade(t *testing.T) {
	b := newBench(t, nil)
	b.sealed(1, 8)
	b.now = b.now.Add(11 * 24 * time.Hour)
	b.open(func(c *Config) { c.Keep, c.Rewind, c.Days = false, 0, 10 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.recorder.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("after ten days: %+v", list)
	}
	if s := b.recorder.Status(); s.State != Off {
		t.Errorf("it says %v", s)
	}
}

// What a recording got afterwards counts as what was sent does.
func TestRungsMadeAfterwardsCountForKeeping(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Bytes = 45_000 })
	b.sealed(1, 8) // 32 kB
	b.now = b.now.Add(time.Hour)
	b.sealed(2, 2) // 8 kB
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	if _, err := b.shelf.Add(Key{Channel: b.channel, Epoch: 2}, 6000); !errors.Is(err, ErrKeep) {
		t.Errorf("an older recording would go for rungs: %v", err)
	}
	a, err := b.shelf.Add(Key{Channel: b.channel, Epoch: 2}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b.added(a, 2, 60) // 6 kB
	if err := a.Commit("auto"); err != nil {
		t.Fatal(err)
	}
	b.recorder.prune()
	if list := b.shelf.List(b.channel, 0); len(list) != 1 || list[0].Key.Epoch != 2 {
		t.Errorf("with the rungs they take too much, and there are %+v", list)
	}
}

func TestRewindingAloneKeepsNothing(t *testing.T) {
	rewind := func(c *Config) { c.Keep, c.Rewind = false, 2*time.Minute }
	b := newBench(t, rewind)
	b.begin(1)
	b.publish(1200, 1000, nil)
	b.recorder.prune()
	r := b.find(1)
	if lasts := r.Summary().Lasts; lasts < 2*time.Minute || lasts > 5*time.Minute {
		t.Errorf("%v of ten minutes are kept for rewinding two", lasts)
	}
	text, err := r.Media(0)
	if n := strings.Count(string(text), "#EXTINF"); err != nil || n < 55 || n > 60 {
		t.Errorf("%d segments in a window of two minutes, %v", n, err)
	}
	if _, err := r.Part(0, 900); !errors.Is(err, ErrNotFound) {
		t.Errorf("a part before the window: %v", err)
	}
	b.open(rewind)
	if list := b.shelf.List(b.channel, 0); len(list) != 0 {
		t.Errorf("after a kill: %+v", list)
	}
	b.begin(2)
	b.publish(8, 1000, nil)
	b.end()
	if _, err := b.shelf.Find(Key{Channel: b.channel, Epoch: 2}); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
}

type silent struct{}

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

// A clip of what grows, and of what is sealed, is whole segments; what is asked beyond what there is, is refused.
func TestClipsAreCutAtSegments(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Rewind = 0 })
	b.begin(3)
	b.publish(30, 1000, nil) // 15 s: seven whole segments of 2 s, and half of one
	last, err := b.shelf.Cut(b.find(3), -3*time.Second, 0, "live")
	if err != nil || last.Lasts != 4*time.Second || last.Title != "live" || last.Key.Epoch != 3 {
		t.Errorf("%+v, %v", last, err)
	}
	b.end()
	middle, err := b.shelf.Cut(b.find(3), 5*time.Second, 6500*time.Millisecond, "")
	if err != nil || middle.Lasts != 4*time.Second {
		t.Errorf("%+v, %v", middle, err)
	}
	for from, to := range map[time.Duration]time.Duration{20 * time.Second: 21 * time.Second, 2: 1, 0: ClipMax + 1} {
		if _, err := b.shelf.Cut(b.find(3), from, to, ""); !errors.Is(err, ErrRange) {
			t.Errorf("from %v to %v: %v", from, to, err)
		}
		if err := b.shelf.MayCut(b.find(3), from, to); !errors.Is(err, ErrRange) {
			t.Errorf("whether it may be cut from %v to %v: %v", from, to, err)
		}
	}
	again := newBenchAt(b)
	clip, err := again.shelf.Find(Key{Channel: b.channel, Clip: middle.Key.Clip})
	if err != nil {
		t.Fatal(err)
	}
	again.same(clip, 8, 16)
	if _, err := clip.Part(0, 7); !errors.Is(err, ErrNotFound) {
		t.Errorf("more than was cut is there: %v", err)
	}
	if list, err := again.shelf.Clips(b.channel, ""); len(list) != 2 || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
	again.free = 0
	if _, err := again.shelf.Cut(again.find(3), 0, time.Second, ""); !errors.Is(err, ErrFull) {
		t.Errorf("a clip on a full disk: %v", err)
	}
	if err := again.shelf.MayCut(again.find(3), 0, time.Second); !errors.Is(err, ErrFull) {
		t.Errorf("whether one may be cut on a full disk: %v", err)
	}
	again.free = 1 << 40
	again.shelf.clipBytes = 10_000 // there are two of 8,000 and more
	if _, err := again.shelf.Cut(again.find(3), 0, time.Second, ""); !errors.Is(err, ErrMany) {
		t.Errorf("a third clip: %v", err)
	}
	if list, err := SealedClips(b.dir, b.channel); err != nil || len(list) != 2 || list[0].Key.Clip != last.Key.Clip || list[0].Title != "live" || list[1].Key.Epoch != 3 {
		t.Errorf("without a shelf: %+v, %v", list, err)
	}
	if list, err := Sealed(b.dir, b.channel); err != nil || len(list) != 1 || list[0].Key.Clip != "" {
		t.Errorf("recordings beside clips: %+v, %v", list, err)
	}
	if err := DeleteSealed(b.dir, b.channel, middle.Key.Clip); err != nil {
		t.Fatal(err)
	}
	if err := DeleteSealed(b.dir, b.channel, "../"+middle.Key.Clip); !errors.Is(err, ErrNotFound) {
		t.Errorf("another directory: %v", err)
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

func FuzzSpool(f *testing.F) {
	f.Add([]byte(spoolMagic))
	cert := make([]byte, manifest.CertificateSize)
	f.Add(appendEntry([]byte(spoolMagic), kindCertificate, cert, 0))
	sum := sha256.Sum256([]byte("init"))
	f.Add(append(appendEntry([]byte(spoolMagic), kindInit, sum[:], 4), "init"...))
	f.Fuzz(func(t *testing.T, spool []byte) {
		var ends []int64
		good, err := scan(bytes.NewReader(spool), int64(len(spool)), true, func(e entry) error { ends = append(ends, e.end()); return nil })
		if err != nil && !errors.Is(err, errSpool) || good > int64(len(spool)) {
			t.Fatalf("%d of %d bytes are good, %v", good, len(spool), err)
		}
		if n := len(ends); n > 0 && ends[n-1] != good {
			t.Errorf("the last entry ends at %d, %d bytes are good", ends[n-1], good)
		}
		again, err := scan(bytes.NewReader(spool[:good]), good, true, func(entry) error { return nil })
		if good > 0 && (err != nil || again != good) {
			t.Errorf("what is good is not good alone: %d of %d, %v", again, good, err)
		}
	})
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
