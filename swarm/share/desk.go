package share

import (
	"shoal/span"
	"slices"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm/roster"
	"shoal/wire"
)

// Bounds of the queue.
const (
	// QueueMax bounds the pieces that wait to be sent: about 4 MiB of them.
	QueueMax = 256
	// BufferedMax is how many bytes may wait in a neighbour's transport: more would only queue where nothing can be
	// reordered or taken back.
	BufferedMax = 64 << 10
	// BurstFor is how much of the uplink may be spent at once.
	BurstFor = 250 * span.Millisecond
	// burstMin lets a slow uplink send at least a whole piece.
	burstMin = wire.MessageMax
	// aheadMin is two pieces: one on its way and one behind it.
	aheadMin = 2 * wire.MessageMax
	// unsure is how many times as much as else may be in the transports while the line's rate is not known: whether it is full nobody can
	// tell then. piecesUnsure and piecesSure are how many pieces may be there in any case.
	unsure                   = 2
	piecesUnsure, piecesSure = 4, 2
	// stuckAfter is how long a transport may let nothing out until its neighbour's line is taken for the reason.
	stuckAfter = 300 * span.Millisecond
)

// Send is a piece to send now.
type Send struct {
	Peer  id.Peer
	Part  segment.Part
	Piece int
}

type job struct {
	Send
	link   *link // to its peer: its jobs leave with it
	size   int
	wallMS int64 // the part's time
	rank   int64 // that, less what the piece's way on takes: the earlier, the less slack
	since  span.Span
}

type link struct {
	buffered int       // set by fill
	listed   bool      // in holding
	movedAt  span.Span // when some of it left, or it began
	askedAt  span.Span // when it was last asked for its clock; 0 is never
	way      way
}

// Desk keeps what is to be sent.
type Desk struct {
	// Recorded says that pieces are of a recording: they are wanted long ahead of time, and an idle transport never waits for others.
	Recorded bool

	links    roster.Roster[link]
	holding  []*link // all whose transports hold something, and some that did: few of many neighbours
	total    int     // bytes in all transports
	ahead    int     // how many of them are enough
	waits    waits
	drain    drain
	overhead overhead
	queue    []job // least slack first
	uplink   uplink
	line     line
	lag      lag
}

// SetUplink sets the bytes per second that may be sent, from now on.
func (d *Desk) SetUplink(now span.Span, bytesPerSecond int) {
	d.uplink.set(now, bytesPerSecond)
	if d.line.hushAfter == 0 {
		d.line.hushAfter = hushFirst
	}
	if !d.Open() {
		d.queue = d.queue[:0]
	}
}

// Spend takes what went out beside the pieces off what may be sent.
func (d *Desk) Spend(now span.Span, bytes int) {
	d.uplink.spend(now, bytes)
	d.overhead.bytes += bytes
}

// Open reports whether anything may be sent at all.
func (d *Desk) Open() bool { return d.uplink.rate > 0 }

// Join adds a neighbour.
func (d *Desk) Join(p id.Peer) { d.links.Add(p) }

// Leave takes a neighbour away, with all that waits for it.
func (d *Desk) Leave(p id.Peer) {
	if l := d.links.Get(p); l != nil {
		d.fill(l, 0)
		d.holding = slices.DeleteFunc(d.holding, func(other *link) bool { return other == l })
	}
	d.links.Remove(p)
	d.queue = slices.DeleteFunc(d.queue, func(j job) bool { return j.Peer == p })
}

// SetAhead sets how many bytes may wait in all transports together: more would only queue where nothing can be reordered.
func (d *Desk) SetAhead(bytes int) { d.ahead = bytes }

// Delay returns how long pieces wait: the longest wait of late, or of those that wait now.
func (d *Desk) Delay(now span.Span) span.Span {
	longest := d.waits.longest
	for _, j := range d.queue {
		longest = max(longest, now-j.since)
	}
	return longest
}

// Drained sets what waits in a neighbour's transport.
func (d *Desk) Drained(now span.Span, p id.Peer, buffered int) {
	if l := d.links.Get(p); l != nil {
		l.movedAt = now
		d.drain.left(l.buffered - buffered)
		d.fill(l, buffered)
	}
}

// fill sets how many bytes wait in a transport.
func (d *Desk) fill(l *link, buffered int) {
	d.total += buffered - l.buffered
	l.buffered = buffered
	if buffered > 0 && !l.listed {
		l.listed = true
		d.holding = append(d.holding, l)
	}
}

// Backlog returns how long all that waits now will take, as far as is known of the line.
func (d *Desk) Backlog() span.Span {
	rate := d.drain.rate
	if d.line.rate > 0 {
		rate = d.carries(d.line.judged)
	}
	if rate == 0 {
		return 0
	}
	bytes := d.total
	for _, j := range d.queue {
		bytes += j.size
	}
	return span.Span(int64(bytes) * int64(span.Second) / int64(rate))
}

// Queue takes a piece to be sent, of a part of wallMS, that still has a way of wayMS to go after this. It reports false if
// there is no room, or nothing may be sent.
func (d *Desk) Queue(now span.Span, s Send, size int, wallMS, wayMS int64) bool {
	if len(d.queue) >= QueueMax || !d.Open() {
		return false
	}
	l := d.links.Get(s.Peer)
	if l == nil {
		return false
	}
	for i := range d.queue {
		if d.queue[i].Send == s {
			return true
		}
	}
	rank := wallMS - wayMS
	i, _ := slices.BinarySearchFunc(d.queue, rank+1, func(j job, rank int64) int {
		if j.rank < rank {
			return -1
		}
		return 1
	})
	d.queue = slices.Insert(d.queue, i, job{s, l, size, wallMS, rank, now})
	return true
}

// Cancel takes back what a neighbour no longer wants.
func (d *Desk) Cancel(p id.Peer, part segment.Part, pieces wire.Bitmap) {
	d.queue = slices.DeleteFunc(d.queue, func(j job) bool {
		return j.Peer == p && j.Part == part && pieces.Has(j.Piece)
	})
}

// Turn takes back what a neighbour no longer wants of whole tracks.
func (d *Desk) Turn(p id.Peer, tracks segment.Tracks) {
	d.queue = slices.DeleteFunc(d.queue, func(j job) bool { return j.Peer == p && tracks.Has(j.Part.Track) })
}

// Drop takes back a part that this peer no longer holds.
func (d *Desk) Drop(part segment.Part) {
	d.queue = slices.DeleteFunc(d.queue, func(j job) bool { return j.Part == part })
}

// Expire takes back what is from before wallMS: whoever it was for has asked the origin for it by now.
func (d *Desk) Expire(wallMS int64) {
	d.queue = slices.DeleteFunc(d.queue, func(j job) bool { return j.wallMS < wallMS })
}

// room reports whether a piece may go into its transport now, where moving is what the line has before it. Idle ones wait, too, when there is
// enough in others: a slow line with many children would hold a piece for each, and what is urgent stand behind them.
func (d *Desk) room(j *job, moving int) bool {
	if j.link.buffered > 0 && (j.link.buffered+j.size > BufferedMax || d.total+j.size > max(d.ahead, aheadMin)) {
		return false
	}
	if d.Recorded {
		return true
	}
	most := max(unsure*d.ahead, piecesUnsure*j.size)
	if d.line.rate > 0 {
		most = max(d.ahead, piecesSure*j.size)
	}
	return moving == 0 || moving+j.size <= most
}

// moving returns how many bytes the line has before it. What has stood in a transport for a while waits for its neighbour's line and not for
// ours.
func (d *Desk) moving(now span.Span) (bytes int) {
	d.holding = slices.DeleteFunc(d.holding, func(l *link) bool {
		if l.listed = l.buffered > 0; l.listed && now < l.movedAt+stuckAfter {
			bytes += l.buffered
		}
		return !l.listed
	})
	return bytes
}

// Pump lets out what may be sent at now. It returns when to pump again, or ok false if only Drained or a new piece can
// change anything, or that nothing is drained for stuckAfter.
func (d *Desk) Pump(now span.Span, out []Send) (sends []Send, next span.Span, ok bool) {
	kept, moving := 0, 0
	if len(d.queue) > 0 && d.total > 0 {
		moving = d.moving(now)
	}
	for i := range d.queue {
		j := &d.queue[i]
		if !d.room(j, moving) {
			if kept < i {
				d.queue[kept] = *j
			}
			kept++
			continue
		}
		// By the line or the uplink: later jobs wait too, or small ones would starve a large one.
		at, free := d.line.free(now, d.uplink.rate, d.overhead.rate)
		if free && !d.uplink.take(now, j.size) {
			at, free = d.uplink.when(now, j.size), false
		}
		if !free {
			next, ok = at, true
			kept += copy(d.queue[kept:], d.queue[i:])
			break
		}
		d.line.sent(now, j.size)
		if j.link.buffered == 0 {
			j.link.movedAt = now
		}
		d.fill(j.link, j.link.buffered+j.size)
		moving += j.size
		d.waits.add(now - j.since)
		out = append(out, j.Send)
	}
	d.queue = slices.Delete(d.queue, kept, len(d.queue))
	d.drain.press(now, kept > 0 && !ok)
	return out, next, ok
}
