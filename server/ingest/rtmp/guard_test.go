package rtmp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// halves is a ReadWriter of which only the reading half matters. It gives bytes in odd portions.
type halves struct {
	b []byte
	n int
}

func (h *halves) Read(p []byte) (int, error) {
	if len(h.b) == 0 {
		return 0, io.EOF
	}
	h.n = h.n%7 + 1
	n := copy(p, h.b[:min(len(h.b), h.n*h.n)])
	h.b = h.b[n:]
	return n, nil
}

func (h *halves) Write(p []byte) (int, error) { return len(p), nil }

// chunks is a chunk stream as gortmplib writes it.
func chunks(t testing.TB, messages ...*rawmessage.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	count := bytecounter.NewWriter(&b)
	w := rawmessage.NewWriter(count, count, false)
	for _, m := range messages {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if m.Type == typeSetChunkSize {
			w.SetChunkSize(uint32(bits32(m.Body)))
		}
	}
	return b.Bytes()
}

func guarded(b []byte, admitted bool) *guard {
	g := newGuard(&halves{b: b})
	g.greeted, g.handshake, g.admitted = true, 0, admitted
	return g
}

// readAll reads messages through a guard as gortmplib does.
func readAll(g *guard) (got []*rawmessage.Message, err error) {
	count := bytecounter.NewReader(g)
	r := rawmessage.NewReader(count, count, func(uint32) error { return nil })
	for {
		m, err := r.Read()
		if err != nil {
			return got, err
		}
		if m.Type == typeSetChunkSize && len(m.Body) == 4 {
			if err := r.SetChunkSize(uint32(bits32(m.Body))); err != nil {
				return got, err
			}
		}
		if m.Type == typeAbort && len(m.Body) == 4 {
			r.AbortChunkStream(uint32(bits32(m.Body)))
		}
		got = append(got, m)
	}
}

func sample(kind uint8, size int) *rawmessage.Message {
	return &rawmessage.Message{ChunkStreamID: 6, MessageStreamID: messageStream, Type: kind, Body: bytes.Repeat([]byte{0xc3}, size)}
}

func TestGuardLetsStreamsThrough(t *testing.T) {
	in := []*rawmessage.Message{
		{ChunkStreamID: 2, Type: typeSetChunkSize, Body: []byte{0, 0, 0x10, 0}},
		sample(typePicture, 300_000), sample(typeSound, 40), sample(typePicture, 4096), sample(20, 0), sample(typePicture, 4097),
	}
	in[3].Timestamp = 0x1FFFFFF * 1e6 // over 24 bits: the header is longer
	in[5].Timestamp = 0x2FFFFFF * 1e6
	got, err := readAll(guarded(chunks(t, in...), true))
	if !errors.Is(err, io.EOF) || len(got) != len(in) {
		t.Fatalf("%d messages of %d: %v", len(got), len(in), err)
	}
	for i := range in {
		if got[i].Type != in[i].Type || !bytes.Equal(got[i].Body, in[i].Body) {
			t.Errorf("message %d is another", i)
		}
	}
}

func TestGuardRefuses(t *testing.T) {
	deep := append([]byte{0x03, 0, 0, 0}, 0x0f, 0xff, 0xff, 20, 0, 0, 0, 0) // a command of 1 MB
	for name, c := range map[string]struct {
		b        []byte
		admitted bool
		want     string
	}{
		"a huge command":           {deep, true, "the most is"},
		"a stranger's picture":     {chunks(t, sample(typePicture, 100_000)), false, "the most is"},
		"a stranger's flood":       {chunks(t, sample(20, 60_000), sample(20, 60_000), sample(20, 60_000)), false, "without a stream key"},
		"a picture over a part":    {chunks(t, sample(typePicture, pictureMax+1)), true, "the most is"},
		"tiny chunks":              {chunks(t, &rawmessage.Message{ChunkStreamID: 2, Type: typeSetChunkSize, Body: []byte{0, 0, 0, 1}}), true, "chunk size of 1"},
		"huge chunks":              {chunks(t, &rawmessage.Message{ChunkStreamID: 2, Type: typeSetChunkSize, Body: []byte{0x7f, 0, 0, 1}}), true, "chunk size"},
		"a large stream number":    {[]byte{0x00, 0x10}, true, "chunk stream number"},
		"many unfinished messages": {unfinished(), true, "unfinished"},
	} {
		_, err := readAll(guarded(c.b, c.admitted))
		var r *refusal
		if !errors.As(err, &r) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// unfinished begins a picture on each of many chunk streams.
func unfinished() []byte {
	const size = 1 << 20
	b := []byte{0x02, 0, 0, 0, 0, 0, 4, typeSetChunkSize, 0, 0, 0, 0, size >> 24, size >> 16 & 0xFF, size >> 8 & 0xFF, size & 0xFF}
	for number := byte(3); number < 20; number++ {
		b = append(b, number, 0, 0, 0, 0x20, 0, 0, typePicture, 0, 0, 0, 0)
		b = append(b, make([]byte, size)...)
	}
	return b
}

// FuzzGuard reads the same bytes as gortmplib does behind the guard: neither may take what the bounds forbid.
func FuzzGuard(f *testing.F) {
	f.Add(true, chunks(f, sample(typePicture, 300), sample(typeSound, 5), sample(20, 129)))
	f.Add(true, chunks(f, &rawmessage.Message{ChunkStreamID: 2, Type: typeSetChunkSize, Body: []byte{0, 0, 0x10, 0}}, sample(typePicture, 5000)))
	f.Add(false, []byte{0x03, 0xff, 0xff, 0xff, 0, 0, 1, 20, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0xc3, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, admitted bool, b []byte) {
		g := guarded(b, admitted)
		got, _ := readAll(g) // any error ends a connection
		for _, m := range got {
			if len(m.Body) > g.lengthMax(m.Type) {
				t.Fatalf("a message of type %d with %d bytes came through", m.Type, len(m.Body))
			}
		}
		if g.pending < 0 || g.pending > unfinishedMax+len(b) {
			t.Fatalf("%d bytes are said to be unfinished", g.pending)
		}
	})
}
