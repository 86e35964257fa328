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
)

// Message is one control message. The types below are all there are.
type Message interface{ message() }

// Hello is each side's first message.
type Hello struct {
	Version uint16
	Stripes uint8
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

func (Hello) message()    {}
func (Have) message()     {}
func (Want) message()     {}
func (Cancel) message()   {}
func (Busy) message()     {}
func (Manifest) message() {}
func (Bye) message()      {}
func (Lack) message()     {}
