package tape

import (
	"encoding/binary"
	"shoal/span"

	"shoal/id"
	"shoal/segment"
	"shoal/swarm"
)

// BirthSize is the length of a birth record in bytes.
const BirthSize = 60

// recorded is the bit beside the uplink that says that the channel is a recording: no uplink is so wide.
const recorded = 1 << 31

// AppendBirth appends an engine's birth.
func AppendBirth(b []byte, c swarm.Config) []byte {
	b = appendPeer(b, c.Self)
	b = append(b, c.Channel[:]...)
	b = binary.BigEndian.AppendUint64(b, c.Seed)
	b = binary.BigEndian.AppendUint64(b, uint64(c.BirthWallMS))
	rest := uint32(c.UplinkBytesPerSecond) &^ recorded
	if c.Recorded {
		rest |= recorded
	}
	return binary.BigEndian.AppendUint32(b, rest)
}

// ParseBirth reads what AppendBirth writes.
func ParseBirth(b []byte) (swarm.Config, error) {
	if len(b) != BirthSize {
		return swarm.Config{}, ErrMalformed
	}
	c := cursor{b: b}
	config := swarm.Config{Self: c.peer(), Channel: id.Channel(c.take(32)), Seed: c.u64(), BirthWallMS: int64(c.u64())}
	rest := c.u32()
	config.UplinkBytesPerSecond, config.Recorded = int(rest&^recorded), rest&recorded != 0
	return config, nil
}

// The kinds of input.
const (
	kindTick = iota + 1
	kindIntroduced
	kindPeerUp
	kindPeerDown
	kindSaid
	kindDrained
	kindOffered
	kindSeeding
	kindPlayhead
	kindWanted
	kindArrived
	kindChecked
	kindSignatureChecked
	kindFetched
	kindEvicted
	kindUplink
	kindTracked
	kindFollowing
	kindOverhead
)

// The bits of an introduction.
const (
	introducedDial = 1 << 0
	introducedNear = 1 << 1
)

func bit(is bool, value uint8) uint8 {
	if is {
		return value
	}
	return 0
}

// AppendInput appends the record of in, which happened at now.
func AppendInput(b []byte, now span.Span, in swarm.Input) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(now/span.Microsecond))
	switch in := in.(type) {
	case swarm.Tick:
		b = append(b, kindTick)
	case swarm.Introduced:
		b = append(appendPeer(append(b, kindIntroduced), in.Peer), bit(in.Dial, introducedDial)|bit(in.Near, introducedNear))
	case swarm.PeerUp:
		b = appendPeer(append(b, kindPeerUp), in.Peer)
	case swarm.PeerDown:
		b = appendPeer(append(b, kindPeerDown), in.Peer)
	case swarm.Said:
		b = appendBytes(appendPeer(append(b, kindSaid), in.Peer), in.Data)
	case swarm.Drained:
		b = binary.BigEndian.AppendUint32(appendPeer(append(b, kindDrained), in.Peer), uint32(in.Buffered))
	case swarm.Offered:
		b = append(appendPeer(append(b, kindOffered), in.From), in.Digest[:]...)
		b = appendBytes(b, in.Data)
	case swarm.Seeding:
		b = binary.BigEndian.AppendUint16(append(b, kindSeeding), in.Stripes)
	case swarm.Playhead:
		b = binary.BigEndian.AppendUint64(append(b, kindPlayhead), uint64(in.WallMS))
		b = binary.BigEndian.AppendUint32(b, uint32(in.BufferMS))
		b = appendBool(b, in.Playing)
	case swarm.Wanted:
		b = appendPart(append(b, kindWanted), in.Part)
	case swarm.Arrived:
		b = appendPart(appendPeer(append(b, kindArrived), in.From), in.Part)
		b = binary.BigEndian.AppendUint16(b, uint16(in.Piece))
		b = binary.BigEndian.AppendUint32(b, uint32(in.Size))
	case swarm.Checked:
		b = binary.BigEndian.AppendUint16(appendPart(append(b, kindChecked), in.Part), uint16(in.Piece))
		b = appendBool(appendPeer(b, in.From), in.OK)
	case swarm.SignatureChecked:
		b = appendBool(binary.BigEndian.AppendUint32(append(b, kindSignatureChecked), in.Ref), in.OK)
	case swarm.Fetched:
		b = appendBool(binary.BigEndian.AppendUint32(append(b, kindFetched), in.Ref), in.Failed)
	case swarm.Evicted:
		b = appendPart(append(b, kindEvicted), in.Part)
	case swarm.Tracked:
		b = appendBool(append(b, kindTracked), in.Up)
	case swarm.Uplink:
		b = binary.BigEndian.AppendUint32(append(b, kindUplink), uint32(in.BytesPerSecond))
	case swarm.Following:
		b = append(b, kindFollowing, uint8(in.Tracks))
	case swarm.Overhead:
		b = binary.BigEndian.AppendUint32(append(b, kindOverhead), uint32(in.Bytes))
	}
	return b
}

// ParseInput reads one whole record. Byte slices in the input are parts of b.
func ParseInput(b []byte) (now span.Span, in swarm.Input, err error) {
	c := cursor{b: b}
	us := c.u64()
	if us > 1<<53 { // 285 years: a wrong field, and the bound keeps now from overflowing
		return 0, nil, ErrMalformed
	}
	now = span.Span(us) * span.Microsecond
	in = c.input()
	if c.bad || len(c.b) != 0 {
		return 0, nil, ErrMalformed
	}
	return now, in, nil
}

func (c *cursor) input() swarm.Input {
	switch c.u8() {
	case kindTick:
		return swarm.Tick{}
	case kindIntroduced:
		peer, how := c.peer(), c.u8()
		c.bad = c.bad || how > introducedDial|introducedNear
		return swarm.Introduced{Peer: peer, Dial: how&introducedDial != 0, Near: how&introducedNear != 0}
	case kindPeerUp:
		return swarm.PeerUp{Peer: c.peer()}
	case kindPeerDown:
		return swarm.PeerDown{Peer: c.peer()}
	case kindSaid:
		return swarm.Said{Peer: c.peer(), Data: c.bytes()}
	case kindDrained:
		return swarm.Drained{Peer: c.peer(), Buffered: int(c.u32())}
	case kindOffered:
		return swarm.Offered{From: c.peer(), Digest: id.Digest(c.take(32)), Data: c.bytes()}
	case kindSeeding:
		return swarm.Seeding{Stripes: c.u16()}
	case kindPlayhead:
		return swarm.Playhead{WallMS: int64(c.u64()), BufferMS: int64(c.u32()), Playing: c.flag()}
	case kindWanted:
		return swarm.Wanted{Part: c.part()}
	case kindArrived:
		return swarm.Arrived{From: c.peer(), Part: c.part(), Piece: int(c.u16()), Size: int(c.u32())}
	case kindChecked:
		return swarm.Checked{Part: c.part(), Piece: int(c.u16()), From: c.peer(), OK: c.flag()}
	case kindSignatureChecked:
		return swarm.SignatureChecked{Ref: c.u32(), OK: c.flag()}
	case kindFetched:
		return swarm.Fetched{Ref: c.u32(), Failed: c.flag()}
	case kindEvicted:
		return swarm.Evicted{Part: c.part()}
	case kindTracked:
		return swarm.Tracked{Up: c.flag()}
	case kindUplink:
		return swarm.Uplink{BytesPerSecond: int(c.u32())}
	case kindFollowing:
		return swarm.Following{Tracks: segment.Tracks(c.u8())}
	case kindOverhead:
		return swarm.Overhead{Bytes: int(c.u32())}
	}
	c.bad = true
	return nil
}
