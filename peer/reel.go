package peer

import (
	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

// framesMax bounds the parts that a reel has heard of: about four minutes of half-second parts.
const framesMax = 512

// frame is what is known of a part before its bytes are here.
type frame struct {
	wallUS      int64
	durationUS  int64
	init        id.Digest
	independent bool
}

func (f frame) endUS() int64 { return f.wallUS + f.durationUS }

// errand is what a reel waits for.
type errand uint8

const (
	nothing errand = 0
	engine  errand = 1 // the engine was asked
	origin  errand = 2 // the origin was asked directly
)

// reel is one track as the player has it: parts are got one after the other, as a browser's player does.
type reel struct {
	track segment.Track
	known map[segment.Part]frame

	epoch  uint64
	next   uint64 // seq of the part to get
	last   frame  // the part got before it
	endUS  int64  // how far the buffer reaches
	awaits errand
	fails  int
	quiet  int64 // no new attempt before, us
}

func (r *reel) part() segment.Part {
	return segment.Part{Epoch: r.epoch, Track: r.track, Seq: r.next}
}

func (r *reel) open(o swarm.Open) {
	if len(r.known) >= framesMax {
		r.forgetOldest()
	}
	r.known[o.Part] = frame{
		wallUS: o.WallMS * 1000, durationUS: int64(o.DurationUS), init: o.Init, independent: o.Independent,
	}
}

func (r *reel) forgetOldest() {
	var oldest segment.Part
	first := true
	for p := range r.known {
		if first || p.Compare(oldest) < 0 {
			oldest, first = p, false
		}
	}
	delete(r.known, oldest)
}

// newestEpoch returns the latest epoch heard of.
func (r *reel) newestEpoch() (epoch uint64) {
	for p := range r.known {
		epoch = max(epoch, p.Epoch)
	}
	return epoch
}

// newestUS returns when the newest part ends that was heard of in an epoch.
func (r *reel) newestUS(epoch uint64) (endUS int64) {
	for p, f := range r.known {
		if p.Epoch == epoch {
			endUS = max(endUS, f.endUS())
		}
	}
	return endUS
}

// seek returns the part to begin with at wallUS, in epoch: the last that begins by then, else the first after. With
// independent set only parts that decode on their own count.
func (r *reel) seek(epoch uint64, wallUS int64, independent bool) (found segment.Part, f frame, ok bool) {
	for p, g := range r.known {
		if p.Epoch != epoch || independent && !g.independent {
			continue
		}
		by, was := g.wallUS <= wallUS, f.wallUS <= wallUS
		better := !ok || by && (!was || g.wallUS > f.wallUS) || !by && !was && g.wallUS < f.wallUS
		if better {
			found, f, ok = p, g, true
		}
	}
	return found, f, ok
}

// begin sets the reel to get p next.
func (r *reel) begin(p segment.Part, f frame) {
	r.epoch, r.next, r.endUS, r.awaits, r.fails, r.quiet = p.Epoch, p.Seq, f.wallUS, nothing, 0, 0
	r.last = frame{wallUS: f.wallUS, durationUS: f.durationUS, init: f.init}
}

// frame returns what is known of the next part, or what the one before makes likely.
func (r *reel) frame() (f frame, listed bool) {
	if f, listed = r.known[r.part()]; listed {
		return f, true
	}
	return frame{wallUS: r.endUS, durationUS: r.last.durationUS, init: r.last.init}, false
}

// got takes the next part in, and returns the break in time before it, in us, if there is one.
func (r *reel) got() (gapUS int64) {
	f, _ := r.frame()
	gapUS = max(f.wallUS-r.endUS, 0)
	delete(r.known, r.part())
	r.last, r.endUS = f, f.endUS()
	r.next++
	r.awaits, r.fails, r.quiet = nothing, 0, 0
	return gapUS
}
