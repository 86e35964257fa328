package origin_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/server/event"
	"shoal/server/origin"
	"shoal/server/pack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	name          = id.Name("reef")
	partLasts     = 500 * time.Millisecond
	partsASegment = 4
	epochOne      = 7
)

// wall is when the broadcasts of these tests begin.
func wall() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// heard keeps the facts that were published.
type heard struct {
	mu    sync.Mutex
	facts []event.Fact
}

func (h *heard) Publish(f event.Fact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts = append(h.facts, f)
}

func (h *heard) all() []event.Fact {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]event.Fact(nil), h.facts...)
}

// bench is an origin with one broadcast that is fed by hand.
type bench struct {
	t        *testing.T
	facts    heard
	origin   *origin.Origin
	identity sign.Key
	channel  id.Channel
	b        *origin.Broadcast
	sent     map[segment.Track][]pack.Part
}

func newBench(t *testing.T, tracks int) *bench {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &bench{t: t, identity: sign.Key(private), channel: id.Channel(public)}
	h.origin = origin.New(origin.Config{Facts: &h.facts, Log: slog.New(slog.DiscardHandler)})
	h.open(epochOne, tracks)
	return h
}

func (h *bench) open(epoch uint64, tracks int) {
	h.t.Helper()
	var err error
	h.b, err = h.origin.Open(h.opening(epoch, tracks))
	if err != nil {
		h.t.Fatal(err)
	}
	h.sent = make(map[segment.Track][]pack.Part)
}

func (h *bench) opening(epoch uint64, tracks int) origin.Opening {
	return origin.Opening{Channel: h.channel, Name: name, Epoch: epoch, Tracks: tracks, Signer: h.identity, Wall: wall(), Master: master}
}

// master stands for pack's: it names the tracks that have parts.
func master(windows []pack.Window, texts []string) []byte {
	var text []byte
	for _, w := range windows {
		if len(w.Entries) > 0 {
			text = fmt.Appendf(text, "track %d\n", w.Track)
		}
	}
	for _, language := range texts {
		text = fmt.Appendf(text, "subtitles %s\n", language)
	}
	return text
}

// part makes the next part of a track.
func (h *bench) part(track segment.Track) pack.Part {
	seq := len(h.sent[track])
	at := time.Duration(seq) * partLasts
	return pack.Part{
		Track: track, MSN: h.b.Epoch()<<20 + uint64(seq/partsASegment), Index: seq % partsASegment,
		Independent: seq%partsASegment == 0, Last: seq%partsASegment == partsASegment-1, Target: partLasts,
		Start: at, Duration: partLasts, Wall: wall().Add(at),
		Init: initOf(track), Data: bytes.Repeat(fmt.Appendf(nil, "%d/%d/%d ", h.b.Epoch(), track, seq), 3000),
	}
}

var inits = [][]byte{[]byte("init of track 0"), []byte("init of track 1"), []byte("init of track 2")}

func initOf(track segment.Track) []byte { return inits[track] }

func (h *bench) publish(p pack.Part) {
	h.t.Helper()
	if err := h.b.Publish(p); err != nil {
		h.t.Fatalf("publishing part %d of track %d: %v", len(h.sent[p.Track]), p.Track, err)
	}
	h.sent[p.Track] = append(h.sent[p.Track], p)
}

// run publishes n parts of each track, at the pace of the media.
func (h *bench) run(n, tracks int) {
	h.t.Helper()
	for range n {
		for track := range tracks {
			h.publish(h.part(segment.Track(track)))
		}
		time.Sleep(partLasts) // in a synctest bubble
	}
}

func (h *bench) name(track segment.Track, seq int) segment.Part {
	return segment.Part{Epoch: h.b.Epoch(), Track: track, Seq: uint64(seq)}
}

func (h *bench) get(p segment.Part) (string, error) {
	c, err := h.origin.Part(h.t.Context(), name, p)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

// media asks for a playlist.
func (h *bench) media(track segment.Track, r origin.Reload) (string, error) {
	text, err := h.origin.Media(h.t.Context(), name, track, r)
	return string(text), err
}

// records returns the signed records that facts told of, by track, and the certificates.
func (h *bench) records() (records map[segment.Track][][]byte, certificates [][]byte) {
	records = make(map[segment.Track][][]byte)
	for _, f := range h.facts.all() {
		switch f := f.(type) {
		case event.CertificateSigned:
			certificates = append(certificates, f.Certificate)
		case event.PartPublished:
			records[f.Part.Track] = append(records[f.Part.Track], f.Manifest)
		}
	}
	return records, certificates
}

// verify checks a track's records as a stranger would: signatures, chain, numbers, and the hashes of data.
func (h *bench) verify(records [][]byte, certificates [][]byte, data func(seq int) []byte) {
	h.t.Helper()
	var prev id.Digest
	for seq, record := range records {
		p := h.verifyOne(record, certificates)
		if p.Seq != uint64(seq) || p.Prev != prev || p.Channel != h.channel || p.Epoch != h.b.Epoch() {
			h.t.Fatalf("record %d: seq %d, prev %v; want prev %v", seq, p.Seq, p.Prev, prev)
		}
		prev = sha256.Sum256(record)
		if p.End {
			continue
		}
		bytes := data(seq)
		if int(p.Length) != len(bytes) {
			h.t.Fatalf("record %d speaks of %d bytes, the part has %d", seq, p.Length, len(bytes))
		}
		for i, hash := range p.Hashes {
			from := i * int(p.PieceSize)
			if sha256.Sum256(bytes[from:from+p.PieceLength(i)]) != hash {
				h.t.Fatalf("record %d: piece %d has another hash", seq, i)
			}
		}
	}
}

func (h *bench) verifyOne(record []byte, certificates [][]byte) *manifest.Part {
	h.t.Helper()
	for _, b := range certificates {
		c, err := sign.OpenCertificate(b, h.channel)
		if err != nil {
			h.t.Fatalf("a certificate does not verify: %v", err)
		}
		p, err := sign.OpenPart(record, c)
		if err == nil {
			if !c.ValidAt(p.WallMS, 0) {
				h.t.Fatalf("part %d was signed outside its certificate's time", p.Seq)
			}
			return p
		}
		if !errors.Is(err, sign.ErrSignature) {
			h.t.Fatalf("a record does not parse: %v", err)
		}
	}
	h.t.Fatal("a record was signed by no certified key")
	return nil
}

// later runs a request in the background and returns where its answer comes.
func later[T any](request func() (T, error)) <-chan answer[T] {
	c := make(chan answer[T], 1)
	go func() {
		v, err := request()
		c <- answer[T]{v, err}
	}()
	return c
}

type answer[T any] struct {
	value T
	err   error
}

// pending reports whether there is no answer yet. In a synctest bubble, after Wait.
func pending[T any](c <-chan answer[T]) bool { return len(c) == 0 }

// running starts the origin's Run and returns what stops it and waits.
func (h *bench) running() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.origin.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	}
}
