package wire

import "encoding/binary"

// JoinedHeaderSize is how many bytes stand before each message in a JOINED: its length. One more, the type, stands before all.
const JoinedHeaderSize = 2

// JoinedMost bounds the messages in a JOINED: who says more at once is no worse off with two of them.
const JoinedMost = 64

// AppendJoined appends a JOINED of messages, in order. There are two at the least and JoinedMost at most, none is a JOINED itself, and all of it is no longer than
// MessageMax.
func AppendJoined(b []byte, messages ...[]byte) []byte {
	b = append(b, TypeJoined)
	for _, m := range messages {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(m))), m...)
	}
	return b
}

// Split returns the messages in a JOINED, in order, as parts of b, and refuses what AppendJoined would not write.
func Split(b []byte) (messages [][]byte, err error) {
	if len(b) == 0 || len(b) > MessageMax || b[0] != TypeJoined {
		return nil, ErrMalformed
	}
	for rest := b[1:]; len(rest) > 0; {
		if len(rest) <= JoinedHeaderSize || rest[JoinedHeaderSize] == TypeJoined {
			return nil, ErrMalformed
		}
		end := JoinedHeaderSize + int(binary.BigEndian.Uint16(rest))
		if end == JoinedHeaderSize || end > len(rest) {
			return nil, ErrMalformed
		}
		messages, rest = append(messages, rest[JoinedHeaderSize:end:end]), rest[end:]
	}
	if len(messages) < 2 || len(messages) > JoinedMost {
		return nil, ErrMalformed
	}
	return messages, nil
}
