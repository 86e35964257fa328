package peer

import (
	"shoal/id"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/swarm"
	"shoal/wire"
	"shoal/wire/signal"
)

// do carries out one output of the engine.
func (b *body) do(o swarm.Output) {
	switch o := o.(type) {
	case swarm.Dial:
		b.lanes.dial(o.Peer)
	case swarm.HangUp:
		b.hungUp(o)
	case swarm.Say:
		b.lanes.send(o.Peer, o.Data)
	case swarm.Send:
		b.send(o)
	case swarm.Fetch:
		b.fetch(o)
	case swarm.CheckPiece:
		b.check(o)
	case swarm.Forget:
		b.stats.DuplicateBytes += uint64(b.store.forget(claim{o.Part, o.Piece, o.From}))
	case swarm.CheckSignature:
		b.step(swarm.SignatureChecked{Ref: o.Ref, OK: sign.Verify(o.Key, o.Message, o.Signature)})
	case swarm.Open:
		b.open(o)
	case swarm.Play:
		if data := b.store.whole(o.Part); data != nil {
			b.show(o.Part, data)
		} else {
			b.player.declined(o.Part)
		}
	case swarm.Decline:
		b.player.declined(o.Part)
	case swarm.Evict:
		b.store.drop(o.Part)
	case swarm.Able:
		b.talk(signal.Able{Slots: o.Slots})
	case swarm.Records:
		b.talk(signal.Records{FromPeers: !o.On})
	case swarm.FetchRecord:
		b.fetchRecord(o)
	case swarm.Note:
		b.count(o)
	}
}

func (b *body) hungUp(o swarm.HangUp) {
	switch o.Why {
	case swarm.Polluted:
		b.stats.Polluters++
		b.talk(signal.Refused{Peer: o.Peer})
	case swarm.Babbled:
		b.stats.Babblers++
	}
	b.log.Info("hung up", "peer", o.Peer, "why", o.Why)
	b.lanes.hangUp(o.Peer)
}

func (b *body) send(o swarm.Send) {
	data := b.store.piece(o.Part, o.Piece)
	if data == nil { // evicted between the engine's decision and now; it hears of that
		return
	}
	message := wire.AppendPieceHeader(make([]byte, 0, wire.PieceHeaderSize+len(data)), o.Part, o.Piece)
	if b.lanes.send(o.Peer, append(message, data...)) {
		b.stats.UploadBytes += uint64(len(data))
	}
}

func (b *body) check(o swarm.CheckPiece) {
	ok, size := b.store.check(claim{o.Part, o.Piece, o.From}, o.Hash)
	if ok && o.From != id.Origin {
		b.stats.PeerBytes += uint64(size)
	}
	b.step(swarm.Checked{Part: o.Part, Piece: o.Piece, From: o.From, OK: ok})
}

func (b *body) open(o swarm.Open) {
	for _, gone := range b.store.open(o) {
		b.stats.Evicted++
		b.step(swarm.Evicted{Part: gone})
	}
	b.stripes.opened(o.Part)
	b.player.open(o)
	if b.player.reel(o.Part.Track) != nil {
		b.needInit(o.Init)
	}
}

// show gives a whole part to the player, if it waits for it.
func (b *body) show(part segment.Part, data []byte) {
	if f, ok := b.player.got(part); ok {
		b.screen.show(part.Track, f.init, data)
		b.needInit(f.init)
	}
}

func (b *body) count(n swarm.Note) {
	switch n.What {
	case swarm.PieceVerified:
		b.stats.Verified++
	case swarm.PieceRefused:
		b.stats.Refused++
		b.log.Warn("refused a piece that is not what the channel signed", "peer", n.Peer, "part", n.Part)
	case swarm.PieceDuplicate:
		b.stats.Duplicates++
	case swarm.RescueStarted:
		b.stats.Rescues++
	case swarm.ManifestRefused:
		b.log.Warn("refused a record", "peer", n.Peer)
	}
}
