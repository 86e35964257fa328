package tracker

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"

	"shoal/id"
	"shoal/segment"
	"shoal/wire/signal"
)

// viewer is one connection. Its handler reads, one goroutine writes; what stands under "the room's" belongs to the room's owner.
type viewer struct {
	conn   *websocket.Conn
	from   netip.Addr // as limits count it
	at     netip.Addr // as candidates are judged; the zero Addr if not known
	peer   id.Peer
	mode   Mode
	began  time.Time
	ctx    context.Context // ends when the connection has to be cut
	cancel context.CancelFunc
	queue  chan frame

	once   sync.Once
	ending chan struct{} // closed by end
	ended  farewell      // set before ending is closed

	// The room's.
	fresh  [][]byte // records sent as backlog, which may come once more as facts
	weaned bool     // it has records and edges from peers
	// refreshed is when it was last sent the records of late.
	refreshed time.Time
	carried   map[id.Peer]*carried
	// strangers are candidates that were refused for an address nobody saw yet; at most strangersMax.
	strangers []signal.Signal
	linked    int // as last said
	applied   int // as coord knows it
	linkedAt  time.Time
	follows   segment.Tracks // as coord and records go by
	wants     segment.Tracks // as last said
	turnedAt  time.Time
	reports   bucket
	reported  time.Time
	renewed   time.Time // when it was last given credentials of the relay
}

// frame is one message to a viewer, or several that go together.
type frame struct {
	binary bool
	data   []byte
	more   [][]byte
}

// farewell is how a connection ends.
type farewell struct {
	status  websocket.StatusCode
	code    string // of the error said before; "" says none
	message string
	cut     *time.Timer
}

func newViewer(conn *websocket.Conn, from netip.Addr, hidden bool) *viewer {
	v := &viewer{
		conn: conn, from: from, at: from, queue: make(chan frame, queueMax), ending: make(chan struct{}),
		carried: map[id.Peer]*carried{}, follows: segment.AllTracks, wants: segment.AllTracks,
	}
	if hidden {
		v.at = netip.Addr{}
	}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	return v
}

// end begins to close the connection; only the first call counts. It does not wait.
func (v *viewer) end(status websocket.StatusCode, code, message string) {
	v.once.Do(func() {
		// A viewer that does not answer, or a write that hangs, is cut.
		v.ended = farewell{status, code, message, time.AfterFunc(closeWithin, v.cancel)}
		close(v.ending)
	})
}

// send queues a frame. A viewer whose queue is full is too slow to be helped by more, and is sent away.
func (v *viewer) send(f frame) {
	select {
	case v.queue <- f:
	default:
		v.end(websocket.StatusTryAgainLater, "slow", "The connection is too slow for the tracker's messages. Reconnect.")
	}
}

func (v *viewer) say(m signal.FromTracker) { v.send(frame{data: signal.EncodeTracker(m)}) }

// attend speaks with a viewer until the connection is closed.
func (t *Tracker) attend(v *viewer) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		v.write(t.closing)
	}()
	hello := time.AfterFunc(HelloWithin, func() {
		v.end(websocket.StatusPolicyViolation, "hello", "No hello came within 5 seconds.")
	})
	t.converse(v, hello)
	hello.Stop()
	v.end(websocket.StatusNormalClosure, "", "")
	<-written
	v.ended.cut.Stop()
	v.cancel()
	_ = v.conn.CloseNow()
}

// converse reads until the viewer is silent, is to be closed, or breaks a rule.
func (t *Tracker) converse(v *viewer, hello *time.Timer) {
	m, ok := v.read()
	if !ok {
		return
	}
	first, ok := m.(signal.Hello)
	if !ok {
		v.end(websocket.StatusPolicyViolation, "hello", "The first message must be hello.")
		return
	}
	ticket, err := t.verify(first.Token)
	if err != nil {
		v.end(websocket.StatusPolicyViolation, "token", "The token is not valid here or too old. Join again to get a new one.")
		return
	}
	hello.Stop()
	v.peer, v.mode, v.began = ticket.peer, ticket.mode, t.now()
	v.reported, v.renewed, v.fresh = v.began, v.began, nil
	r := t.enterRoom(ticket.place)
	defer t.leaveRoom(r)
	r.post(joined{v})
	t.listen(v, r)
	done := make(chan struct{})
	r.post(left{v, done})
	<-done
}

// listen passes on what a viewer says.
func (t *Tracker) listen(v *viewer, r *room) {
	var messages bucket
	for {
		m, ok := v.read()
		if !ok {
			return
		}
		if !messages.take(t.now(), rate{messagesPerSecond, messagesAtOnce}) {
			v.end(websocket.StatusPolicyViolation, "flood", "Too many messages. Wait before you reconnect.")
			return
		}
		if !t.limits.message(t.now(), v.from) {
			continue // others of its network may be to blame: it loses a message, not its place
		}
		switch m := m.(type) {
		case signal.Hello:
			v.end(websocket.StatusPolicyViolation, "malformed", "A second hello came.")
			return
		case signal.Bye:
			return
		case signal.Ping:
			v.say(signal.Pong{At: m.At, ServerTimeMS: uint64(t.now().UnixMilli())})
		default:
			r.post(said{v, m})
		}
	}
}

// read returns the next message; ok is false when there is none, and the connection is being closed.
func (v *viewer) read() (m signal.FromViewer, ok bool) {
	kind, b, err := v.conn.Read(v.ctx)
	if err != nil {
		return nil, false
	}
	if kind != websocket.MessageText {
		v.end(websocket.StatusUnsupportedData, "malformed", "Viewers send text frames only.")
		return nil, false
	}
	m, err = signal.DecodeViewer(b)
	if err != nil {
		v.end(websocket.StatusPolicyViolation, "malformed", err.Error())
		return nil, false
	}
	return m, true
}

// write sends what is queued until the connection ends, then says why and closes it.
func (v *viewer) write(closing <-chan struct{}) {
	for {
		select {
		case <-closing:
			v.end(websocket.StatusGoingAway, "", "")
			closing = nil
		case <-v.ending:
			if v.ended.code != "" {
				_ = v.put(false, signal.EncodeTracker(signal.Error{Code: v.ended.code, Message: v.ended.message}))
			}
			_ = v.conn.Close(v.ended.status, v.ended.code)
			return
		case f := <-v.queue:
			if err := v.putAll(f); err != nil {
				v.end(websocket.StatusAbnormalClosure, "", "")
				_ = v.conn.CloseNow()
				return
			}
		}
	}
}

func (v *viewer) putAll(f frame) error {
	if f.data != nil {
		return v.put(f.binary, f.data)
	}
	for _, data := range f.more {
		if err := v.put(f.binary, data); err != nil {
			return err
		}
	}
	return nil
}

func (v *viewer) put(binary bool, data []byte) error {
	ctx, cancel := context.WithTimeout(v.ctx, writeWithin)
	defer cancel()
	kind := websocket.MessageText
	if binary {
		kind = websocket.MessageBinary
	}
	return v.conn.Write(ctx, kind, data)
}
