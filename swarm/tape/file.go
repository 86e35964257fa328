package tape

import (
	"encoding/binary"
	"iter"
	"shoal/span"

	"shoal/swarm"
)

const magic = "shoal.tape.v1\n"

// RecordMax bounds an input record in a file, in bytes: the longest message of a peer and its frame fit twice.
const RecordMax = 32 << 10

// AppendHead appends the beginning of a tape file.
func AppendHead(b []byte, c swarm.Config) []byte {
	return AppendBirth(append(b, magic...), c)
}

// AppendFramed appends an input as a tape file holds it.
func AppendFramed(b []byte, now span.Span, in swarm.Input) []byte {
	at := len(b)
	b = AppendInput(append(b, 0, 0, 0, 0), now, in)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// SplitFile reads the head of a tape file and returns the input records that follow, still in binary form. A file that
// was cut short in a record, as by a crash, ends before it.
func SplitFile(b []byte) (swarm.Config, iter.Seq[[]byte], error) {
	if len(b) < len(magic)+BirthSize || string(b[:len(magic)]) != magic {
		return swarm.Config{}, nil, ErrMalformed
	}
	config, err := ParseBirth(b[len(magic) : len(magic)+BirthSize])
	if err != nil {
		return swarm.Config{}, nil, err
	}
	rest := b[len(magic)+BirthSize:]
	return config, func(yield func([]byte) bool) {
		for b := rest; len(b) >= 4; {
			n := binary.BigEndian.Uint32(b)
			if n > RecordMax || int(n) > len(b)-4 || !yield(b[4:4+n]) {
				return
			}
			b = b[4+n:]
		}
	}, nil
}
