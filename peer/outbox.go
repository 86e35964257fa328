package peer

import (
	"time"

	"shoal/wire"
)

const (
	// lingerFor is how long what a neighbour holds, and can give, is kept back for others to go with it: it is of use later on, if at all.
	lingerFor = 100 * time.Millisecond
	// echoLingerFor is how long an answered clock is: its times are in it, but what it shows should soon be known.
	echoLingerFor = 20 * time.Millisecond
)

// outbox is what is about to go to a neighbour. Whatever is said to it in one turn goes as one message, and what is patient with what is said
// next: a message costs both sides a turn, however short it is.
type outbox struct {
	joins    bool // the neighbour takes it
	messages [][]byte
	size     int       // as JOINED
	at       time.Time // when they are to go at the latest
	closed   bool      // nothing more may go with them
}

// heard notes what a neighbour says that it takes.
func (o *outbox) heard(m []byte) {
	if hello, err := wire.Parse(m); err == nil {
		if h, ok := hello.(wire.Hello); ok {
			o.joins = h.Joins
		}
	}
}

// add takes in a message and returns what is to be sent at once, if anything. What follows a PROBE goes apart: that is to see the line, and not how
// large a piece is.
func (o *outbox) add(now time.Time, m []byte) []byte {
	if !o.joins {
		return m
	}
	var full []byte
	if o.closed || o.size+wire.JoinedHeaderSize+len(m) > wire.MessageMax || len(o.messages) == wire.JoinedMost {
		full = o.take()
	}
	at := now.Add(lingers(m))
	if len(o.messages) == 0 || at.Before(o.at) {
		o.at = at
	}
	if len(o.messages) == 0 {
		o.size = 1
	}
	o.messages, o.size, o.closed = append(o.messages, m), o.size+wire.JoinedHeaderSize+len(m), m[0] == wire.TypeProbe
	return full
}

// lingers returns how long a message may wait for others.
func lingers(m []byte) time.Duration {
	switch m[0] {
	case wire.TypeHave, wire.TypeState:
		return lingerFor
	case wire.TypeEcho:
		return echoLingerFor
	}
	return 0
}

func (o *outbox) empty() bool { return len(o.messages) == 0 }

// due reports whether what is there is to go.
func (o *outbox) due(now time.Time) bool { return !o.empty() && !now.Before(o.at) }

// take empties it and returns what is to be sent, nil if there is nothing.
func (o *outbox) take() (m []byte) {
	switch len(o.messages) {
	case 0:
		return nil
	case 1:
		m = o.messages[0]
	default:
		m = wire.AppendJoined(make([]byte, 0, o.size), o.messages...)
	}
	clear(o.messages)
	o.messages, o.size, o.closed = o.messages[:0], 0, false
	return m
}
