package record

import (
	"cmp"
	"slices"
	"time"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
	"shoal/server/pack"
)

// initsMax bounds the init segments of a recording: a publisher whose parameters change more often gets a new one each time, and
// the recording goes on without what needs them.
const initsMax = 1024

// place is where a part stands: 64 bytes, so that half a day of two tracks takes 12 MB.
type place struct {
	at       int64 // of the record in its spool
	seq, msn uint64
	wallMS   int64
	startUS  int64
	spool    uint32
	data     uint32 // bytes of the part
	lasts    uint32 // us
	record   uint16 // bytes of the record
	index    uint16 // in its segment
	init     uint16 // in index.inits
	flags    uint8
}

const (
	flagIndependent uint8 = 1 << iota
	flagDiscontinuity
)

// index says where everything of a recording stands.
type index struct {
	tracks       [segment.TracksMax]trackIndex
	inits        []initSegment
	certificates [][]byte
	bytes        int64 // of parts
}

type initSegment struct {
	sum  id.Digest
	data []byte
}

// trackIndex is one track: its parts by seq, of which some may be missing.
type trackIndex struct {
	parts           []place
	end             []byte // the end record, if the track was closed
	discontinuities uint64 // trimmed away
}

func (x *index) knowsCertificate(record []byte) bool {
	return slices.ContainsFunc(x.certificates, func(known []byte) bool { return string(known) == string(record) })
}

// init returns the number of an init segment.
func (x *index) init(sum id.Digest) (n int, known bool) {
	n = slices.IndexFunc(x.inits, func(i initSegment) bool { return i.sum == sum })
	return n, n >= 0
}

// add takes note of a part. It returns false for one that is known, or whose init segment is not.
func (x *index) add(p *manifest.Part, spool uint32, at int64, recordSize int) bool {
	t := &x.tracks[p.Track]
	if n := len(t.parts); n > 0 && t.parts[n-1].seq >= p.Seq {
		return false // only what is newer is ever appended
	}
	init, known := x.init(p.Init)
	if !known {
		return false
	}
	w := place{
		at: at, spool: spool, record: uint16(recordSize), data: p.Length, seq: p.Seq, msn: p.MSN, index: p.Index,
		init: uint16(init), wallMS: int64(p.WallMS), startUS: int64(p.StartUS), lasts: p.DurationUS,
	}
	if p.Independent {
		w.flags |= flagIndependent
	}
	if p.Discontinuity {
		w.flags |= flagDiscontinuity
	}
	t.parts = append(t.parts, w)
	x.bytes += int64(p.Length)
	return true
}

// trim forgets what stands in spools before this one.
func (x *index) trim(spool uint32) {
	for n := range x.tracks {
		t := &x.tracks[n]
		gone := 0
		for gone < len(t.parts) && t.parts[gone].spool < spool {
			x.bytes -= int64(t.parts[gone].data)
			if t.parts[gone].flags&flagDiscontinuity != 0 {
				t.discontinuities++
			}
			gone++
		}
		t.parts = slices.Clone(t.parts[gone:])
	}
}

// find returns where a part stands.
func (t *trackIndex) find(seq uint64) (place, bool) {
	n, found := slices.BinarySearchFunc(t.parts, seq, func(p place, seq uint64) int { return cmp.Compare(p.seq, seq) })
	if !found {
		return place{}, false
	}
	return t.parts[n], true
}

// segment returns the parts of a segment that is there whole, or nil.
func (t *trackIndex) segment(msn uint64) []place {
	from, _ := slices.BinarySearchFunc(t.parts, msn, func(p place, msn uint64) int { return cmp.Compare(p.msn, msn) })
	to := from
	for to < len(t.parts) && t.parts[to].msn == msn {
		if int(t.parts[to].index) != to-from || t.parts[to].seq != t.parts[from].seq+uint64(to-from) {
			return nil
		}
		to++
	}
	return t.parts[from:to:to]
}

// windows turns the index into what playlists are written from. since leaves out what began earlier; ended says that nothing
// follows.
func (x *index) windows(epoch uint64, since time.Time, ended bool) []pack.Window {
	all := make([]pack.Window, 0, len(x.tracks))
	for n := range x.tracks {
		t := &x.tracks[n]
		w := pack.Window{Epoch: epoch, Track: segment.Track(n), Ended: ended, Discontinuities: t.discontinuities}
		from := 0
		if !since.IsZero() {
			from = slices.IndexFunc(t.parts, func(p place) bool { return p.wallMS >= since.UnixMilli() })
			if from < 0 {
				from = len(t.parts)
			}
		}
		w.Entries = make([]pack.Entry, 0, len(t.parts)-from)
		var open time.Duration
		for i, p := range t.parts {
			if i > 0 && t.parts[i-1].msn != p.msn {
				open = 0
			}
			open += time.Duration(p.lasts) * time.Microsecond
			w.Longest = max(w.Longest, open) // also of what slid out: what a playlist declares stays
			switch {
			case i >= from:
				w.Entries = append(w.Entries, x.entry(p))
			case p.flags&flagDiscontinuity != 0:
				w.Discontinuities++
			}
		}
		all = append(all, w)
	}
	for len(all) > 0 && len(all[len(all)-1].Entries) == 0 {
		all = all[:len(all)-1]
	}
	return all
}

func (x *index) entry(p place) pack.Entry {
	return pack.Entry{
		Seq: p.seq, MSN: p.msn, Index: int(p.index), Size: int(p.data), Init: x.inits[p.init].sum,
		Independent: p.flags&flagIndependent != 0, Discontinuity: p.flags&flagDiscontinuity != 0,
		Duration: time.Duration(p.lasts) * time.Microsecond, Wall: time.UnixMilli(p.wallMS),
	}
}

// span returns when the media begin and end, and how long playing them takes: what lies between two runs is not in it.
func (x *index) span() (from, to time.Time, lasts time.Duration) {
	for n := range x.tracks {
		parts := x.tracks[n].parts
		if len(parts) == 0 {
			continue
		}
		first, last := parts[0], parts[len(parts)-1]
		begin, end := time.UnixMilli(first.wallMS), time.UnixMilli(last.wallMS).Add(time.Duration(last.lasts)*time.Microsecond)
		if from.IsZero() || begin.Before(from) {
			from = begin
		}
		if end.After(to) {
			to = end
		}
		lasts = max(lasts, time.Duration(last.startUS-first.startUS+int64(last.lasts))*time.Microsecond)
	}
	if to.Before(from) { // the machine's clock was put back between two runs
		to = from
	}
	return from, to, lasts
}

// chapters returns where the publisher came back: the time in the recording, and the time of day.
func (x *index) chapters() []Chapter {
	for n := range x.tracks {
		parts := x.tracks[n].parts
		if len(parts) == 0 {
			continue
		}
		list := []Chapter{{At: 0, Wall: time.UnixMilli(parts[0].wallMS)}}
		for _, p := range parts[1:] {
			if p.flags&flagDiscontinuity != 0 && len(list) < chaptersMax {
				list = append(list, Chapter{At: time.Duration(p.startUS-parts[0].startUS) * time.Microsecond, Wall: time.UnixMilli(p.wallMS)})
			}
		}
		return list
	}
	return nil
}
