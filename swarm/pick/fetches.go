package pick

import (
	"shoal/span"

	"shoal/segment"
	"shoal/swarm/have"
	"shoal/wire"
)

// Bounds on requests to the origin.
const (
	// FetchesMax bounds the origin requests under way; a browser opens no more than six connections to a host anyway.
	FetchesMax = 24
	// FetchLongest is when a request to the origin is given up.
	FetchLongest = 8 * span.Second
	// RetryAfter is how long a part rests after the origin failed it.
	RetryAfter = 300 * span.Millisecond
	// FailuresMax is how often the origin is asked in vain for a part before it is given up.
	FailuresMax = 3
	// RunsMax is how many separate ranges are asked of the origin for one part before one range takes them all.
	RunsMax = 8
	// OneBytes is the longest part of which one range takes all that a rescue lacks: on a device that has too much to do requests
	// are what it has too much of, and so much media costs less than one.
	OneBytes = 64 << 10
)

// fetch is one request to the origin.
type fetch struct {
	ref      uint32
	part     segment.Part
	from, to int
	began    span.Span
	due      span.Span
}

// Get is a request to make of the origin.
type Get struct {
	Ref      uint32
	Part     segment.Part
	From, To int
	Within   span.Span
	Rescue   bool
}

// get starts the requests that cover pieces.
func (d *Desk) get(now span.Span, part *have.Part, pieces wire.Bitmap, rescue bool, out []Get) []Get {
	most := RunsMax
	if rescue && part.Manifest.Length <= OneBytes {
		most = 1
	}
	for _, r := range runs(pieces, most) {
		if len(d.fetches) == FetchesMax {
			return out
		}
		d.nextRef++
		d.fetches = append(d.fetches, fetch{d.nextRef, part.Name, r.from, r.to, now, now + FetchLongest + span.Second})
		for i := r.from; i < r.to; i++ {
			part.Fetching.Set(i)
		}
		out = append(out, Get{d.nextRef, part.Name, r.from, r.to, FetchLongest, rescue})
	}
	return out
}

type run struct{ from, to int }

// runs returns the ranges that cover pieces: each run of neighbours, or one range over all if there are more than most.
func runs(pieces wire.Bitmap, most int) (out []run) {
	for i := pieces.Next(0); i >= 0; {
		r := run{i, i + 1}
		for r.to < segment.PiecesMax && pieces.Has(r.to) {
			r.to++
		}
		out = append(out, r)
		if r.to == segment.PiecesMax {
			break
		}
		i = pieces.Next(r.to)
	}
	if len(out) > most {
		return []run{{out[0].from, out[len(out)-1].to}}
	}
	return out
}

// Fetched ends a request to the origin.
func (d *Desk) Fetched(now span.Span, shelf *have.Shelf, ref uint32, failed bool) {
	for i, f := range d.fetches {
		if f.ref != ref {
			continue
		}
		d.fetches = append(d.fetches[:i], d.fetches[i+1:]...)
		if !failed && (!d.Recorded || f.to-f.from >= wholeLeast) {
			d.Guard.Measured(now - f.began)
		}
		d.settle(now, shelf, f)
		return
	}
}

// Lapse ends the requests that the body never answered.
func (d *Desk) Lapse(now span.Span, shelf *have.Shelf) {
	kept := d.fetches[:0]
	for _, f := range d.fetches {
		if now < f.due {
			kept = append(kept, f)
			continue
		}
		d.settle(now, shelf, f)
	}
	d.fetches = kept
}

// Failed notes that the origin did not bring a part's bytes, or not the right ones.
func (d *Desk) Failed(now span.Span, part *have.Part) {
	part.RetryAt = now + RetryAfter
	part.Failures++
}

// settle lets what a request did not bring be asked again, after a rest.
func (d *Desk) settle(now span.Span, shelf *have.Shelf, f fetch) {
	d.stirred = true // there is room for another request, and the guard may have changed
	part := shelf.Get(f.part)
	if part == nil {
		return
	}
	missing, short := part.Missing(), false
	for i := f.from; i < f.to; i++ {
		part.Fetching.Clear(i)
		short = short || missing.Has(i)
	}
	if short {
		d.Failed(now, part)
	}
}
