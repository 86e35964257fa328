package swarm

import (
	"shoal/id"
	"shoal/segment"
)

// Input is something that happened to this peer. The types below are all there are.
type Input interface{ input() }

// Tick says only that time has passed. It is what Wake asks for.
type Tick struct{}

// Introduced says that the tracker named a peer of the same channel. Dial is set when it is ours to call, Near when it comes
// from the same network.
type Introduced struct {
	Peer       id.Peer
	Dial, Near bool
}

// PeerUp says that the channel to a peer is open; PeerDown that it is gone, or never came up.
type PeerUp struct{ Peer id.Peer }

// PeerDown is the end of PeerUp, or of a Dial that failed.
type PeerDown struct{ Peer id.Peer }

// Said carries one control message of a peer, as package wire reads it. PIECE comes as Arrived, MANIFEST as Offered.
type Said struct {
	Peer id.Peer
	Data []byte // borrowed: valid during Step only
}

// Drained reports how many bytes wait in the send buffer towards a peer. The body reports after a send has left
// the buffer; the engine counts what it adds.
type Drained struct {
	Peer     id.Peer
	Buffered int
}

// Offered carries a certificate or part record in binary form, from the tracker (id.Origin) or a peer. Of a peer's
// MANIFEST message the body takes off the first byte and offers the rest; Said is for all others.
type Offered struct {
	From   id.Peer
	Digest id.Digest // SHA-256 of Data
	Data   []byte    // borrowed: valid during Step only
}

// Seeding tells which stripes the coordinator wants this peer to fetch from the origin for all: bit k is stripe k.
type Seeding struct{ Stripes uint16 }

// Playhead reports the player: the wall-clock time (as in manifests) of the frame on screen, how far ahead of it the
// buffer reaches, and whether it plays. The engine extrapolates between reports.
type Playhead struct {
	WallMS   int64
	BufferMS int64
	Playing  bool
}

// Wanted says that the player asked for a part. The answer is Play or Decline, always and once.
type Wanted struct{ Part segment.Part }

// Arrived says that the body holds bytes that claim to be a piece: from a peer, or id.Origin.
type Arrived struct {
	From  id.Peer
	Part  segment.Part
	Piece int
	Size  int // bytes
}

// Checked answers CheckPiece.
type Checked struct {
	Part  segment.Part
	Piece int
	From  id.Peer
	OK    bool
}

// SignatureChecked answers CheckSignature.
type SignatureChecked struct {
	Ref uint32
	OK  bool
}

// Fetched ends a Fetch: all its pieces were reported with Arrived before, or Failed is set and some are missing.
type Fetched struct {
	Ref    uint32
	Failed bool
}

// Evicted says that the body no longer holds a part, for want of memory.
type Evicted struct{ Part segment.Part }

// Tracked says whether the connection to the tracker stands. It does until this is heard.
type Tracked struct{ Up bool }

// Uplink sets how many bytes per second this peer may send to others: 0 shares nothing.
type Uplink struct{ BytesPerSecond int }

// Overhead reports bytes that went out to others beside the pieces, since the last report: control messages, headers and
// acknowledgements, and what was sent again. They count as the pieces do in what Uplink allows.
type Overhead struct{ Bytes int }

// Following sets the tracks that the player plays from now on, all of them until it is given. Parts of other tracks are
// neither opened nor fetched; what the player waits for of a track that is left is declined. What is held of it stays for
// neighbours until it is past.
type Following struct{ Tracks segment.Tracks }

func (Tick) input()             {}
func (Introduced) input()       {}
func (PeerUp) input()           {}
func (PeerDown) input()         {}
func (Said) input()             {}
func (Drained) input()          {}
func (Offered) input()          {}
func (Seeding) input()          {}
func (Playhead) input()         {}
func (Wanted) input()           {}
func (Arrived) input()          {}
func (Checked) input()          {}
func (SignatureChecked) input() {}
func (Fetched) input()          {}
func (Evicted) input()          {}
func (Tracked) input()          {}
func (Uplink) input()           {}
func (Overhead) input()         {}
func (Following) input()        {}
