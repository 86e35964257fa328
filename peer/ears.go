package peer

import (
	"bytes"
	"context"
	"crypto/sha256"

	"shoal/peer/link"
	"shoal/swarm"
	"shoal/wire"
	"shoal/wire/signal"
)

// Signal carries a link's words to its peer by way of the tracker.
func (l *lanes) Signal(ctx context.Context, k *link.Link, b signal.Body) {
	l.post(ctx, func() { l.talk(signal.Signal{To: k.Peer, Body: b}) })
}

// Up says that a link is open.
func (l *lanes) Up(ctx context.Context, k *link.Link) {
	l.post(ctx, func() {
		if lane := l.all[k.Peer]; lane != nil && lane.link == k {
			lane.up = true
			l.stats.LinksEver++
			l.step(swarm.PeerUp{Peer: k.Peer})
		}
	})
}

// Message takes in what a peer sent: one message, or several in one.
func (l *lanes) Message(ctx context.Context, k *link.Link, data []byte) {
	if messages, err := wire.Split(data); err == nil {
		for _, m := range messages {
			l.message(ctx, k, bytes.Clone(m)) // a piece that is kept keeps no others
		}
		return
	}
	l.message(ctx, k, data)
}

// message takes in one message of a peer.
func (l *lanes) message(ctx context.Context, k *link.Link, data []byte) {
	var in swarm.Input
	switch {
	case len(data) > 0 && data[0] == wire.TypePiece:
		part, piece, media, err := wire.ParsePiece(data)
		if err == nil {
			l.deliver(ctx, k, func() { l.arrived(k.Peer, part, piece, media) })
			return
		}
		in = swarm.Said{Peer: k.Peer, Data: data} // the engine refuses it, and its sender
	case len(data) > 1 && data[0] == wire.TypeManifest:
		in = swarm.Offered{From: k.Peer, Digest: sha256.Sum256(data[1:]), Data: data[1:]}
	case len(data) > 0 && data[0] == wire.TypeHello:
		l.deliver(ctx, k, func() {
			l.all[k.Peer].out.heard(data)
			l.step(swarm.Said{Peer: k.Peer, Data: data})
		})
		return
	default:
		in = swarm.Said{Peer: k.Peer, Data: data}
	}
	l.deliver(ctx, k, func() { l.step(in) })
}

// deliver has f done if the link is still the peer's.
func (l *lanes) deliver(ctx context.Context, k *link.Link, f func()) {
	l.post(ctx, func() {
		if lane := l.all[k.Peer]; lane != nil && lane.link == k && lane.up {
			f()
		}
	})
}
