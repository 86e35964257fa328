package wire

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestJoinedGolden(t *testing.T) {
	messages := [][]byte{Append(nil, Unsub{0x8000}), append(AppendPieceHeader(nil, part, 7), "abc"...)}
	want := golden(t, "joined.hex")
	if b := AppendJoined(nil, messages...); !bytes.Equal(b, want) {
		t.Errorf("JOINED is %x", b)
	}
	if got, err := Split(want); err != nil || !slices.EqualFunc(got, messages, bytes.Equal) {
		t.Errorf("JOINED reads as %x, %v", got, err)
	}
}

func TestSplitRefuses(t *testing.T) {
	b := golden(t, "joined.hex")
	for name, b := range map[string][]byte{
		"empty":                 nil,
		"another type":          golden(t, "piece.hex"),
		"nothing in it":         {TypeJoined},
		"one message":           {TypeJoined, 0, 3, TypeUnsub, 0x80, 0},
		"an empty one":          {TypeJoined, 0, 1, TypeBye, 0, 0, 0, 1, TypeBye},
		"a last one of nothing": {TypeJoined, 0, 1, TypeBye, 0, 1, TypeBye, 0, 0},
		"a JOINED in it":        append([]byte{TypeJoined, 0, 1, TypeBye, 0, byte(len(b))}, b...),
		"cut short":             b[:len(b)-1],
		"with a tail":           append(bytes.Clone(b), 0),
		"too many":              append([]byte{TypeJoined}, bytes.Repeat([]byte{0, 1, TypeBye}, JoinedMost+1)...),
		"too long":              append([]byte{TypeJoined, 0, 1, TypeBye, 0x40, 0x20}, make([]byte, 0x4020)...),
	} {
		if m, err := Split(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %x, %v, want ErrMalformed", name, m, err)
		}
	}
	full := append([]byte{TypeJoined, 0, 1, TypeBye, 0x3f, 0xee}, bytes.Repeat([]byte{TypeBye}, 0x3fee)...)
	if m, err := Split(full); err != nil || len(m) != 2 || len(full) > MessageMax {
		t.Errorf("a long JOINED of %d bytes: %d messages, %v", len(full), len(m), err)
	}
}

func FuzzSplit(f *testing.F) {
	for _, name := range []string{"joined", "bye", "piece"} {
		f.Add(golden(f, name+".hex"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		messages, err := Split(b)
		if err != nil {
			return
		}
		if len(messages) < 2 || len(messages) > JoinedMost {
			t.Errorf("%x holds %d messages", b, len(messages))
		}
		if !bytes.Equal(AppendJoined(nil, messages...), b) {
			t.Errorf("%x has a second spelling", b)
		}
	})
}
