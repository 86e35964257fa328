package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shoal/manifest"
	"shoal/segment"
)

// golden reads a file of hexadecimal lines; lines that start with '#' say which field of doc.go follows.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		field, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, field...)
	}
	return b
}

func set(pieces ...int) (b Bitmap) {
	for _, i := range pieces {
		b.Set(i)
	}
	return b
}

var part = segment.Part{Epoch: 0x0102030405060708, Track: 3, Seq: 0x1112131415161718}

// TestGolden holds the code to the layouts in doc.go: the files were written from those, not by this code.
func TestGolden(t *testing.T) {
	pieces := set(0, 2, 9, 17)
	for name, m := range map[string]Message{
		"hello.hex": Hello{Version: 1, Stripes: 16}, "helloechoes.hex": Hello{Version: 1, Stripes: 16, Echoes: true},
		"hellojoins.hex": Hello{Version: 1, Stripes: 16, Echoes: true, Joins: true},
		"probe.hex":      Probe{0x01020304}, "echo.hex": Echo{0x01020304, 0xf1f2f3f4}, "have.hex": Have{part, pieces}, "want.hex": Want{part, pieces},
		"cancel.hex": Cancel{part, pieces}, "busy.hex": Busy{part, pieces}, "manifest.hex": Manifest{[]byte("xyz")}, "bye.hex": Bye{}, "lack.hex": Lack{part},
		"state.hex": State{
			QueueMS: 0x0102, Free: 3, Slots: 0x0405, Primary: 0x8001,
			Depth:  [segment.Stripes]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, DepthNone},
			Delay:  [segment.Stripes]uint8{6, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 255},
			Root:   [segment.Stripes]uint8{0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0},
			Tracks: 0x85,
		},
		"sub.hex": Sub{Stripes: 0x00ff, Relays: 0x0f0f, Capacity: 21}, "subok.hex": SubOK{0x00ff}, "subno.hex": SubNo{0xff00}, "unsub.hex": Unsub{0x8000},
	} {
		want := golden(t, name)
		if b := Append(nil, m); !bytes.Equal(b, want) {
			t.Errorf("%s: Append = %x", name, b)
		}
		if got, err := Parse(want); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: Parse = %+v, %v", name, got, err)
		}
	}
	want := golden(t, "piece.hex")
	if b := append(AppendPieceHeader(nil, part, 7), "abc"...); !bytes.Equal(b, want) {
		t.Errorf("PIECE is %x", b)
	}
	if p, i, data, err := ParsePiece(want); err != nil || p != part || i != 7 || string(data) != "abc" {
		t.Errorf("PIECE reads as %v %d %q, %v", p, i, data, err)
	}
}

func TestParseRefuses(t *testing.T) {
	have := golden(t, "have.hex")
	edit := func(at int, v byte) []byte {
		b := bytes.Clone(have)
		b[at] = v
		return b
	}
	for name, b := range map[string][]byte{
		"empty":                nil,
		"type 0":               {0},
		"type 10":              {10},
		"PIECE":                golden(t, "piece.hex"),
		"short HELLO":          {TypeHello, 0, 1},
		"long HELLO":           {TypeHello, 0, 1, 16, 0},
		"BYE with more":        {TypeBye, 0},
		"empty MANIFEST":       {TypeManifest},
		"large MANIFEST":       append([]byte{TypeManifest}, make([]byte, manifest.PartSizeMax+1)...),
		"HAVE without bitmap":  have[:1+partSize],
		"HAVE of nothing":      append(bytes.Clone(have[:1+partSize]), 0),
		"bitmap cut short":     have[:len(have)-1],
		"bitmap with a tail":   append(bytes.Clone(have), 1),
		"bitmap ends in zero":  edit(len(have)-1, 0),
		"bitmap beyond 256":    append(append(bytes.Clone(have[:1+partSize]), 33), bytes.Repeat([]byte{1}, 33)...),
		"track out of bounds":  edit(9, segment.TracksMax),
		"short LACK":           golden(t, "lack.hex")[:partSize],
		"long LACK":            append(golden(t, "lack.hex"), 0),
		"LACK of no track":     append([]byte{TypeLack}, edit(9, segment.TracksMax)[1:1+partSize]...),
		"JOINED":               golden(t, "joined.hex"),
		"short PROBE":          {TypeProbe, 0, 1, 2},
		"long PROBE":           {TypeProbe, 0, 1, 2, 3, 4},
		"short ECHO":           {TypeEcho, 0, 1, 2, 3, 4, 5, 6},
		"longer than messages": make([]byte, MessageMax+1),
	} {
		if m, err := Parse(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v, want ErrMalformed", name, m, err)
		}
	}
}

func TestParsePieceRefuses(t *testing.T) {
	b := golden(t, "piece.hex")
	edit := func(at int, v byte) []byte {
		b := bytes.Clone(b)
		b[at] = v
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "no bytes": b[:PieceHeaderSize], "HAVE": golden(t, "have.hex"), "another type": edit(0, TypeHave),
		"track": edit(9, segment.TracksMax), "piece 256": edit(18, 1), "too long": append(bytes.Clone(b), make([]byte, MessageMax)...),
	} {
		if _, _, _, err := ParsePiece(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	full := append(AppendPieceHeader(nil, part, segment.PiecesMax-1), make([]byte, segment.PieceSizeMax)...)
	if _, _, data, err := ParsePiece(full); err != nil || len(data) != segment.PieceSizeMax || len(full) != MessageMax {
		t.Errorf("the largest piece: %d bytes, %v", len(data), err)
	}
}

func drawBitmap(t *rapid.T, label string) Bitmap {
	return set(rapid.SliceOfN(rapid.IntRange(0, segment.PiecesMax-1), 1, 40).Draw(t, label)...)
}

func TestMessagesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := segment.Part{
			Epoch: rapid.Uint64().Draw(t, "epoch"), Seq: rapid.Uint64().Draw(t, "seq"),
			Track: segment.Track(rapid.IntRange(0, segment.TracksMax-1).Draw(t, "track")),
		}
		pieces := drawBitmap(t, "pieces")
		for _, m := range []Message{
			Hello{rapid.Uint16().Draw(t, "version"), rapid.Uint8Max(63).Draw(t, "stripes"), rapid.Bool().Draw(t, "echoes"), rapid.Bool().Draw(t, "joins")}, Have{p, pieces}, Want{p, pieces}, Cancel{p, pieces},
			Busy{p, pieces}, Manifest{rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "record")}, Bye{}, Lack{p},
			Probe{rapid.Uint32().Draw(t, "clock")}, Echo{rapid.Uint32().Draw(t, "asked"), rapid.Uint32().Draw(t, "came")},
		} {
			b := Append(nil, m)
			if got, err := Parse(b); err != nil || !reflect.DeepEqual(got, m) {
				t.Fatalf("%+v reads as %+v, %v", m, got, err)
			}
		}
	})
}

func TestBitmapIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawBitmap(t, "a"), drawBitmap(t, "b")
		last, n := -1, 0
		for i := range segment.PiecesMax {
			if a.Union(b).Has(i) != (a.Has(i) || b.Has(i)) || a.Minus(b).Has(i) != (a.Has(i) && !b.Has(i)) ||
				a.Both(b).Has(i) != (a.Has(i) && b.Has(i)) {
				t.Fatalf("piece %d", i)
			}
			if a.Has(i) {
				if a.Next(last+1) != i {
					t.Fatalf("Next(%d) = %d, want %d", last+1, a.Next(last+1), i)
				}
				last, n = i, n+1
			}
		}
		if a.Last() != last || a.Count() != n || a.Next(last+1) != -1 || a.Empty() {
			t.Fatalf("Last %d, Count %d, Next %d", a.Last(), a.Count(), a.Next(last+1))
		}
		c := a
		c.Clear(last)
		if c.Has(last) || c.Count() != n-1 {
			t.Fatal("Clear")
		}
	})
	for _, n := range []int{0, 1, 63, 64, 65, 255, 256} {
		if f := Full(n); f.Count() != n || f.Last() != n-1 || f.Empty() != (n == 0) {
			t.Errorf("Full(%d) holds %d, last %d", n, f.Count(), f.Last())
		}
	}
	if (Bitmap{}).Next(0) != -1 || Full(256).Next(256) != -1 {
		t.Error("Next beyond the end")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"hello", "have", "want", "cancel", "busy", "manifest", "bye", "lack", "state", "sub", "subok", "subno", "unsub", "probe", "echo", "helloechoes", "hellojoins", "joined", "piece"} {
		f.Add(golden(f, name+".hex"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Parse(b); err == nil && !bytes.Equal(Append(nil, m), b) {
			t.Errorf("%x has a second spelling", b)
		}
	})
}

func FuzzParsePiece(f *testing.F) {
	f.Add(golden(f, "piece.hex"))
	f.Add(golden(f, "have.hex"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, i, data, err := ParsePiece(b)
		if err != nil {
			return
		}
		if len(data) == 0 || len(data) > segment.PieceSizeMax || i >= segment.PiecesMax || p.Track >= segment.TracksMax {
			t.Errorf("%x: piece %d of %v, %d bytes", b, i, p, len(data))
		}
		if !bytes.Equal(append(AppendPieceHeader(nil, p, i), data...), b) {
			t.Errorf("%x has a second spelling", b)
		}
	})
}
