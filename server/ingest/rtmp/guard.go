package rtmp

import (
	"fmt"
	"io"

	"shoal/segment"
)

// Bounds on what a connection may send. gortmplib allocates what a header announces, up to 10 MB, and reads commands by
// recursion: a stranger could make it take gigabytes, so sizes are checked before it sees them.
const (
	strangerBytesMax = 128 << 10           // before a right key, in all
	chunkSizeMin     = 128                 // smaller chunks cost more to keep than they carry
	chunkSizeMax     = 10 << 20            // the most that gortmplib takes
	commandMax       = 64 << 10            // a command or metadata
	soundMax         = 1 << 20             // a sound message
	pictureMax       = segment.PartSizeMax // a picture message: a frame must fit into a part
	unfinishedMax    = 8 << 20             // unfinished messages of all chunk streams
)

// Sizes and numbers of the RTMP chunk stream (RTMP 1.0, section 5).
const (
	versionPlain     = 3
	handshakeSize    = 2 * 1536 // C1 and C2
	chunkSizeInitial = 128
	chunkStreamMin   = 2
	extendedTime     = 0xFFFFFF
	typeSetChunkSize = 1
	typeAbort        = 2
	typeSound        = 8
	typePicture      = 9
)

// refusal is what the guard found wrong. Its text holds nothing that the other side chose but numbers.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

func refused(format string, args ...any) error { return &refusal{reason: fmt.Sprintf(format, args...)} }

// guard passes a connection's bytes on and follows the chunk stream in them. It refuses bytes before the reader behind
// it can act on them.
type guard struct {
	io.ReadWriter

	admitted  bool
	scanned   int
	handshake int  // bytes of C1 and C2 still to come
	greeted   bool // the version byte was seen

	header    [16]byte // of the chunk being read
	have      int
	body      int // bytes of the chunk's body still to come
	at        *chunkStream
	streams   [64]chunkStream
	chunkSize int
	pending   int // bytes of unfinished messages
}

// chunkStream is what is known of one chunk stream: later headers leave out what earlier ones said.
type chunkStream struct {
	known    bool
	typ      byte
	length   int
	received int
	extended bool
	control  [4]byte // the message's first bytes
}

func newGuard(rw io.ReadWriter) *guard {
	return &guard{ReadWriter: rw, handshake: handshakeSize, chunkSize: chunkSizeInitial}
}

// admit widens the bounds: the publisher showed a right key.
func (g *guard) admit() { g.admitted = true }

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.ReadWriter.Read(p)
	if bad := g.scan(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// scan follows the chunk stream through b.
func (g *guard) scan(b []byte) error {
	g.scanned += len(b)
	if !g.admitted && g.scanned > strangerBytesMax {
		return refused("it sent %d bytes without a stream key", strangerBytesMax)
	}
	if !g.greeted && len(b) > 0 {
		if b[0] != versionPlain {
			return refused("it does not speak RTMP: its first byte is %#02x instead of 0x03", b[0])
		}
		g.greeted = true
		b = b[1:]
	}
	n := min(g.handshake, len(b))
	g.handshake -= n
	b = b[n:]
	for len(b) > 0 {
		if g.at == nil {
			g.header[g.have] = b[0]
			g.have++
			b = b[1:]
			if err := g.head(); err != nil {
				return err
			}
			continue
		}
		n := min(g.body, len(b))
		g.carry(b[:n])
		b = b[n:]
		if err := g.chunkDone(); err != nil {
			return err
		}
	}
	return nil
}

// head looks at the header read so far and starts the chunk's body once it is whole.
func (g *guard) head() error {
	format, number := g.header[0]>>6, g.header[0]&0x3F
	if number < chunkStreamMin {
		return refused("it uses a chunk stream number over 63, which no known encoder does")
	}
	s := &g.streams[number]
	if format != 0 && !s.known {
		return refused("it sent a shortened chunk header without a full one before it")
	}
	if format != 3 && s.received > 0 {
		return refused("it began a message before the end of the one before it")
	}
	size := [4]int{12, 8, 4, 1}[format]
	extended := s.extended
	if format != 3 {
		if g.have < size {
			return nil
		}
		extended = bits24(g.header[1:]) == extendedTime
	}
	if extended {
		size += 4
	}
	if g.have < size {
		return nil
	}
	if format != 3 {
		s.extended = extended && bits32(g.header[size-4:]) >= extendedTime
	}
	if format < 2 {
		s.known, s.length, s.typ = true, bits24(g.header[4:]), g.header[7]
	}
	if limit := g.lengthMax(s.typ); s.length > limit {
		return refused("it announced a message of type %d with %d bytes: the most is %d", s.typ, s.length, limit)
	}
	g.at, g.have = s, 0
	g.body = min(s.length-s.received, g.chunkSize)
	return g.chunkDone() // a body may be empty
}

func (g *guard) lengthMax(typ byte) int {
	switch {
	case !g.admitted:
		return commandMax
	case typ == typeSound:
		return soundMax
	case typ == typePicture:
		return pictureMax
	}
	return commandMax
}

// carry counts bytes of a chunk's body.
func (g *guard) carry(b []byte) {
	s := g.at
	if s.received < len(s.control) {
		copy(s.control[s.received:], b)
	}
	s.received += len(b)
	g.pending += len(b)
	g.body -= len(b)
}

// chunkDone ends a chunk whose body is whole, and a message whose chunks are.
func (g *guard) chunkDone() error {
	if g.body > 0 {
		return nil
	}
	s := g.at
	g.at = nil
	if s.received < s.length {
		if g.pending > unfinishedMax {
			return refused("it left too many messages unfinished")
		}
		return nil
	}
	g.pending -= s.received
	s.received = 0
	return g.control(s)
}

// control obeys the messages that change how the stream is read.
func (g *guard) control(s *chunkStream) error {
	const body = len(s.control)
	if s.length != body {
		return nil
	}
	value := bits32(s.control[:])
	switch s.typ {
	case typeSetChunkSize:
		if value < chunkSizeMin || value > chunkSizeMax {
			return refused("it asked for a chunk size of %d: it must be %d to %d", value, chunkSizeMin, chunkSizeMax)
		}
		g.chunkSize = value
	case typeAbort:
		if value >= chunkStreamMin && value < len(g.streams) && g.streams[value].received > 0 {
			g.pending -= g.streams[value].received
			g.streams[value].length, g.streams[value].received = 0, 0
		}
	}
	return nil
}

func bits24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func bits32(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }
