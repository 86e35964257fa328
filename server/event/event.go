package event

import (
	"time"

	"shoal/id"
	"shoal/segment"
)

// Fact is something that happened. The types of this package are all there are.
type Fact interface{ fact() }

// BroadcastStarted says that a channel went live: its epoch is on disk and its certificate is signed.
type BroadcastStarted struct {
	Channel id.Channel
	Name    id.Name
	Epoch   uint64
	At      time.Time
}

// CertificateSigned says that a session key was certified for an epoch. Certificate is its binary form (manifest.Certificate).
type CertificateSigned struct {
	Channel     id.Channel
	Certificate []byte
}

// PartPublished says that a part can be fetched from the origin. Manifest is its signed binary form (manifest.Part).
type PartPublished struct {
	Channel  id.Channel
	Part     segment.Part
	MSN      uint64 // media sequence number of its segment
	Index    int    // position in its segment, from 0
	Manifest []byte
}

// CaptionsSeen says that the pictures of an epoch carry captions, of which there were fewer before. IDs are all that were seen,
// as INSTREAM-ID names them.
type CaptionsSeen struct {
	Channel id.Channel
	Epoch   uint64
	IDs     []string
}

// TextSaid says that subtitles came for an epoch while it is live. Without cues it announces a language.
type TextSaid struct {
	Channel  id.Channel
	Epoch    uint64
	Language string // as ingest.Language gives it
	At       time.Time
	Instead  bool   // what was shown in the language at At is over
	Cues     []byte // WebVTT, whose times count from At
}

// BroadcastEnded says that no part of the epoch will follow.
type BroadcastEnded struct {
	Channel id.Channel
	Epoch   uint64
	At      time.Time
}

// SharingSet says that a channel's viewers may share from now on, or may not any more.
type SharingSet struct {
	Channel id.Channel
}

// Missed says that its hearer was too slow: facts that happened here were not told to it. It looks at the rooms' state
// again. Only the bus says it, to one hearer, once for each run of lost facts.
type Missed struct{}

func (BroadcastStarted) fact()  {}
func (CertificateSigned) fact() {}
func (PartPublished) fact()     {}
func (CaptionsSeen) fact()      {}
func (TextSaid) fact()          {}
func (BroadcastEnded) fact()    {}
func (SharingSet) fact()        {}
func (Missed) fact()            {}
