package record

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
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

// newBenchAt is the bench after a restart of the server.
func newBenchAt(b *bench) *bench {
	again := *b
	again.open(nil)
	return &again
}

type silent struct{}
