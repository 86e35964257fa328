package tape

import (
	"encoding/binary"
	"errors"

	"shoal/id"
	"shoal/segment"
)

// ErrMalformed says that bytes are no record of this package.
var ErrMalformed = errors.New("tape: malformed record")

func appendPart(b []byte, p segment.Part) []byte {
	b = binary.BigEndian.AppendUint64(b, p.Epoch)
	b = append(b, uint8(p.Track))
	return binary.BigEndian.AppendUint64(b, p.Seq)
}

func appendPeer(b []byte, p id.Peer) []byte { return binary.BigEndian.AppendUint64(b, uint64(p)) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendBytes(b, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
}

// cursor reads fields off the front of b. A read past the end sets bad and yields zeroes.
type cursor struct {
	b   []byte
	bad bool
}

var zeroes [64]byte

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.bad, c.b = true, nil
		if n <= len(zeroes) {
			return zeroes[:n]
		}
		return nil
	}
	f := c.b[:n]
	c.b = c.b[n:]
	return f
}

func (c *cursor) u8() uint8     { return c.take(1)[0] }
func (c *cursor) u16() uint16   { return binary.BigEndian.Uint16(c.take(2)) }
func (c *cursor) u32() uint32   { return binary.BigEndian.Uint32(c.take(4)) }
func (c *cursor) u64() uint64   { return binary.BigEndian.Uint64(c.take(8)) }
func (c *cursor) peer() id.Peer { return id.Peer(c.u64()) }

// flag reads a boolean; only 0 and 1 are one.
func (c *cursor) flag() bool {
	v := c.u8()
	c.bad = c.bad || v > 1
	return v == 1
}

func (c *cursor) part() segment.Part {
	return segment.Part{Epoch: c.u64(), Track: segment.Track(c.u8()), Seq: c.u64()}
}

func (c *cursor) bytes() []byte {
	n := c.u32()
	if uint64(n) > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	return c.take(int(n))
}
