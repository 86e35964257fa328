package sim

import (
	"shoal/coord"
	"shoal/id"
	"shoal/segment"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// habit is how a viewer treats others. The mind inside is the same in all: its body twists what comes out.
type habit uint8

const (
	honest    habit = iota
	freeRider       // sets its upload to nothing
	polluter        // alters what it sends
	staller         // announces, promises, and does not send
	delayer         // sends too late
	liar            // announces what it does not have, and hides that it cannot deliver
	sybil           // a staller under one of many names, from one of few networks
)

func (s Scenario) habitFor(x float64) habit {
	for h, share := range []float64{freeRider: s.FreeRiders, polluter: s.Polluters, staller: s.Stallers, delayer: s.Delayers, liar: s.Liars, sybil: s.Sybils} {
		if x < share {
			return habit(h)
		}
		x -= share
	}
	return honest
}

// sybilNets begins the numbers of the networks that sybils come from.
const sybilNets coord.Prefix = 1 << 40

// prefix returns the network that the viewer comes from. Honest viewers have one each, unless the scenario has them share.
func (v *viewer) prefix() coord.Prefix {
	if v.habit == sybil {
		return sybilNets + coord.Prefix(int(v.index)%v.net.SybilNets)
	}
	return coord.Prefix(int(v.index) / max(1, v.net.PerNetwork))
}

// sends reports what the habit makes of a piece: whether it goes out at all, whether it is true, and how much too late.
func (v *viewer) sends() (goes, truth bool, late span.Span) {
	switch v.habit {
	case polluter:
		return true, false, 0
	case staller, sybil:
		return false, true, 0
	case delayer:
		return true, true, v.net.DelayBy
	}
	return true, true, 0
}

// twist returns what the habit makes of a message, nil if it goes unsaid.
func (v *viewer) twist(data []byte) []byte {
	if v.habit != liar {
		return data
	}
	switch data[0] {
	case wire.TypeBusy:
		return nil
	case wire.TypeState: // the best parent that there ever was
		return wire.Append(nil, wire.State{Free: 255, Slots: 1000, Primary: 1<<16 - 1, Tracks: segment.AllTracks})
	case wire.TypeSubNo:
		m, err := wire.Parse(data)
		if no, ok := m.(wire.SubNo); err == nil && ok {
			return wire.Append(nil, wire.SubOK{Stripes: no.Stripes})
		}
	}
	return data
}

// boast has a liar tell all neighbours that it holds a part of which it has just heard.
func (v *viewer) boast(m *made) {
	if v.habit != liar {
		return
	}
	have := wire.Append(nil, wire.Have{Part: m.name(), Pieces: wire.Full(len(m.manifest.Hashes))})
	for i := range v.links {
		v.utter(&v.links[i], have)
	}
}

// complain tells the tracker of who sent what was not signed.
func (v *viewer) complain(about id.Peer, why swarm.Reason) {
	if why == swarm.Polluted {
		v.tell(coord.Complained{By: v.id, About: about})
	}
}
