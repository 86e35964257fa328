package signal

import (
	"shoal/id"
	"shoal/segment"
)

// FromTracker is a message of the tracker to a viewer. The types below are all there are.
type FromTracker interface {
	fromTracker()
	append(w *writer)
}

// Welcome answers Hello.
type Welcome struct {
	Peer         id.Peer // the viewer's own name
	Viewers      int
	ServerTimeMS uint64
}

// Peers introduces: the viewer calls those in Dial, and those in Expect will call it. Those in Near, if any, come from its
// own network.
type Peers struct{ Dial, Expect, Near []id.Peer }

// Gone says that an introduced peer left the channel.
type Gone struct{ Peer id.Peer }

// Signalled carries the Body of another viewer's Signal, cleaned.
type Signalled struct {
	From id.Peer
	Body
}

// Seed tells which stripes to fetch from the origin for all: bit k is stripe k.
type Seed struct{ Stripes uint16 }

// Edge says that a part was published: the playlist of its track has moved.
type Edge struct {
	Track segment.Track
	MSN   uint64
	Part  int // index within its segment
	Epoch uint64
}

// Viewers tells how many watch the channel, and how many of them share.
type Viewers struct{ N, Sharing int }

// Ended says that the broadcast is over.
type Ended struct{}

// Error says why the connection will be closed now.
type Error struct{ Code, Message string }

// Pong answers Ping.
type Pong struct{ At, ServerTimeMS uint64 }

// Relay renews what lets the viewer use the relay: the servers are those that it was given when it joined.
type Relay struct{ Username, Credential string }

// Sharing tells whether the channel's viewers may share. Until it is said they may. Once it is Off, whoever shares ends every connection to
// others; when it is not any more, who would share joins again.
type Sharing struct{ Off bool }

func (Sharing) fromTracker()   {}
func (Relay) fromTracker()     {}
func (Welcome) fromTracker()   {}
func (Peers) fromTracker()     {}
func (Gone) fromTracker()      {}
func (Signalled) fromTracker() {}
func (Seed) fromTracker()      {}
func (Edge) fromTracker()      {}
func (Viewers) fromTracker()   {}
func (Ended) fromTracker()     {}
func (Error) fromTracker()     {}
func (Pong) fromTracker()      {}

// DecodeTracker reads one text frame of the tracker, as strictly as DecodeViewer reads a viewer's.
func DecodeTracker(b []byte) (FromTracker, error) {
	o, err := parse(b)
	if err != nil {
		return nil, err
	}
	var m FromTracker
	switch o.text("t", CodeMax) {
	case "welcome":
		m = Welcome{Peer: o.peer("peer"), Viewers: o.count("viewers"), ServerTimeMS: o.number("serverTimeMs", numberMax)}
	case "peers":
		peers := Peers{Dial: o.peers("dial"), Expect: o.peers("expect")}
		if o.has("near") {
			peers.Near = o.peers("near")
		}
		m = peers
	case "gone":
		m = Gone{Peer: o.peer("peer")}
	case "signal":
		m = Signalled{From: o.peer("from"), Body: o.body()}
	case "seed":
		m = Seed{Stripes: uint16(o.number("stripes", 1<<segment.Stripes-1))}
	case "edge":
		m = Edge{
			Track: segment.Track(o.number("track", segment.TracksMax-1)), MSN: o.number("msn", numberMax),
			Part: o.count("part"), Epoch: o.number("epoch", numberMax),
		}
	case "viewers":
		m = Viewers{N: o.count("n"), Sharing: o.count("sharing")}
	case "ended":
		m = Ended{}
	case "error":
		m = Error{Code: o.text("code", CodeMax), Message: o.text("message", TextMax)}
	case "pong":
		m = Pong{At: o.number("at", numberMax), ServerTimeMS: o.number("serverTimeMs", numberMax)}
	case "relay":
		m = Relay{Username: o.text("username", TokenMax), Credential: o.text("credential", TokenMax)}
	case "sharing":
		m = o.sharing()
	default:
		return nil, malformed("a type that trackers do not send")
	}
	if err := o.end(); err != nil {
		return nil, err
	}
	return m, nil
}

// count reads a number that fits an int everywhere.
func (o *object) count(key string) int { return int(o.number(key, 1<<31-1)) }

// The modes of sharing.
const (
	sharingAsk = "ask"
	sharingOff = "off"
)

func (o *object) sharing() Sharing {
	mode := o.text("mode", CodeMax)
	if mode != sharingAsk && mode != sharingOff {
		o.fail("viewers are asked whether they share, or sharing is off")
	}
	return Sharing{Off: mode == sharingOff}
}

func (m Welcome) append(w *writer) {
	w.open("welcome").text("peer", m.Peer.String()).number("viewers", uint64(m.Viewers)).number("serverTimeMs", m.ServerTimeMS)
}
func (m Peers) append(w *writer) {
	w.open("peers").peers("dial", m.Dial).peers("expect", m.Expect)
	if len(m.Near) > 0 {
		w.peers("near", m.Near)
	}
}
func (m Gone) append(w *writer) { w.open("gone").text("peer", m.Peer.String()) }
func (m Signalled) append(w *writer) {
	w.open("signal").text("from", m.From.String())
	w.body(m.Body)
}
func (m Seed) append(w *writer) { w.open("seed").number("stripes", uint64(m.Stripes)) }
func (m Edge) append(w *writer) {
	w.open("edge").number("track", uint64(m.Track)).number("msn", m.MSN).number("part", uint64(m.Part)).number("epoch", m.Epoch)
}
func (m Viewers) append(w *writer) {
	w.open("viewers").number("n", uint64(m.N)).number("sharing", uint64(m.Sharing))
}
func (m Ended) append(w *writer) { w.open("ended") }
func (m Error) append(w *writer) { w.open("error").text("code", m.Code).text("message", m.Message) }
func (m Pong) append(w *writer) {
	w.open("pong").number("at", m.At).number("serverTimeMs", m.ServerTimeMS)
}
func (m Sharing) append(w *writer) {
	mode := sharingAsk
	if m.Off {
		mode = sharingOff
	}
	w.open("sharing").text("mode", mode)
}
func (m Relay) append(w *writer) {
	w.open("relay").text("username", m.Username).text("credential", m.Credential)
}
