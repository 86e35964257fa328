package live

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"shoal/server/ingest"
	"shoal/server/pack"
)

// shapeSlack is how much the shape of a rung may differ from the picture's, in percent: sides are rounded to whole pairs of pixels.
const shapeSlack = 3

var errNoRung = errors.New("a sample came of a track that was not told of")

// own is the publisher's own ladder in one run: pictures beside the first, which become the epoch's rungs as far as they fit and line up. A
// nil own brings none.
type own struct {
	broadcast *broadcast
	epoch     *epoch
	source    int // the first picture's track
	rungs     []*ownRung
}

// ownRung is one of the pictures.
type ownRung struct {
	track  ingest.Track
	slot   int // which rung of the epoch it is; -1: it is left out for the run
	lineup *lineup
}

// apart parts a publisher's own rungs from the tracks before them.
func apart(tracks []ingest.Track) (base, own []ingest.Track) {
	n := slices.IndexFunc(tracks, func(t ingest.Track) bool { return t.Rung > 0 })
	if n < 0 {
		return tracks, nil
	}
	return tracks[:n:n], tracks[n:]
}

// fitting counts those of a publisher's own pictures that can be rungs of the first one.
func fitting(tracks, own []ingest.Track) (count int) {
	source, ok := picture(tracks)
	for _, t := range own {
		if ok && misfit(tracks[source], t) == "" {
			count++
		}
	}
	return count
}

// misfit says why a picture cannot be a rung of the first one, "" if it can. Who plays the first must be able to play it, and to change
// between the two: it is in the same codec or, as rungs that are made, in H.264, and it has the same shape.
func misfit(first, rung ingest.Track) string {
	if _, plain := rung.Codec.(*codecs.H264); !plain && reflect.TypeOf(rung.Codec) != reflect.TypeOf(first.Codec) {
		return fmt.Sprintf("it is %s and the first picture %s: send all in the codec of the first, or in H.264",
			pack.CodecName(rung), pack.CodecName(first))
	}
	width, height, _ := pack.Picture(first)
	w, h, _ := pack.Picture(rung)
	if one, other := width*h, height*w; max(one-other, other-one)*100 > max(one, other)*shapeSlack {
		return fmt.Sprintf("it is %dx%d and the first picture %dx%d: rungs show the same picture in another size", w, h, width, height)
	}
	return ""
}

// bring begins with the publisher's own rungs of a run, and returns how many of the epoch's they take.
func (b *broadcast) bring(tracks, rungs []ingest.Track) (taken int) {
	if len(rungs) == 0 {
		return 0
	}
	o := &own{broadcast: b, epoch: b.epoch}
	source, ok := picture(tracks)
	o.source = source
	for _, t := range rungs {
		r := &ownRung{track: t, slot: -1}
		o.rungs = append(o.rungs, r)
		why := ""
		switch {
		case !ok:
			why = "there is no one picture that it could be a rung of"
		case misfit(tracks[source], t) != "":
			why = misfit(tracks[source], t)
		case taken >= b.epoch.rungs:
			why = fmt.Sprintf("the broadcast has room for as many rungs as it began with (%d): send fewer, or stop until it has ended", b.epoch.rungs)
		default:
			r.slot, r.lineup = taken, newLineup(b.epoch.tried[taken])
			b.epoch.tried[taken] = false
			b.pulse.Beside(taken, pack.CodecName(t)) // until it is seen not to line up
			taken++
		}
		b.rungOut(t.Rung, why)
	}
	b.own = o
	return taken
}

// rungOut notes why a picture beside the first is left out, "" that it is not any more.
func (b *broadcast) rungOut(n int, why string) {
	switch {
	case !b.pulse.RungOut(n, why):
	case why == "":
		b.log().Info("a picture of the publisher's own ladder is taken again", "picture", n+1)
	default:
		b.log().Warn("a picture of the publisher's own ladder is left out", "picture", n+1, "because", why)
	}
}

// take takes a sample of one of the pictures.
func (o *own) take(s ingest.Sample) error {
	if o == nil || s.Track-o.epoch.base() >= len(o.rungs) {
		return errNoRung
	}
	r := o.rungs[s.Track-o.epoch.base()]
	if r.slot < 0 || len(s.Data) == 0 {
		return nil
	}
	o.leave(r, r.lineup.take(s))
	o.land(r, false)
	return nil
}

// follow hears of a sample of the publisher's other tracks.
func (o *own) follow(s ingest.Sample) {
	if o == nil || s.Track != o.source {
		return
	}
	for _, r := range o.rungs {
		if r.slot >= 0 {
			o.leave(r, r.lineup.follow(s))
			o.land(r, false)
		}
	}
}

// finish takes what is held back: nothing follows.
func (o *own) finish() {
	if o == nil {
		return
	}
	for _, r := range o.rungs {
		if r.slot >= 0 {
			o.land(r, true)
			o.epoch.tried[r.slot] = r.lineup.flows
		}
	}
}

// land packs what is known to line up.
func (o *own) land(r *ownRung, last bool) {
	b, n := o.broadcast, o.epoch.rung(r.slot)
	for b.epoch == o.epoch {
		s, t, why := r.lineup.next(last)
		o.leave(r, why)
		switch t {
		case waits:
			return
		case drops:
			continue
		case begins:
			if err := b.rungBegins(o.epoch, n, r.track, true); err != nil {
				o.leave(r, r.lineup.leave(err.Error()))
				continue
			}
			b.rungOut(r.track.Rung, "")
		}
		s.Track = n
		o.epoch.arrived[n] = time.Now()
		if err := o.epoch.packer.Write(s); err != nil {
			o.leave(r, r.lineup.leave(err.Error()))
		}
	}
}

// leave sends the viewers of a rung elsewhere, if there is a reason.
func (o *own) leave(r *ownRung, why string) {
	if why != "" {
		o.broadcast.rungOut(r.track.Rung, why)
		o.broadcast.rungRests(o.epoch, o.epoch.rung(r.slot))
	}
}
