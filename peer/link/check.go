package link

import "encoding/binary"

// check reports whether data is a STUN binding request or its answer, relayed or not: 2 bytes of type, 2 of
// length, 4 that never change, 12 that name it (RFC 8489, 5).
func check(data []byte) bool {
	if len(data) > 4 && data[0]&0xC0 == 0x40 { // the relay's header of data, 4 bytes
		data = data[4:]
	}
	if len(data) < 20 || binary.BigEndian.Uint32(data[4:]) != 0x2112A442 {
		return false
	}
	kind := binary.BigEndian.Uint16(data)
	return kind == 0x0001 || kind == 0x0101
}
