package caption_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"shoal/server/pack/caption"
	"shoal/server/pack/caption/captiontest"
)

// sample puts NAL units behind their lengths.
func sample(units ...[]byte) (b []byte) {
	for _, u := range units {
		b = binary.BigEndian.AppendUint32(b, uint32(len(u)))
		b = append(b, u...)
	}
	return b
}

var slice = []byte{0x65, 0x88, 0x84, 0x00}

func TestReadNamesTheLines(t *testing.T) {
	for line := 1; line <= 4; line++ {
		for _, hevc := range []bool{false, true} {
			var seen caption.Seen
			for _, p := range captiontest.PopOn(line, "Hello") {
				seen = seen.With(caption.Read(sample(captiontest.SEI(hevc, captiontest.Field(line), p, nil), slice), hevc))
			}
			if want := []string{[]string{"CC1", "CC2", "CC3", "CC4"}[line-1]}; !slices.Equal(seen.IDs(), want) {
				t.Errorf("line %d, H.265 %v: %v", line, hevc, seen.IDs())
			}
		}
	}
}

func TestReadNamesServices(t *testing.T) {
	text := []byte{0x03, 'H', 'i'}
	for service, want := range map[byte]string{1: "SERVICE1", 6: "SERVICE6", 7: "SERVICE7", 63: "SERVICE63"} {
		unit := captiontest.SEI(false, 0, captiontest.Pair{0x80, 0x80}, captiontest.Group(service, text))
		if ids := caption.Read(sample(unit, slice), false).IDs(); !slices.Equal(ids, []string{want}) {
			t.Errorf("service %d: %v", service, ids)
		}
	}
}

func TestWhatIsNoCaptionIsNone(t *testing.T) {
	padding := captiontest.SEI(false, 0, captiontest.Pair{0x80, 0x80}, nil)
	text := captiontest.SEI(false, 0, captiontest.PopOn(1, "Hello")[6], nil) // letters belong to whatever was chosen before
	split := captiontest.SEI(false, 0, captiontest.Pair{0x80, 0x80}, captiontest.Group(1, []byte{3, 'H', 'i'})[:2])
	rolled := captiontest.SEI(true, 0, captiontest.PopOn(1, "Hello")[0], nil)
	for name, unit := range map[string][]byte{
		"padding": padding, "letters alone": text, "half a group": split, "H.265's in H.264": rolled,
		"an encoder's name": append([]byte{6, 5, 20}, bytes.Repeat([]byte{'x'}, 20)...), "nothing": {6}, "a length beyond it": {6, 4, 200, 0xB5},
	} {
		if seen := caption.Read(sample(unit, slice), false); seen.Any() {
			t.Errorf("%s: %v", name, seen.IDs())
		}
	}
}

func TestNamesAreReadAsTheyAreWritten(t *testing.T) {
	want := caption.Seen{Lines: 0b1101, Services: 1<<1 | 1<<63}
	if got := caption.Parse(want.IDs()); got != want {
		t.Errorf("%v became %v", want, got)
	}
	if got := caption.Parse([]string{"CC5", "SERVICE0", "SERVICE64", "cc1", ""}); got.Any() {
		t.Errorf("%v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, p := range captiontest.PopOn(3, "Hi") {
		f.Add(sample(captiontest.SEI(false, 1, p, captiontest.Group(63, []byte{3, 'H', 'i'})), slice), false)
		f.Add(sample(captiontest.SEI(true, 1, p, nil), slice), true)
	}
	f.Add([]byte{0, 0, 0, 3, 6, 4, 0xFF}, false)
	f.Fuzz(func(t *testing.T, b []byte, hevc bool) {
		before := bytes.Clone(b)
		seen := caption.Read(b, hevc)
		if !bytes.Equal(b, before) {
			t.Error("the sample was changed")
		}
		if seen.Lines >= 1<<4 || seen.Services&1 != 0 || caption.Parse(seen.IDs()) != seen {
			t.Errorf("no such captions: %+v", seen)
		}
	})
}

func TestWhatIsWrittenIsSaid(t *testing.T) {
	var stream []byte
	for range 60 {
		stream = append(stream, 0, 0, 0, 1, 0x65, 0x88, 0x84)
	}
	written := captiontest.Insert(stream, false, 3, captiontest.PopOn(3, "The tide comes in"), 30)
	if said := captiontest.Said(written, 1); !slices.Equal(said, []string{"The tide comes in", "The tide comes in"}) {
		t.Errorf("%q", said)
	}
	if said := captiontest.Said(written, 0); said != nil {
		t.Errorf("in the other field: %q", said)
	}
}
