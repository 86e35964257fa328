package rtmp

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

const typeWindowSize = 5

// messages reads and writes a connection's messages. gortmplib's own reader ends the connection at multitrack messages of several tracks, so that
// they are taken apart before it sees them: each message goes through it as a chunk stream of one chunk.
type messages struct {
	raw     *rawmessage.Reader
	writer  *message.Writer
	waiting []*rawmessage.Message // tracks of the message that was read last

	one   bytes.Buffer
	again *rawmessage.Writer // to one
	parse *message.Reader    // from one
}

// trackFault is what was wrong with a message about a picture beside the first. Reading may go on.
type trackFault struct{ track uint8 }

func (f *trackFault) Error() string {
	return fmt.Sprintf("a message about picture %d is not valid", f.track)
}

// newMessages reads from what in counts.
func newMessages(in *bytecounter.ReadWriter) (*messages, error) {
	m := &messages{writer: message.NewWriter(in, in.Writer, false)}
	m.raw = rawmessage.NewReader(in, in.Reader, func(count uint32) error { return m.Write(&message.Acknowledge{Value: count}) })
	back := bytecounter.NewReadWriter(&m.one)
	m.again = rawmessage.NewWriter(back, back.Writer, false)
	m.parse = message.NewReader(back, back.Reader, func(uint32) error { return nil })
	size := []byte{chunkSizeMax >> 24, chunkSizeMax >> 16, chunkSizeMax >> 8 & 0xFF, chunkSizeMax & 0xFF}
	if _, err := m.understand(&rawmessage.Message{ChunkStreamID: chunkStreamMin, Type: typeSetChunkSize, Body: size}); err != nil {
		return nil, err
	}
	m.again.SetChunkSize(chunkSizeMax)
	return m, nil
}

// Write writes a message.
func (m *messages) Write(out message.Message) error { return m.writer.Write(out) }

// Read reads the next message. Behind a *trackFault reading goes on.
func (m *messages) Read() (message.Message, error) {
	for len(m.waiting) == 0 {
		raw, err := m.raw.Read()
		if err != nil {
			return nil, err
		}
		if done, err := m.control(raw); done || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		m.waiting = append(m.waiting, raw)
		if isMultitrack(raw) {
			if m.waiting, err = tracksOf(raw); err != nil {
				return nil, err
			}
		}
	}
	raw := m.waiting[0]
	m.waiting = m.waiting[1:]
	out, err := m.understand(raw)
	if err != nil && raw.Type == typePicture && isMultitrack(raw) && raw.Body[trackHead-1] > 0 {
		return nil, &trackFault{raw.Body[trackHead-1]}
	}
	if ping, ok := out.(*message.UserControlPingRequest); ok && err == nil {
		err = m.Write(&message.UserControlPingResponse{ServerTime: ping.ServerTime})
	}
	return out, err
}

// understand has gortmplib parse a message.
func (m *messages) understand(raw *rawmessage.Message) (message.Message, error) {
	if err := m.again.Write(raw); err != nil {
		return nil, err
	}
	return m.parse.Read()
}

// control obeys the messages that change how others are read, and reports whether raw was one.
func (m *messages) control(raw *rawmessage.Message) (bool, error) {
	if len(raw.Body) != 4 { // the others are answered with an error when they are parsed
		return false, nil
	}
	value := uint32(bits32(raw.Body))
	switch raw.Type {
	case typeSetChunkSize:
		return true, m.raw.SetChunkSize(value)
	case typeAbort:
		m.raw.AbortChunkStream(value)
		return true, nil
	case typeWindowSize:
		m.raw.SetWindowAckSize(value)
		return true, nil
	}
	return false, nil
}
