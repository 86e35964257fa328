package trust

import (
	"shoal/span"
	"slices"

	"shoal/id"
)

// Bounds on what a neighbour may do.
const (
	// BannedMax bounds the list of banned peers; the oldest leaves it first.
	BannedMax = 256
	// MessagesPerSecond is how many control messages a neighbour may say on average: four times what a healthy one does
	// with two tracks of quarter-second parts.
	MessagesPerSecond = 200
	// MessagesBurst is how many it may say at once.
	MessagesBurst = 400
)

// Bans remembers whom not to speak with again.
type Bans struct{ peers []id.Peer }

// Add bans a peer.
func (b *Bans) Add(p id.Peer) {
	if b.Has(p) {
		return
	}
	if len(b.peers) == BannedMax {
		b.peers = slices.Delete(b.peers, 0, 1)
	}
	b.peers = append(b.peers, p)
}

// Has reports whether p is banned.
func (b *Bans) Has(p id.Peer) bool { return slices.Contains(b.peers, p) }

// Allowance is a token bucket over control messages. The zero Allowance is full.
type Allowance struct {
	used    int64 // tokens taken, in millionths
	settled span.Span
}

// Take reports whether messages that cost this many tokens are allowed at now.
func (a *Allowance) Take(now span.Span, tokens int64) bool {
	const token = 1_000_000
	a.used = max(0, a.used-int64((now-a.settled)/span.Microsecond)*MessagesPerSecond)
	a.settled = now
	if a.used+tokens*token > MessagesBurst*token {
		return false
	}
	a.used += tokens * token
	return true
}
