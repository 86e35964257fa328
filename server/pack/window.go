package pack

import (
	"time"

	"shoal/id"
	"shoal/segment"
)

// Entry is a part as playlists name it: everything but the bytes.
type Entry struct {
	Seq           uint64 // of segment.Part
	MSN           uint64
	Index         int
	Independent   bool
	Discontinuity bool
	Last          bool
	Duration      time.Duration
	Wall          time.Time
	Init          id.Digest // of its init segment
	Size          int       // bytes
}

// Window is the run of parts of one track in one epoch that can be fetched, oldest first. It begins with a segment's
// first part. The zero Window with Epoch and Track set is empty and ready.
type Window struct {
	Epoch           uint64
	Track           segment.Track
	PartTarget      time.Duration // the longest any part of the track may be
	SegmentTarget   time.Duration // what EXT-X-TARGETDURATION is at least; zero means DefaultSegmentTarget
	Longest         time.Duration // the longest segment so far, finished or not: it bounds EXT-X-TARGETDURATION
	Discontinuities uint64        // how many have slid out
	Ended           bool          // no part will follow
	Resting         bool          // nothing is to be expected for now: other playlists leave the track out
	Entries         []Entry
}

// Add appends a part, numbered seq in its track, whose init segment has the digest init.
func (w *Window) Add(p Part, seq uint64, init id.Digest) {
	w.PartTarget = max(w.PartTarget, p.Target, p.Duration)
	w.Entries = append(w.Entries, Entry{
		Seq: seq, MSN: p.MSN, Index: p.Index, Independent: p.Independent, Discontinuity: p.Discontinuity, Last: p.Last,
		Duration: p.Duration, Wall: p.Wall, Init: init, Size: len(p.Data),
	})
	var open time.Duration
	for i := len(w.Entries) - 1; i >= 0 && w.Entries[i].MSN == p.MSN; i-- {
		open += w.Entries[i].Duration
	}
	w.Longest = max(w.Longest, open)
}

// Slide drops whole segments from the front while what stays lasts at least keep, and returns the dropped entries.
func (w *Window) Slide(keep time.Duration) []Entry {
	var total time.Duration
	for _, e := range w.Entries {
		total += e.Duration
	}
	gone := 0
	for _, s := range w.segments() {
		if !s.done || total-s.duration < keep {
			break
		}
		total -= s.duration
		gone += len(s.entries)
		if s.entries[0].Discontinuity {
			w.Discontinuities++
		}
	}
	dropped := w.Entries[:gone:gone]
	w.Entries = append([]Entry(nil), w.Entries[gone:]...) // a copy, so that the dropped ones are freed
	return dropped
}

// Next is the seq of the part that will follow.
func (w *Window) Next() uint64 {
	if len(w.Entries) == 0 {
		return 0
	}
	return w.Entries[len(w.Entries)-1].Seq + 1
}

// Reached reports whether a playlist of w answers a blocking request for part (from 0) of segment msn. A negative part
// asks for the whole segment. A part beyond a finished segment's last means the first of the next segment.
func (w *Window) Reached(msn uint64, part int) bool {
	if w.Ended {
		return true
	}
	if len(w.Entries) == 0 {
		return false
	}
	last := w.Entries[len(w.Entries)-1]
	switch {
	case last.MSN != msn:
		return last.MSN > msn
	case part < 0:
		return last.Last
	}
	return last.Index >= part
}

// TooFar reports whether a blocking request for part of segment msn is for more than may be waited for (RFC 8216bis, 6.2.5.2): a segment
// that is more than segments ahead, or a part that is more than the advance part limit ahead of the newest. Of the open segment it is not
// known how many parts follow, so a part of a later one is at least so far ahead as its index says.
func (w *Window) TooFar(msn uint64, part int, segments uint64) bool {
	if w.Ended || len(w.Entries) == 0 {
		return false
	}
	last := w.Entries[len(w.Entries)-1]
	switch {
	case msn < last.MSN:
		return false
	case msn-last.MSN > segments:
		return true
	case part < 0 || msn == last.MSN && last.Last: // a whole segment, or the next one's first part
		return false
	case msn == last.MSN:
		part -= last.Index + 1
	}
	return part >= w.advanceParts()
}

// advanceParts is the advance part limit: three seconds of parts, or three if these are longer than a second.
func (w *Window) advanceParts() int {
	const least = 3
	if w.PartTarget <= 0 || w.PartTarget >= time.Second {
		return least
	}
	return int((least*time.Second + w.PartTarget - 1) / w.PartTarget)
}

// Segment returns the entries of segment msn, and whether the segment is finished.
func (w *Window) Segment(msn uint64) (entries []Entry, done bool) {
	for _, s := range w.segments() {
		if s.msn == msn {
			return s.entries, s.done
		}
	}
	return nil, false
}

// stretch is the entries of one segment.
type stretch struct {
	msn      uint64
	entries  []Entry
	duration time.Duration
	size     int
	done     bool
}

// segments groups the entries by segment.
func (w *Window) segments() []stretch {
	var out []stretch
	from := 0
	for i := range w.Entries {
		if i+1 < len(w.Entries) && w.Entries[i+1].MSN == w.Entries[i].MSN {
			continue
		}
		s := stretch{msn: w.Entries[i].MSN, entries: w.Entries[from : i+1]}
		s.done = w.Ended || w.Entries[i].Last || i+1 < len(w.Entries)
		for _, e := range s.entries {
			s.duration += e.Duration
			s.size += e.Size
		}
		out = append(out, s)
		from = i + 1
	}
	return out
}
