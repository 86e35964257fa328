package wire

import (
	"encoding/binary"

	"shoal/segment"
)

const stateSize = 7 + 3*segment.Stripes + 1

func (m State) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, m.QueueMS)
	b = append(b, m.Free)
	b = binary.BigEndian.AppendUint16(b, m.Slots)
	b = binary.BigEndian.AppendUint16(b, m.Primary)
	b = append(append(b, m.Depth[:]...), m.Delay[:]...)
	return append(append(b, m.Root[:]...), uint8(m.Tracks))
}

func appendMasks(b []byte, masks ...uint16) []byte {
	for _, m := range masks {
		b = binary.BigEndian.AppendUint16(b, m)
	}
	return b
}

// parseRoute reads the messages about stripes.
func parseRoute(kind byte, body []byte) (Message, error) {
	switch {
	case kind == TypeState && len(body) == stateSize:
		return State{
			QueueMS: binary.BigEndian.Uint16(body), Free: body[2], Slots: binary.BigEndian.Uint16(body[3:]),
			Primary: binary.BigEndian.Uint16(body[5:]), Depth: [segment.Stripes]uint8(body[7:]),
			Delay: [segment.Stripes]uint8(body[7+segment.Stripes:]), Root: [segment.Stripes]uint8(body[7+2*segment.Stripes:]),
			Tracks: segment.Tracks(body[stateSize-1]),
		}, nil
	case kind == TypeSub && len(body) == 6:
		return Sub{binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:]), binary.BigEndian.Uint16(body[4:])}, nil
	case kind == TypeSubOK && len(body) == 2:
		return SubOK{binary.BigEndian.Uint16(body)}, nil
	case kind == TypeSubNo && len(body) == 2:
		return SubNo{binary.BigEndian.Uint16(body)}, nil
	case kind == TypeUnsub && len(body) == 2:
		return Unsub{binary.BigEndian.Uint16(body)}, nil
	}
	return nil, ErrMalformed
}
