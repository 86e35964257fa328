package mend

import (
	"bytes"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// Parameter sets of x264 at 320x180, and a second PPS with number 1.
var (
	testSPS  = []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20}
	testPPS  = []byte{0x68, 0xce, 0x3c, 0x80} // ue(0) = 1
	otherPPS = []byte{0x68, 0x4e, 0x3c, 0x80} // ue(1) = 010
	idr      = []byte{0x65, 1, 2, 3}
	slice    = []byte{0x41, 4, 5}
	sei      = []byte{0x06, 9, 9}
	aud      = []byte{0x09, 0xf0}
)

func units(t *testing.T, f *nals, in ...[]byte) (out [][]byte, key bool) {
	t.Helper()
	data, key, err := f.unit(joinUnits(in))
	if err != nil {
		t.Fatal(err)
	}
	out, err = splitUnits(data, lengthSize)
	if err != nil {
		t.Fatal(err)
	}
	return out, key
}

func same(a [][]byte, b ...[]byte) bool {
	return bytes.Equal(joinUnits(a), joinUnits(b))
}

func TestParameterSetsInBand(t *testing.T) {
	f := newNALs(false)
	if _, key := units(t, f, aud, slice); key || f.codec() != nil {
		t.Error("a frame without parameters")
	}
	out, key := units(t, f, aud, testSPS, testPPS, sei, idr)
	if !key || !same(out, sei, idr) {
		t.Errorf("the key frame became %x", out)
	}
	first := f.codec()
	if c := first.(*codecs.H264); !bytes.Equal(c.SPS, testSPS) || !bytes.Equal(c.PPS, testPPS) {
		t.Errorf("codec %+v", c)
	}
	units(t, f, testSPS, testPPS, idr)
	if f.codec() != first {
		t.Error("the same parameters made another codec")
	}
	changed := bytes.Clone(testPPS)
	changed[3] = 0x90
	out, _ = units(t, f, changed, slice)
	if f.codec() != first || !same(out, changed, slice) {
		t.Errorf("parameters within a group must travel with their frame: %x", out)
	}
	out, _ = units(t, f, idr)
	if f.codec() == first || !same(out, idr) {
		t.Errorf("a key frame after changed parameters: %x", out)
	}
	if out, _ = units(t, f, slice); !same(out, slice) {
		t.Errorf("and after it: %x", out)
	}
}

func TestSeveralPictureParameterSets(t *testing.T) {
	f := newNALs(false)
	if err := f.configure(4, [][]byte{testSPS, testPPS, otherPPS}); err != nil {
		t.Fatal(err)
	}
	if c, ok := f.codec().(*codecs.H264); !ok || !bytes.Equal(c.PPS, testPPS) {
		t.Fatalf("codec %+v", f.codec())
	}
	for range 2 {
		if out, _ := units(t, f, idr); !same(out, otherPPS, idr) {
			t.Errorf("the second PPS is lost: %x", out)
		}
		if out, _ := units(t, f, slice); !same(out, slice) {
			t.Errorf("%x", out)
		}
	}
}

func TestShortLengths(t *testing.T) {
	for _, prefix := range []int{1, 2, 4} {
		f := newNALs(false)
		if err := f.configure(prefix, [][]byte{testSPS, testPPS}); err != nil {
			t.Fatal(err)
		}
		payload := append(make([]byte, prefix-1), byte(len(idr)))
		data, key, err := f.unit(append(payload, idr...))
		if err != nil || !key || !bytes.Equal(data, joinUnits([][]byte{idr})) {
			t.Errorf("lengths of %d bytes: %x, %v", prefix, data, err)
		}
	}
	if err := newNALs(false).configure(3, nil); err == nil {
		t.Error("lengths of 3 bytes were taken")
	}
}

func TestMalformedUnits(t *testing.T) {
	for name, b := range map[string][]byte{
		"cut length": {0, 0, 0}, "cut unit": {0, 0, 0, 9, 0x65}, "huge": {0xff, 0xff, 0xff, 0xff, 0x65},
		"cut SPS": {0, 0, 0, 1, 0x67}, "many": bytes.Repeat([]byte{0, 0, 0, 1, 0x41}, unitsMax+2),
	} {
		if _, _, err := newNALs(false).unit(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if data, _, err := newNALs(false).unit(joinUnits([][]byte{aud, sei})); data != nil || err != nil {
		t.Errorf("a unit that shows nothing became %x, %v", data, err)
	}
}

func FuzzUnit(f *testing.F) {
	f.Add(false, byte(4), joinUnits([][]byte{aud, testSPS, testPPS, otherPPS, idr}), joinUnits([][]byte{slice}))
	f.Add(true, byte(4), joinUnits([][]byte{{0x40, 1, 2}, {0x42, 1, 1, 1}, {0x44, 1, 0xc0}, {0x26, 1, 7}}), joinUnits([][]byte{{2, 1, 5}}))
	f.Add(false, byte(1), []byte{1, 0x65}, []byte{1, 0x41})
	f.Fuzz(func(t *testing.T, hevc bool, prefix byte, first, second []byte) {
		n := newNALs(hevc)
		if n.configure(int(prefix), nil) != nil {
			return
		}
		for _, payload := range [][]byte{first, second} {
			data, key, err := n.unit(payload)
			if err != nil {
				return
			}
			out, err := splitUnits(data, lengthSize)
			if err != nil {
				t.Fatalf("our own units do not parse: %v", err)
			}
			if key && len(out) == 0 {
				t.Fatal("a key frame without a unit")
			}
			for _, k := range n.main {
				if len(n.sets[k]) == 0 {
					t.Fatal("the codec names a parameter set that is not there")
				}
			}
		}
	})
}
