package boxes

import (
	"fmt"
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

// SamplesMax bounds the samples of a track in one fragment: ffmpeg is told to end it after a fifth of a second, but a file may say what it
// likes.
const SamplesMax = 10_000

// timeMax bounds the times of samples, so that whoever reckons with them cannot overflow.
const timeMax = math.MaxInt64 / 4

// Sample is a sample of a fragment.
type Sample struct {
	At     int64 // when it is decoded, in ticks of its track
	Offset int32 // from then to when it is shown
	Key    bool
	Data   []byte // within mdat
}

// Run is what a fragment holds of one track, named by its id in the description.
type Run struct {
	ID      uint32
	Samples []Sample
}

// Fragment reads a movie fragment: moof and mdat, each with its head. Offsets in it count from the moof's first byte.
func Fragment(moof, mdat []byte) (runs []Run, err error) {
	if len(moof) < Head || len(mdat) < Head {
		return nil, fmt.Errorf("%w: a box is too short", ErrMalformed)
	}
	err = children(moof[Head:], "traf", func(traf []byte) error {
		r, err := readRun(traf, mdat, len(moof))
		runs = append(runs, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// defaults are what a track's head says of all its samples.
type defaults struct{ id, lasts, size, flags uint32 }

// readRun reads what a fragment holds of one track. Its offsets count from so many bytes before mdat.
func readRun(traf, mdat []byte, before int) (Run, error) {
	var d defaults
	at := uint64(0)
	err := children(traf, "tfhd", func(box []byte) error {
		f := fields{left: box}
		flags := f.u32()
		d.id = f.u32()
		if flags&tfhdBaseOffset != 0 {
			return fmt.Errorf("%w: offsets in the whole file", ErrMalformed)
		}
		f.when(flags&tfhdDescription != 0, 0)
		d.lasts = f.when(flags&tfhdDuration != 0, 0)
		d.size = f.when(flags&tfhdSize != 0, 0)
		d.flags = f.when(flags&tfhdFlags != 0, 0)
		return f.complete()
	})
	if err != nil {
		return Run{}, err
	}
	err = children(traf, "tfdt", func(box []byte) error {
		f := fields{left: box}
		if version := f.u32() >> 24; version == 0 {
			at = uint64(f.u32())
		} else {
			at = f.u64()
		}
		return f.complete()
	})
	if err != nil || at > timeMax {
		return Run{}, fmt.Errorf("%w: its time", ErrMalformed)
	}
	r := Run{ID: d.id}
	err = children(traf, "trun", func(box []byte) error { return r.take(box, d, int64(at), mdat, before) })
	return r, err
}

// take adds the samples of a trun box.
func (r *Run) take(box []byte, d defaults, at int64, mdat []byte, before int) error {
	f := fields{left: box}
	flags, count := f.u32(), f.u32()
	from := int64(int32(f.when(flags&trunOffset != 0, 0))) - int64(before)
	first := f.when(flags&trunFirstFlags != 0, d.flags)
	if flags&trunOffset == 0 || count > SamplesMax || len(r.Samples) > 0 {
		return fmt.Errorf("%w: %d samples without an offset, or twice", ErrMalformed, count)
	}
	for n := range count {
		lasts := f.when(flags&trunDuration != 0, d.lasts)
		size := int64(f.when(flags&trunSize != 0, d.size))
		kind := f.when(flags&trunFlags != 0, d.flags)
		offset := int32(f.when(flags&trunComposition != 0, 0))
		if n == 0 && flags&trunFlags == 0 {
			kind = first
		}
		if f.short || from < Head || size == 0 || size > int64(len(mdat))-from {
			return fmt.Errorf("%w: a sample lies outside", ErrMalformed)
		}
		r.Samples = append(r.Samples, Sample{At: at, Offset: offset, Key: kind&sampleIsNotASync == 0, Data: mdat[from : from+size : from+size]})
		from += size
		at += int64(lasts)
	}
	return nil
}
