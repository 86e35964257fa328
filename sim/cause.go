package sim

import (
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
)

// cause is why the origin was asked for media.
type cause uint8

const (
	firstPart   cause = iota // a player begins with it
	secondPart               // the part after that: it is due before neighbours are there
	wholePart                // the engine left it to its player
	seeding                  // a stripe that the coordinator gave, fetched for all
	earlyOwn                 // a stripe fetched early, for want of a parent
	rescueChild              // a deadline neared, and the stripe has a parent
	rescueAlone              // the same, and it has none
	hedging                  // the same, and the origin was asked for it already
	causes
)

var causeNames = [causes]string{
	"a player's first part", "its second", "part left to a player", "seed", "stripe fetched early", "rescue, has a parent", "rescue, no parent", "asked again",
}

// causeTally is the bytes that the origin sent for one cause.
type causeTally struct {
	newcomers float64 // to who came less than joinFor ago
	others    float64
	last      float64 // of both: in the last lastFor of the measurement
}

// lastFor is how long the end of a measurement is that is looked at by itself.
const lastFor = 10 * span.Second

// CauseDetail is what the origin sent for one cause, in copies of each part published meanwhile.
type CauseDetail struct {
	Name                    string
	Newcomers, Others, Last float64 // Newcomers and Others over the whole measurement, Last over its last ten seconds
}

// caused counts media that the origin sends to a viewer, by what for.
func (m *measure) caused(v *viewer, why cause, size int) {
	if !m.on() {
		return
	}
	t := &m.causes[why]
	if m.net.now-v.born < joinFor {
		t.newcomers += float64(size)
	} else {
		t.others += float64(size)
	}
	if m.net.now >= m.net.Warm+m.net.Measure-lastFor {
		t.last += float64(size)
	}
}

func (m *measure) causeDetail() (all []CauseDetail) {
	last := m.last()
	for why, t := range m.causes {
		all = append(all, CauseDetail{
			causeNames[why], t.newcomers / max(1, m.publishedBytes), t.others / max(1, m.publishedBytes), t.last / max(1, last.published),
		})
	}
	return all
}

// why tells what piece i of a part is asked of the origin for.
func (v *viewer) why(made *made, i int, rescue bool) cause {
	stripe := segment.Stripe(i, len(made.manifest.Hashes))
	switch seq := int32(made.manifest.Seq); {
	case rescue && seq == v.player.first:
		return firstPart
	case rescue && seq == v.player.first+1:
		return secondPart
	case !rescue && v.seeds&(1<<stripe) != 0:
		return seeding
	case !rescue:
		return earlyOwn
	case v.fetching(made.number, i):
		return hedging
	}
	if f, ok := v.mind.(forester); ok {
		if parents, _, _, _ := f.Trees(); parents[stripe] != id.Origin {
			return rescueChild
		}
	}
	return rescueAlone
}

// fetching reports whether the origin was asked for a piece and has not ended its answer.
func (v *viewer) fetching(part int32, piece int) bool {
	for _, f := range v.fetches {
		if f.part == part && f.from <= piece && piece < f.to {
			return true
		}
	}
	return false
}

// noticed keeps what a mind's notes say of the fetch that follows them.
func (v *viewer) noticed(o swarm.Note) {
	if o.What == swarm.RescueStarted {
		v.rescues = o.Part
	}
}
