package srt

import "time"

// windowMax is how many packets a connection may have between the oldest missing one and the newest: 10 MB of 1316 bytes, or
// four seconds at 20 Mbit/s.
const windowMax = 8192

// window puts packets in order. A missing one is waited for as long as the latency, then passed over.
type window struct {
	latency time.Duration
	wanted  uint32 // the next to deliver
	top     uint32 // one after the newest that came
	slots   [windowMax][]byte
	held    int
	waiting time.Time // since when wanted is missing while later ones are there
	moved   time.Time // when wanted last grew

	lost, late, outside int
}

func newWindow(isn uint32, latency time.Duration, now time.Time) *window {
	return &window{latency: latency, wanted: isn, top: isn, moved: now}
}

// put takes a packet's data and returns the run of sequence numbers that this packet showed to be missing.
func (w *window) put(seq uint32, data []byte, now time.Time) (from, to uint32, missing bool) {
	off := ahead(w.wanted, seq)
	switch {
	case off < 0:
		w.late++
		return 0, 0, false
	case off >= windowMax:
		w.outside++
		if now.Sub(w.moved) <= 2*w.latency {
			return 0, 0, false
		}
		// The sender gave up what is before: nothing in the window will come any more.
		w.lost += off - w.held
		w.clear()
		w.wanted, w.top, w.moved = seq, seq, now
	}
	slot := &w.slots[seq%windowMax]
	if *slot != nil { // it came twice
		return 0, 0, false
	}
	*slot = data
	w.held++
	if gap := ahead(w.top, seq); gap > 0 {
		from, to, missing = w.top, next(seq, -1), true
	}
	if ahead(w.top, seq) >= 0 {
		w.top = next(seq, 1)
	}
	if w.waiting.IsZero() && seq != w.wanted {
		w.waiting = now
	}
	return from, to, missing
}

func (w *window) clear() {
	clear(w.slots[:])
	w.held, w.waiting = 0, time.Time{}
}

// take returns the next packet in order, or nil.
func (w *window) take(now time.Time) []byte {
	slot := &w.slots[w.wanted%windowMax]
	data := *slot
	if data == nil {
		return nil
	}
	*slot = nil
	w.held--
	w.wanted, w.moved, w.waiting = next(w.wanted, 1), now, time.Time{}
	if w.held > 0 && w.slots[w.wanted%windowMax] == nil {
		w.waiting = now
	}
	return data
}

// expire passes over what has been missing for the latency, and returns how many packets that were.
func (w *window) expire(now time.Time) (lost int) {
	if w.held == 0 || w.waiting.IsZero() || now.Sub(w.waiting) < w.latency {
		return 0
	}
	for w.slots[w.wanted%windowMax] == nil {
		w.wanted = next(w.wanted, 1)
		lost++
	}
	w.moved, w.waiting = now, time.Time{}
	w.lost += lost
	return lost
}

// missing returns the runs that are missing, at most most of them.
func (w *window) missing(most int) (runs [][2]uint32) {
	if w.held == 0 {
		return nil
	}
	open := false
	for seq := w.wanted; ahead(seq, w.top) > 0; seq = next(seq, 1) {
		switch {
		case w.slots[seq%windowMax] != nil:
			open = false
		case open:
			runs[len(runs)-1][1] = seq
		case len(runs) == most:
			return runs
		default:
			runs, open = append(runs, [2]uint32{seq, seq}), true
		}
	}
	return runs
}
