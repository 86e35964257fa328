package srt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"shoal/server/ingest/gate"
	"shoal/server/ingest/mend"
	"shoal/server/ingest/srt/ts"
)

// Bounds of a connection.
const (
	// queueMax is how many packets wait for its goroutine: half a second at 20 Mbit/s. What comes beyond is lost, and asked for again.
	queueMax = 1024
	// every is how often it acknowledges and looks at its times (draft, section 4.8.1).
	every = 10 * time.Millisecond
	// nakLeast is how often it repeats what is missing, at most (section 4.8.2).
	nakLeast = 20 * time.Millisecond
	// aliveAfter is after how long of silence it says that it is there.
	aliveAfter = time.Second
	// rekeyLeast is how often a new key is looked at: each look costs a millisecond of hashing, encoders need one in hours.
	rekeyLeast = 100 * time.Millisecond
	// askedMax is how many acknowledgements may wait to be acknowledged.
	askedMax = 64
)

var errSilent = fmt.Errorf("neither picture nor sound came for %v", idleMax)

// datagram is one that waits.
type datagram struct {
	header
	body []byte
}

// connection is one publication.
type connection struct {
	// set once
	server *Server
	peer   peer
	id     uint32
	answer []byte // to the second handshake
	place  gate.Admission
	keys   *keys
	began  time.Time
	queue  chan datagram
	nakMax int // runs that fit into a packet

	// owned by run
	window  *window
	demuxer *ts.Demuxer
	frames  int       // of the demuxer, when last looked at
	heard   time.Time // when a frame last came
	sent    time.Time // when something was last sent
	naked   time.Time
	rekeyed time.Time
	acked   uint32
	acks    uint32
	asked   [askedMax]ask
	rtt     time.Duration
	rttVar  time.Duration
	packets int
	bytes   int
	counted time.Time
	perSec  [2]uint32 // packets and bytes
}

// ask is an acknowledgement that waits for its own.
type ask struct {
	number uint32
	at     time.Time
}

func newConnection(s *Server, v *visit, place gate.Admission, k *keys, latency time.Duration) *connection {
	now := time.Now()
	mender := mend.New(place.Sink, v.log)
	mender.LeftOut = place.LeftOut
	c := &connection{
		server: s, peer: v.who, place: place, keys: k, began: now, queue: make(chan datagram, queueMax),
		nakMax: (int(min(v.handshake.mtu, datagramMax)) - headerSize - 28) / 8, // of 8 bytes; 28 are UDP's and IP's
		window: newWindow(v.handshake.isn, latency, now), demuxer: ts.New(mender, v.log),
		heard: now, sent: now, naked: now, counted: now, acked: v.handshake.isn, rtt: 100 * time.Millisecond, rttVar: 50 * time.Millisecond,
	}
	s.enlist(c)
	c.answer = controlPacket(typeHandshake, 0, 0, 0, v.who.socket, v.handshake.conclusion(c.id, uint32(latency/time.Millisecond)))
	s.open(c)
	return c
}

// offer puts a packet into the queue, if there is room.
func (c *connection) offer(h header, body []byte) {
	d := datagram{h, append([]byte(nil), body...)}
	select {
	case c.queue <- d:
	default:
	}
}

// run serves the connection to its end: nil if the publisher stopped.
func (c *connection) run(ctx context.Context) (err error) {
	defer c.server.strike(c)
	defer func() {
		if p := recover(); p != nil { // the publication must be left all the same
			c.server.Meter.IngestFault(gate.SRT)
			c.server.Log.Error("publication ended by a fault of ours", "protocol", gate.SRT, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("a fault of ours: %v", p)
		}
	}()
	defer func() { c.say(typeShutdown, 0, 0, make([]byte, 4)) }()
	c.server.send(c.peer.at, c.answer)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.place.Cut:
			return gate.ErrCut
		case d := <-c.queue:
			stopped, err := c.take(d)
			if err != nil || stopped {
				return errors.Join(err, c.drain(stopped))
			}
		case now := <-tick.C:
			if err := c.tick(now); err != nil {
				return err
			}
		}
	}
}

// drain hands on what is left when the publisher stops.
func (c *connection) drain(stopped bool) error {
	if !stopped {
		return nil
	}
	now := time.Now()
	for c.window.held > 0 {
		if err := c.deliver(now); err != nil {
			return err
		}
		c.window.expire(now.Add(c.window.latency))
	}
	return c.demuxer.Flush()
}

// take takes one packet, and reports whether the publisher stopped.
func (c *connection) take(d datagram) (stopped bool, err error) {
	now := time.Now()
	if !d.control {
		return false, c.data(d, now)
	}
	switch d.typ {
	case typeShutdown:
		return true, nil
	case typeAckAck:
		c.acknowledged(d.info, now)
	case typeUser:
		if d.sub == subKeyRequest {
			c.rekey(d.body, now)
		}
	}
	return false, nil
}

// data takes a packet of the stream.
func (c *connection) data(d datagram, now time.Time) error {
	c.packets++
	c.bytes += len(d.body)
	if len(d.body) == 0 {
		return nil
	}
	if c.keys == nil && d.key != 0 || c.keys != nil && !c.keys.open(d.body, d.key, d.seq) {
		return nil
	}
	if from, to, missing := c.window.put(d.seq, d.body, now); missing {
		c.nak([][2]uint32{{from, to}})
	}
	return c.deliver(now)
}

// deliver hands on what is in order.
func (c *connection) deliver(now time.Time) error {
	for {
		b := c.window.take(now)
		if b == nil {
			break
		}
		if err := c.demuxer.Write(b); err != nil {
			return err
		}
	}
	if n := c.demuxer.Frames(); n != c.frames {
		c.frames, c.heard = n, now
	}
	return nil
}

// tick does what is due.
func (c *connection) tick(now time.Time) error {
	lost := c.window.lost
	if c.window.expire(now); c.window.lost > lost {
		if c.place.Lost != nil {
			c.place.Lost(c.window.lost - lost)
		}
		if err := c.deliver(now); err != nil {
			return err
		}
	}
	if now.Sub(c.heard) > idleMax {
		return errSilent
	}
	if c.window.wanted != c.acked {
		c.acknowledge(now)
	}
	if now.Sub(c.naked) > max((c.rtt+4*c.rttVar)/2, nakLeast) {
		if runs := c.window.missing(c.nakMax); len(runs) > 0 {
			c.nak(runs)
			c.naked = now
		}
	}
	if now.Sub(c.sent) > aliveAfter {
		c.say(typeKeepAlive, 0, 0, make([]byte, 4))
	}
	return nil
}

// say sends a control packet.
func (c *connection) say(typ, sub uint16, info uint32, body []byte) {
	c.sent = time.Now()
	stamp := uint32(c.sent.Sub(c.began) / time.Microsecond)
	c.server.send(c.peer.at, controlPacket(typ, sub, info, stamp, c.peer.socket, body))
}

// acknowledge tells how far the stream is here (draft, section 3.2.4).
func (c *connection) acknowledge(now time.Time) {
	if over := now.Sub(c.counted); over >= time.Second {
		c.perSec = [2]uint32{uint32(float64(c.packets) / over.Seconds()), uint32(float64(c.bytes) / over.Seconds())}
		c.packets, c.bytes, c.counted = 0, 0, now
	}
	c.acks++
	c.acked = c.window.wanted
	c.asked[c.acks%askedMax] = ask{c.acks, now}
	b := make([]byte, 0, 28)
	for _, word := range []uint32{
		c.acked, uint32(c.rtt / time.Microsecond), uint32(c.rttVar / time.Microsecond), uint32(windowMax - c.window.held), c.perSec[0], c.perSec[0], c.perSec[1],
	} {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	c.say(typeAck, 0, c.acks, b)
}

// acknowledged measures the way there and back.
func (c *connection) acknowledged(number uint32, now time.Time) {
	asked := &c.asked[number%askedMax]
	if asked.number != number || number == 0 {
		return
	}
	took := now.Sub(asked.at)
	*asked = ask{}
	c.rttVar += ((c.rtt - took).Abs() - c.rttVar) / 4
	c.rtt += (took - c.rtt) / 8
}

// nak asks for runs of packets again (draft, section 3.2.5).
func (c *connection) nak(runs [][2]uint32) {
	b := make([]byte, 0, 8*len(runs))
	for _, run := range runs {
		if run[0] == run[1] {
			b = binary.BigEndian.AppendUint32(b, run[0])
			continue
		}
		b = binary.BigEndian.AppendUint32(b, 1<<seqBits|run[0])
		b = binary.BigEndian.AppendUint32(b, run[1])
	}
	c.say(typeNak, 0, 0, b)
}

// rekey takes the key that follows.
func (c *connection) rekey(km []byte, now time.Time) {
	if c.keys == nil || now.Sub(c.rekeyed) < rekeyLeast && string(km) != string(c.keys.material) {
		return
	}
	c.rekeyed = now
	if c.keys.refresh(km) == nil {
		c.say(typeUser, subKeyResponse, 0, km)
	}
}
