package peer

import (
	"time"

	"shoal/wire"
)

// lingerFor is how long a message that nothing waits for is kept back, for others to the same neighbour to go with it.
const lingerFor = 20 * time.Millisecond

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
	at := now
	if patient(m) {
		at = now.Add(lingerFor)
	}
	if len(o.messages) == 0 || at.Before(o.at) {
		o.at = at
	}
	if len(o.messages) == 0 {
		o.size = 1
	}
	o.messages, o.size, o.closed = append(o.messages, m), o.size+wire.JoinedHeaderSize+len(m), m[0] == wire.TypeProbe
	return full
}

// patient reports whether nobody waits for a message: what its sender holds and can give is of use later on, and an answered clock has its times in it.
func patient(m []byte) bool {
	return m[0] == wire.TypeHave || m[0] == wire.TypeState || m[0] == wire.TypeEcho
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
