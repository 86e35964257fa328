package rival

import (
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// serve takes a request, or says that it will not: what cannot begin in time is not begun.
func (m *Mesh) serve(to *meshPeer, want wire.Want) {
	x := m.get(want.Part)
	if x == nil || !x.whole() || m.config.UplinkBytesPerSecond == 0 || m.delay() > min(queueMax, m.due(x)-m.now) {
		m.do(swarm.Say{Peer: to.id, Data: wire.Append(nil, wire.Busy{Part: want.Part, Pieces: want.Pieces})})
		return
	}
	m.queue = append(m.queue, job{to: to.id, part: x})
	m.pump()
}

// delay returns how long what is queued takes.
func (m *Mesh) delay() span.Span {
	queued := m.waiting()
	for _, j := range m.queue {
		queued += j.part.length * (j.part.count - j.piece) / j.part.count
	}
	return span.Span(queued) * span.Second / span.Span(max(1, m.up))
}

// waiting returns how many bytes the transports have.
func (m *Mesh) waiting() (bytes int) {
	for i := range m.peers {
		bytes += m.peers[i].buffered
	}
	return bytes
}

// pump sends what the transports take, but nothing that has come too late.
func (m *Mesh) pump() {
	for len(m.queue) > 0 && m.waiting() < ahead {
		j := &m.queue[0]
		to := m.peer(j.to)
		if to == nil || j.part.heldBy(j.to) || m.now > m.due(j.part) || j.piece == j.part.count {
			m.queue = m.queue[1:]
			continue
		}
		m.do(swarm.Send{Peer: j.to, Part: j.part.name, Piece: j.piece})
		to.buffered += j.part.length / j.part.count
		j.piece++
	}
}
