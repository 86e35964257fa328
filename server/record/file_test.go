package record

import (
	"encoding/binary"
	"testing"
)

func FuzzDecodeTime(f *testing.F) {
	part := []byte("\x00\x00\x00\x58moof\x00\x00\x00\x10mfhd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x40traf\x00\x00\x00\x14tfdt\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07")
	if at, size := decodeTime(part); size != 8 || binary.BigEndian.Uint64(part[at:]) != 7 {
		f.Errorf("%d bytes at %d of %q", size, at, part)
	}
	f.Add(part)
	f.Add([]byte("\x00\x00\x00\x00moof"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, size := decodeTime(b); at >= 0 && (at < 12 || at+size > len(b) || string(b[at-8:at-4]) != "tfdt") {
			t.Errorf("%d bytes at %d of %x", size, at, b)
		}
	})
}
