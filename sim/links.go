package sim

import (
	"slices"

	"shoal/coord"
	"shoal/id"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// A connection takes between these to be set up: the tracker carries offer and answer, then ICE and DTLS.
const (
	dialFrom = 500 * span.Millisecond
	dialTo   = 1500 * span.Millisecond
)

// link is an open connection, as one of its ends has it.
type link struct {
	peer     id.Peer
	number   uint32       // of the connection: two peers may have one after another
	buffered int          // bytes given to the transport and not yet out of its buffer
	sctp     *association // nil for a fluid
	free     span.Span    // when the path takes more, if loss limits it
	arrived  span.Span    // nothing overtakes what was sent before: channels are ordered
}

// link returns the open link to a peer, or nil.
func (v *viewer) link(p id.Peer) *link {
	if i := slices.Index(v.peers, p); i >= 0 {
		return &v.links[i]
	}
	return nil
}

func (v *viewer) addLink(p id.Peer) {
	i, _ := slices.BinarySearch(v.peers, p)
	v.peers = slices.Insert(v.peers, i, p)
	v.links = slices.Insert(v.links, i, link{peer: p, number: v.net.opened, sctp: v.net.sctp.associate()})
}

func (v *viewer) unlink(p id.Peer) {
	if i := slices.Index(v.peers, p); i >= 0 {
		v.links[i].sctp.abandon(&v.net.letters)
		v.peers = slices.Delete(v.peers, i, i+1)
		v.links = slices.Delete(v.links, i, i+1)
		v.linked()
	}
}

// linkUp opens a connection that v sought, or ends the attempt.
func (v *viewer) linkUp(other *viewer, reached bool) {
	if !reached || other.gone || other.asleep {
		v.step(swarm.PeerDown{Peer: other.id})
		return
	}
	if v.link(other.id) != nil {
		return
	}
	other.linkDown(v.id) // it has not noticed yet that v was away
	v.net.opened++
	v.addLink(other.id)
	other.addLink(v.id)
	v.step(swarm.PeerUp{Peer: other.id})
	if other.link(v.id) != nil {
		other.step(swarm.PeerUp{Peer: v.id})
	}
	v.linked()
	other.linked()
}

func (v *viewer) linkDown(p id.Peer) {
	if v.link(p) != nil {
		v.unlink(p)
		v.step(swarm.PeerDown{Peer: p})
	}
}

// dial sets out to connect. Without the tracker nobody can be called.
func (v *viewer) dial(other *viewer) {
	n := v.net
	n.measure.besides(callSize)
	n.after(n.chance.span(dialFrom, dialTo), event{
		kind: linkUp, node: v.index, other: other.index, flag: v.tracked && other.tracked && n.reach(v, other),
	})
}

// leave ends a viewer: with a word to its neighbours and the tracker, or without.
func (v *viewer) leave() {
	n := v.net
	silent := v.asleep || n.chance.unit() < n.Abrupt
	for i := range v.links {
		v.partFrom(&v.links[i], silent)
	}
	after := v.line.lag + trackerLag
	if silent {
		after += n.chance.span(span.Second/5, 2*span.Second) // its socket is reset sooner than a data channel is missed
	}
	if v.tracked {
		n.after(after, event{kind: toTracker, node: v.index, ref: n.letters.post(letter{word: coord.Left{Peer: v.id}})})
	}
	for i := range v.links {
		v.links[i].sctp.abandon(&n.letters)
	}
	v.gone = true
	n.absent(v)
	n.measure.left(v)
	v.mind, v.store, v.links, v.peers, v.pending, v.inbox, v.outs, v.rules = nil, store{}, nil, nil, nil, nil, nil, rules{}
	if n.now < n.Warm+n.Measure {
		n.after(n.chance.span(0, comeBack), event{kind: join})
	}
}

// silentFrom and silentTo are how long neighbours take to miss who fell silent: two missed heartbeats of about a second.
const (
	silentFrom = 2 * span.Second
	silentTo   = 4 * span.Second
)

// partFrom lets a neighbour know, or find out, that v is gone.
func (v *viewer) partFrom(l *link, silent bool) {
	n := v.net
	other := n.viewer(l.peer)
	after := n.owd(v, other)
	if silent {
		after = n.chance.span(silentFrom, silentTo)
	} else {
		n.after(after, event{kind: arrive, node: other.index, other: v.index, ref: n.letters.post(letter{data: wire.Append(nil, wire.Bye{})})})
	}
	n.after(after+jitter, event{kind: linkDown, node: other.index, other: v.index, ref: l.number})
}
