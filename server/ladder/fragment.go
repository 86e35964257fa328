package ladder

import (
	"encoding/binary"
	"errors"
	"math"
)

// Flags of ISO/IEC 14496-12, 8.8.7 and 8.8.8.
const (
	tfhdBaseOffset   = 0x000001
	tfhdDescription  = 0x000002
	tfhdDuration     = 0x000008
	tfhdSize         = 0x000010
	tfhdFlags        = 0x000020
	trunOffset       = 0x000001
	trunFirstFlags   = 0x000004
	trunDuration     = 0x000100
	trunSize         = 0x000200
	trunFlags        = 0x000400
	trunComposition  = 0x000800
	sampleIsNotASync = 0x00010000
)

var errFrame = errors.New("the worker wrote a fragment that is not one frame")

// fields reads a box's numbers in order. What is missing reads as zero and is noted.
type fields struct {
	left  []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if len(f.left) < n {
		f.short, f.left = true, nil
		return make([]byte, n)
	}
	b := f.left[:n]
	f.left = f.left[n:]
	return b
}

func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.take(8)) }

// when takes a number if a flag is set.
func (f *fields) when(set bool, otherwise uint32) uint32 {
	if !set {
		return otherwise
	}
	return f.u32()
}

// child is the first box of a kind in a box, without its head; nil if there is none.
func child(box []byte, kind string) []byte {
	const head = 8
	for len(box) >= head {
		size := binary.BigEndian.Uint32(box)
		if size < head || uint64(size) > uint64(len(box)) {
			return nil
		}
		if string(box[4:head]) == kind {
			return box[head:size:size]
		}
		box = box[size:]
	}
	return nil
}

// parseFrame reads a movie fragment of one frame: moof and mdat, each with its head.
func parseFrame(moof, mdat []byte) (made, error) {
	traf := child(child(moof, "moof"), "traf")
	tfhd, tfdt, trun := fields{left: child(traf, "tfhd")}, fields{left: child(traf, "tfdt")}, fields{left: child(traf, "trun")}

	flags := tfhd.u32()
	tfhd.u32() // track
	if flags&tfhdBaseOffset != 0 {
		tfhd.u64()
	}
	tfhd.when(flags&tfhdDescription != 0, 0)
	tfhd.when(flags&tfhdDuration != 0, 0)
	size := tfhd.when(flags&tfhdSize != 0, 0)
	kind := tfhd.when(flags&tfhdFlags != 0, 0)

	at := uint64(0)
	if version := tfdt.u32() >> 24; version == 0 {
		at = uint64(tfdt.u32())
	} else {
		at = tfdt.u64()
	}

	flags = trun.u32()
	count := trun.u32()
	trun.when(flags&trunOffset != 0, 0)
	kind = trun.when(flags&trunFirstFlags != 0, kind)
	trun.when(flags&trunDuration != 0, 0)
	size = trun.when(flags&trunSize != 0, size)
	kind = trun.when(flags&trunFlags != 0, kind)
	offset := int32(trun.when(flags&trunComposition != 0, 0))

	data := child(mdat, "mdat")
	if tfhd.short || tfdt.short || trun.short || count != 1 || len(data) == 0 || uint32(len(data)) != size || at > math.MaxInt64/2 {
		return made{}, errFrame
	}
	return made{at: int64(at) + int64(offset), key: kind&sampleIsNotASync == 0, data: data}, nil
}
