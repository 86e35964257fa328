package wire

import (
	"shoal/segment"
)

// Version is the protocol's version, said in Hello. Peers of another version hang up.
const Version = 1

// Label and Protocol name the data channel.
const (
	Label    = "shoal"
	Protocol = "shoal.peer.v1"
)

// The message types: the first byte of each message.
const (
	TypePiece    = 1
	TypeHello    = 2
	TypeHave     = 3
	TypeWant     = 4
	TypeCancel   = 5
	TypeBusy     = 6
	TypeManifest = 7
	TypeBye      = 8
	TypeLack     = 9
	TypeState    = 10
	TypeSub      = 11
	TypeSubOK    = 12
	TypeSubNo    = 13
	TypeUnsub    = 14
	TypeProbe    = 15
	TypeEcho     = 16
	TypeJoined   = 17
)

// Message is one control message. The types below are all there are.
type Message interface{ message() }

// Hello is each side's first message.
type Hello struct {
	Version uint16
	Stripes uint8 // that it knows, at most 63
	Echoes  bool  // it answers Probe. Who does not know of that does not look: it is the highest bit of Stripes there
	Joins   bool  // it takes several messages in one, as package wire joins them: the bit below that
}

// Have says which further pieces of a part the sender holds.
type Have struct {
	Part   segment.Part
	Pieces Bitmap
}

// Want asks for pieces of a part.
type Want struct {
	Part   segment.Part
	Pieces Bitmap
}

// Cancel takes back a Want, or stops a push, for pieces that came from elsewhere.
type Cancel struct {
	Part   segment.Part
	Pieces Bitmap
}

// Busy answers a Want that will not be served.
type Busy struct {
	Part   segment.Part
	Pieces Bitmap
}

// Manifest passes on a signed record.
type Manifest struct{ Record []byte }

// Bye says that the sender leaves.
type Bye struct{}

// Lack says that the sender has heard of a part but has no record of it. The answer is its certificate and record.
type Lack struct{ Part segment.Part }

// DepthNone is the depth of a stripe that does not come.
const DepthNone = 255

// DelayUnit is the unit of State.Delay in milliseconds; 255 units are four seconds, and stand for more.
const DelayUnit = 16

// State is what a peer says of itself: how long a piece waits for its uplink, how many stripes it can give away and of
// how many in all, which it gives first, and of each stripe how many hops it is from the origin and whose tree it comes through; and which tracks all that is about.
type State struct {
	QueueMS uint16
	Free    uint8
	Slots   uint16
	Primary uint16
	Depth   [segment.Stripes]uint8
	Delay   [segment.Stripes]uint8 // how old pieces of a stripe mostly are when they come, in units of DelayUnit
	Root    [segment.Stripes]uint8 // a mark of whoever fetches it from the origin: trees of different roots have no peer in common
	Tracks  segment.Tracks         // that it follows
}

// Sub asks for stripes to be pushed. Relays are those that the sender passes on, Capacity its slots.
type Sub struct {
	Stripes  uint16
	Relays   uint16
	Capacity uint16
}

// SubOK grants stripes.
type SubOK struct{ Stripes uint16 }

// SubNo refuses stripes, or takes them back.
type SubNo struct{ Stripes uint16 }

// Unsub gives stripes up.
type Unsub struct{ Stripes uint16 }

// Probe asks when it came. Clock is the sender's, in microseconds and modulo 2^32, as in Echo: only differences mean anything.
type Probe struct{ Clock uint32 }

// Echo answers Probe: Clock is repeated, Came what the clock here said then. How much later than at best tells what stood on the way.
type Echo struct{ Clock, Came uint32 }

func (Probe) message()    {}
func (Echo) message()     {}
func (State) message()    {}
func (Sub) message()      {}
func (SubOK) message()    {}
func (SubNo) message()    {}
func (Unsub) message()    {}
func (Hello) message()    {}
func (Have) message()     {}
func (Want) message()     {}
func (Cancel) message()   {}
func (Busy) message()     {}
func (Manifest) message() {}
func (Bye) message()      {}
func (Lack) message()     {}
