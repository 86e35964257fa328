package signal

import (
	"shoal/id"
	"shoal/segment"
)

// FromViewer is a message of a viewer to the tracker. The types below are all there are.
type FromViewer interface {
	fromViewer()
	append(w *writer)
}

// Hello is the first message of a connection and holds the token that the join request gave.
type Hello struct{ Token string }

// Kind says what a Signal carries.
type Kind string

// The kinds of signal.
const (
	Offer     Kind = "offer"
	Answer    Kind = "answer"
	Candidate Kind = "candidate"
)

// Body is what is carried between two viewers: an SDP, or a candidate line and the media section it belongs to.
type Body struct {
	Kind Kind
	Data string
	Mid  string // of a candidate
	Line int    // of a candidate: the index of its media section
}

// Signal asks the tracker to carry a Body to a peer it was introduced to.
type Signal struct {
	To id.Peer
	Body
}

// Linked tells how many connections to peers are open.
type Linked struct{ Peers int }

// Able tells how many stripes the viewer's uplink can give away.
type Able struct{ Slots int }

// Records tells from whom the viewer has the records of new parts: while it is from peers, the tracker need not send them.
type Records struct{ FromPeers bool }

// Follow tells which tracks the viewer plays from now on, at least one: records of others are of no use to it. Who has not said
// it gets those of all.
type Follow struct{ Tracks segment.Tracks }

// At tells where in a recording the viewer plays: wall-clock ms, as in part records.
type At struct{ PositionMS uint64 }

// Report holds what happened since the last Report. It is said, not proven: nothing of worth hangs on it.
type Report struct {
	HTTPBytes, PeerBytes, UploadBytes uint64
	Verified, Refused                 uint64 // pieces
	Stalls, StalledMS                 uint64
}

// Refused complains that a peer sent a piece or manifest that failed its check.
type Refused struct{ Peer id.Peer }

// More asks for introductions to further peers.
type More struct{}

// Ping asks for a Pong. At comes back unread; it is a whole number of the viewer's choice.
type Ping struct{ At uint64 }

// Bye says that the viewer leaves and needs no more patience.
type Bye struct{}

func (Hello) fromViewer()   {}
func (Signal) fromViewer()  {}
func (Linked) fromViewer()  {}
func (Report) fromViewer()  {}
func (Able) fromViewer()    {}
func (Records) fromViewer() {}
func (Follow) fromViewer()  {}
func (At) fromViewer()      {}
func (Refused) fromViewer() {}
func (More) fromViewer()    {}
func (Ping) fromViewer()    {}
func (Bye) fromViewer()     {}

// DecodeViewer reads one text frame of a viewer. Unknown types, unknown or doubled fields, anything out of its bounds and
// anything after the object are refused with an error that wraps ErrMalformed.
func DecodeViewer(b []byte) (FromViewer, error) {
	o, err := parse(b)
	if err != nil {
		return nil, err
	}
	var m FromViewer
	switch o.text("t", CodeMax) {
	case "hello":
		m = Hello{Token: o.text("token", TokenMax)}
	case "signal":
		m = Signal{To: o.peer("to"), Body: o.body()}
	case "linked":
		m = Linked{Peers: int(o.number("peers", LinkedMax))}
	case "able":
		m = Able{Slots: int(o.number("slots", SlotsMax))}
	case "records":
		m = o.records()
	case "follow":
		m = Follow{Tracks: o.tracks("tracks")}
	case "at":
		m = At{PositionMS: o.number("ms", numberMax)}
	case "report":
		m = o.report()
	case "refused":
		m = Refused{Peer: o.peer("peer")}
	case "more":
		m = More{}
	case "ping":
		m = Ping{At: o.number("at", numberMax)}
	case "bye":
		m = Bye{}
	default:
		return nil, malformed("a type that viewers do not send")
	}
	if err := o.end(); err != nil {
		return nil, err
	}
	return m, nil
}

func (o *object) body() Body {
	b := Body{Kind: Kind(o.text("kind", CodeMax))}
	switch b.Kind {
	case Offer, Answer:
		b.Data = o.text("data", SDPMax)
	case Candidate:
		b.Data = o.text("data", CandidateMax)
	default:
		o.fail("a kind of signal that does not exist")
	}
	if o.has("mid") {
		b.Mid = o.text("mid", midMax)
	}
	if !isToken(b.Mid) && b.Mid != "" {
		o.fail("field %q holds other than letters, digits, '-' and '_'", "mid")
	}
	if o.has("line") {
		b.Line = int(o.number("line", 15))
	}
	return b
}

func (o *object) records() Records {
	from := o.text("from", CodeMax)
	if from != recordsFromPeers && from != recordsFromTracker {
		o.fail("field %q holds neither peers nor tracker", "from")
	}
	return Records{FromPeers: from == recordsFromPeers}
}

// Where records can come from.
const (
	recordsFromPeers   = "peers"
	recordsFromTracker = "tracker"
)

func (o *object) report() Report {
	return Report{
		HTTPBytes:   o.number("httpBytes", numberMax),
		PeerBytes:   o.number("peerBytes", numberMax),
		UploadBytes: o.number("uploadBytes", numberMax),
		Verified:    o.number("verified", numberMax),
		Refused:     o.number("refused", numberMax),
		Stalls:      o.number("stalls", numberMax),
		StalledMS:   o.number("stalledMs", numberMax),
	}
}

func (m Hello) append(w *writer) { w.open("hello").text("token", m.Token) }
func (m Signal) append(w *writer) {
	w.open("signal").text("to", m.To.String())
	w.body(m.Body)
}
func (m Linked) append(w *writer) { w.open("linked").number("peers", uint64(m.Peers)) }
func (m Able) append(w *writer)   { w.open("able").number("slots", uint64(m.Slots)) }
func (m Records) append(w *writer) {
	from := recordsFromTracker
	if m.FromPeers {
		from = recordsFromPeers
	}
	w.open("records").text("from", from)
}
func (m Follow) append(w *writer)  { w.open("follow").tracks("tracks", m.Tracks) }
func (m At) append(w *writer)      { w.open("at").number("ms", m.PositionMS) }
func (m Refused) append(w *writer) { w.open("refused").text("peer", m.Peer.String()) }
func (m More) append(w *writer)    { w.open("more") }
func (m Ping) append(w *writer)    { w.open("ping").number("at", m.At) }
func (m Bye) append(w *writer)     { w.open("bye") }
func (m Report) append(w *writer) {
	w.open("report").number("httpBytes", m.HTTPBytes).number("peerBytes", m.PeerBytes).
		number("uploadBytes", m.UploadBytes).number("verified", m.Verified).number("refused", m.Refused).
		number("stalls", m.Stalls).number("stalledMs", m.StalledMS)
}
