package upload

import (
	"encoding/binary"
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

// samplesMax bounds the samples of one fragment: it lasts a fifth of a second, but a file may say what it likes.
const samplesMax = 10_000

// found is a sample of a fragment.
type found struct {
	at     int64 // when it is decoded, in ticks of its track
	offset int32 // from then to when it is shown
	key    bool
	data   []byte
}

// run is what a fragment holds of one track.
type run struct {
	id      uint32
	samples []found
}

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

// children calls each with every box of a kind that lies in a box, without its head.
func children(box []byte, kind string, each func([]byte) error) error {
	for len(box) >= boxHead {
		size := binary.BigEndian.Uint32(box)
		if size < boxHead || uint64(size) > uint64(len(box)) {
			return fmt.Errorf("%w: a box of %d bytes", errFragment, size)
		}
		if string(box[4:boxHead]) == kind {
			if err := each(box[boxHead:size:size]); err != nil {
				return err
			}
		}
		box = box[size:]
	}
	return nil
}

// parseFragment reads a movie fragment: moof and mdat, each with its head. Offsets in it count from the moof's first byte.
func parseFragment(moof, mdat []byte) (runs []run, err error) {
	whole := append(moof[:len(moof):len(moof)], mdat...)
	err = children(moof[boxHead:], "traf", func(traf []byte) error {
		r, err := parseRun(traf, whole, len(moof)+boxHead)
		runs = append(runs, r)
		return err
	})
	return runs, err
}

// defaults are what a track's head says of all its samples.
type defaults struct{ id, lasts, size, flags uint32 }

// parseRun reads what a fragment holds of one track. No sample may begin before least.
func parseRun(traf, whole []byte, least int) (run, error) {
	var d defaults
	at := uint64(0)
	err := children(traf, "tfhd", func(box []byte) error {
		f := fields{left: box}
		flags := f.u32()
		d.id = f.u32()
		if flags&tfhdBaseOffset != 0 {
			return fmt.Errorf("%w: offsets in the whole file", errFragment)
		}
		f.when(flags&tfhdDescription != 0, 0)
		d.lasts = f.when(flags&tfhdDuration != 0, 0)
		d.size = f.when(flags&tfhdSize != 0, 0)
		d.flags = f.when(flags&tfhdFlags != 0, 0)
		return f.complete()
	})
	if err != nil {
		return run{}, err
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
	if err != nil || at > math.MaxInt64/4 {
		return run{}, fmt.Errorf("%w: its time", errFragment)
	}
	r := run{id: d.id}
	err = children(traf, "trun", func(box []byte) error { return r.take(box, d, int64(at), whole, least) })
	return r, err
}

func (f *fields) complete() error {
	if f.short {
		return fmt.Errorf("%w: a box is too short", errFragment)
	}
	return nil
}

// take adds the samples of a trun box.
func (r *run) take(box []byte, d defaults, at int64, whole []byte, least int) error {
	f := fields{left: box}
	flags, count := f.u32(), f.u32()
	from := int64(int32(f.when(flags&trunOffset != 0, 0)))
	first := f.when(flags&trunFirstFlags != 0, d.flags)
	if flags&trunOffset == 0 || count > samplesMax || len(r.samples) > 0 {
		return fmt.Errorf("%w: %d samples without an offset, or twice", errFragment, count)
	}
	for n := range count {
		lasts := f.when(flags&trunDuration != 0, d.lasts)
		size := int64(f.when(flags&trunSize != 0, d.size))
		kind := f.when(flags&trunFlags != 0, d.flags)
		offset := int32(f.when(flags&trunComposition != 0, 0))
		if n == 0 && flags&trunFlags == 0 {
			kind = first
		}
		if f.short || from < int64(least) || size == 0 || size > int64(len(whole))-from {
			return fmt.Errorf("%w: a sample lies outside", errFragment)
		}
		r.samples = append(r.samples, found{at: at, offset: offset, key: kind&sampleIsNotASync == 0, data: whole[from : from+size : from+size]})
		from += size
		at += int64(lasts)
	}
	return nil
}

// settle moves a track's first sample to where the second one follows it, but not by more than most ticks: ffmpeg has every track
// begin with the recording, and its first sample last until the second.
func (r *run) settle(most int64) {
	s := r.samples
	if len(s) < 3 {
		return
	}
	usual := s[2].at - s[1].at
	if later := s[1].at - s[0].at - usual; usual > 0 && later > 0 && later <= most {
		s[0].at += later
	}
}
