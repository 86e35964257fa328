package rules

import (
	"crypto/sha256"
	"encoding/binary"
)

// run is the samples of one track in one fragment.
type run struct {
	id       uint32
	timed    bool // there is a tfdt
	base     uint64
	relative bool // addresses are relative to the movie fragment
	samples  []sample
}

// sample is one access unit, in ticks.
type sample struct {
	at       uint64 // decoded
	duration uint32
	offset   int32 // shown so much later
	sync     bool
	size     int
	sum      [32]byte
	intra    bool // it is a picture of which nothing else is needed, by its own bytes
}

// samplesMax bounds the samples that are read of one run.
const samplesMax = 100_000

// readRuns reads the fragments of a part or segment. first is its initialization section.
func readRuns(b []byte, first *initial) ([]run, error) {
	top, err := readBoxes(b, 0)
	if err != nil {
		return nil, err
	}
	var out []run
	for _, moof := range inside(top, "moof") {
		children, _ := readBoxes(moof.body, moof.at+8)
		for _, traf := range inside(children, "traf") {
			boxes, err := readBoxes(traf.body, 0)
			if err != nil {
				return out, err
			}
			out = append(out, readRun(boxes, b, moof.at, first))
		}
	}
	if len(out) == 0 {
		return nil, errBoxes
	}
	return out, nil
}

func readRun(boxes []box, all []byte, moof int, first *initial) run {
	var out run
	var like usual
	known := &track{}
	for _, h := range inside(boxes, "tfhd") {
		r := reader{b: h.body}
		_, flags := r.flags()
		out.id = r.u32()
		out.relative = flags&0x020000 != 0 || flags&1 == 0
		if t := first.track(out.id); t != nil {
			known, like = t, t.usual
		}
		for _, f := range []struct {
			flag uint32
			to   *uint32
		}{{8, &like.duration}, {16, &like.size}, {32, &like.flags}} {
			if f.flag == 8 && flags&1 != 0 {
				r.u64()
			}
			if f.flag == 8 && flags&2 != 0 {
				r.u32()
			}
			if flags&f.flag != 0 {
				*f.to = r.u32()
			}
		}
	}
	for _, d := range inside(boxes, "tfdt") {
		r := reader{b: d.body}
		version, _ := r.flags()
		out.timed, out.base = true, r.sized(version)
	}
	at := out.base
	for _, t := range inside(boxes, "trun") {
		out.samples = append(out.samples, readTrun(t.body, all, moof, like, known, &at)...)
	}
	return out
}

func readTrun(b, all []byte, moof int, like usual, known *track, at *uint64) []sample {
	r := reader{b: b}
	version, flags := r.flags()
	count := min(r.u32(), samplesMax)
	from := moof
	if flags&1 != 0 {
		from += int(int32(r.u32()))
	}
	firstFlags, hasFirst := uint32(0), flags&4 != 0
	if hasFirst {
		firstFlags = r.u32()
	}
	var out []sample
	for n := uint32(0); n < count && !r.short; n++ {
		one := like
		s := sample{at: *at}
		for _, f := range []struct {
			flag uint32
			to   *uint32
		}{{0x100, &one.duration}, {0x200, &one.size}, {0x400, &one.flags}} {
			if flags&f.flag != 0 {
				*f.to = r.u32()
			}
		}
		if n == 0 && hasFirst {
			one.flags = firstFlags
		}
		if flags&0x800 != 0 {
			s.offset = int32(r.u32())
			if version == 0 {
				s.offset = max(0, s.offset)
			}
		}
		if r.short {
			break
		}
		const notSync = 0x10000
		s.duration, s.size, s.sync = one.duration, int(one.size), one.flags&notSync == 0
		if data, ok := slice(all, from, s.size); ok {
			s.sum, s.intra = sha256.Sum256(data), intra(data, known.entry, s.sync)
		}
		from += s.size
		*at += uint64(s.duration)
		out = append(out, s)
	}
	return out
}

func slice(b []byte, from, size int) ([]byte, bool) {
	if from < 0 || size < 0 || from > len(b) || size > len(b)-from {
		return nil, false
	}
	return b[from : from+size], true
}

// intra reports whether a sample can be decoded alone: of H.264 and HEVC, that it holds an IDR or CRA picture; of others, that it is
// marked so.
func intra(data []byte, entry string, sync bool) bool {
	hevc := entry == "hvc1" || entry == "hev1"
	if !hevc && entry != "avc1" && entry != "avc3" {
		return sync
	}
	for len(data) > 4 {
		size := binary.BigEndian.Uint32(data)
		data = data[4:]
		if size == 0 || uint64(size) > uint64(len(data)) {
			return false
		}
		if kind := data[0] >> 1 & 63; hevc && kind >= 16 && kind <= 21 || !hevc && data[0]&31 == 5 {
			return true
		}
		data = data[size:]
	}
	return false
}
