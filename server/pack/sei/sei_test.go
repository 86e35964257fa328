package sei_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"shoal/server/pack/sei"
	"shoal/server/pack/sei/seitest"
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

func TestEncodersSayTheirKeyInterval(t *testing.T) {
	whole := seitest.X264(250)
	for name, c := range map[string]struct {
		unit []byte
		hevc bool
		want int
	}{
		"x264": {whole, false, 250}, "x265": {seitest.X265(77), true, 77},
		"behind other messages": {append([]byte{6, 1, 1, 0}, whole[1:]...), false, 250},
		"infinite":              {bytes.Replace(seitest.X264(25_000_000), []byte("25000000"), []byte("infinite"), 1), false, sei.KeyIntervalMax},
		"more than there are":   {seitest.X264(1 << 40), false, sei.KeyIntervalMax},
		"as H.265":              {whole, true, 0}, "none": {seitest.X264(0), false, 0}, "no number": {bytes.Replace(whole, []byte("=250"), []byte("=-50"), 1), false, 0},
		"another owner": {bytes.Replace(whole, []byte{0xdc, 0x45}, []byte{0xdc, 0x46}, 1), false, 0},
		"broken off":    {whole[:100], false, 0}, "only the least": {bytes.Replace(whole, []byte(" keyint="), []byte(" keyink="), 1), false, 0},
	} {
		if got := sei.KeyInterval(sample([]byte{9, 0x10}, c.unit, slice), c.hevc); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// Bytes that keep a start code from standing in a unit are no part of what it says.
func TestEscapesAreTakenOut(t *testing.T) {
	var got []byte
	sei.Read(sample([]byte{6, 5, 6, 0, 0, 3, 1, 0, 0, 3, 2, 0x80}), false, func(kind int, body []byte) { got = append([]byte{byte(kind)}, body...) })
	if want := []byte{5, 0, 0, 1, 0, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func FuzzKeyInterval(f *testing.F) {
	f.Add(sample(seitest.X264(250), slice), false)
	f.Add(sample(seitest.X265(77), slice), true)
	f.Add([]byte{0, 0, 0, 3, 6, 5, 0xFF}, false)
	f.Fuzz(func(t *testing.T, b []byte, hevc bool) {
		before := bytes.Clone(b)
		if n := sei.KeyInterval(b, hevc); n < 0 || n > sei.KeyIntervalMax {
			t.Errorf("%d pictures", n)
		}
		if !bytes.Equal(b, before) {
			t.Error("the sample was changed")
		}
	})
}
