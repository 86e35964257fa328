package swarm

import (
	"shoal/id"
	"shoal/segment"
)

// Output is something for the body to do. The types below are all there are. Outputs are done in order.
type Output interface{ output() }

// Dial asks for a connection to an introduced peer. PeerUp or PeerDown answers.
type Dial struct{ Peer id.Peer }

// HangUp ends the connection to a peer. No PeerDown follows.
type HangUp struct {
	Peer id.Peer
	Why  Reason
}

// Say sends one control message to a peer.
type Say struct {
	Peer id.Peer
	Data []byte // not to be changed: what several peers hear may be one and the same
}

// Send sends one piece, which the body holds and the engine has checked, to a peer (wire.PieceHeader, then the bytes).
type Send struct {
	Peer  id.Peer
	Part  segment.Part
	Piece int
}

// Fetch asks the origin for pieces From to To-1 of a part, in one request. Each piece is reported with Arrived, the end
// with Fetched. The body gives up at Within milliseconds.
type Fetch struct {
	Ref      uint32
	Part     segment.Part
	From, To int
	Within   int // milliseconds
}

// CheckPiece asks whether the piece that Arrived from From has this SHA-256. The body forgets its bytes unless it has.
type CheckPiece struct {
	Part  segment.Part
	Piece int
	From  id.Peer
	Hash  id.Digest
}

// Forget tells the body to drop the bytes of a piece that Arrived and is not wanted.
type Forget struct {
	Part  segment.Part
	Piece int
	From  id.Peer
}

// CheckSignature asks whether Signature is Key's Ed25519 signature of Message (RFC 8032).
type CheckSignature struct {
	Ref       uint32
	Key       [32]byte
	Signature [64]byte
	Message   []byte
}

// Open tells the body of a part whose manifest was accepted: it may now arrive.
type Open struct {
	Part          segment.Part
	MSN           uint64
	Index         int
	Length        int
	PieceSize     int
	DurationUS    uint32
	WallMS        int64
	Init          id.Digest
	Independent   bool
	Discontinuity bool
}

// Play answers Wanted: every piece of the part is checked, and the body holds them all.
type Play struct{ Part segment.Part }

// Decline answers Wanted: the player does better to fetch this part from the origin itself.
type Decline struct{ Part segment.Part }

// Evict tells the body to drop a part and everything of it.
type Evict struct{ Part segment.Part }

// Able tells the coordinator how many stripes this peer can give away, as far as it has learned.
type Able struct{ Slots int }

// Records tells the tracker whether to send this peer the records of new parts: neighbours may bring them. It does until
// this is heard.
type Records struct{ On bool }

// FetchRecord asks the origin for a part's record, which may not be made yet: the origin holds the request till it is. It
// comes as Offered by id.Origin; the end is reported with Fetched. The body gives up at Within milliseconds.
type FetchRecord struct {
	Ref    uint32
	Part   segment.Part
	Within int // milliseconds
}

// Position tells the coordinator of a recording where in it this peer plays (wall-clock ms, as in manifests): at first, after
// a jump, and every 10 s.
type Position struct{ WallMS int64 }

// Note is for people: counters and logs. It changes nothing.
type Note struct {
	What Event
	Peer id.Peer
	Part segment.Part
}

func (Dial) output()           {}
func (HangUp) output()         {}
func (Say) output()            {}
func (Send) output()           {}
func (Fetch) output()          {}
func (CheckPiece) output()     {}
func (Forget) output()         {}
func (CheckSignature) output() {}
func (Open) output()           {}
func (Play) output()           {}
func (Decline) output()        {}
func (Evict) output()          {}
func (Able) output()           {}
func (Records) output()        {}
func (FetchRecord) output()    {}
func (Position) output()       {}
func (Note) output()           {}

// Reason says why a connection is ended.
type Reason uint8

// The reasons to hang up.
const (
	Polluted Reason = 1 // a piece or manifest failed its check
	Babbled  Reason = 2 // it broke the protocol or a limit
	Silent   Reason = 3 // it promised and did not deliver
	Crowded  Reason = 4 // there are enough neighbours
	Left     Reason = 5 // it said Bye
)

// Event is what a Note reports.
type Event uint8

// The events worth a note.
const (
	PieceVerified   Event = 1
	PieceRefused    Event = 2 // bytes did not match the signed hash
	PieceDuplicate  Event = 3 // arrived though already held
	ManifestRefused Event = 4
	RescueStarted   Event = 5 // a deadline neared: the origin fills the gap
	PeerDropped     Event = 6
	SourceForked    Event = 7 // two good records for one part: the source tells two stories
)
