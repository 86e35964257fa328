package rtmp

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"

	"shoal/server/ingest/mend"
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
	if err != nil && isUnknown(raw) {
		return nil, mend.ErrCodec
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

// What the first byte of a picture or sound says in FLV, and in Enhanced RTMP, where four letters behind it name the codec.
const (
	flvH264, flvAAC    = 7, 10 // in the lower half of a picture's, in the upper half of a sound's
	exPicture, exSound = 8, 9  // in the upper half: Enhanced RTMP, the kind of message in the lower one; a picture's has other bits besides
	exStart            = 0     // kinds whose codec is named next
	exCodedFrames      = 1
	exFramesX          = 3
)

// isUnknown reports whether a message that gortmplib does not read is of a codec that it does not know.
func isUnknown(raw *rawmessage.Message) bool {
	if len(raw.Body) == 0 || raw.Type != typePicture && raw.Type != typeSound {
		return false
	}
	upper, lower := raw.Body[0]>>4, raw.Body[0]&0xF
	switch {
	case raw.Type == typePicture && upper&exPicture == 0:
		return lower != flvH264
	case raw.Type == typeSound && upper != exSound:
		return upper != flvAAC
	}
	const letters = 4
	if len(raw.Body) < 1+letters || lower != exStart && lower != exCodedFrames && lower != exFramesX {
		return false
	}
	return !slices.Contains([]string{"avc1", "hvc1", "av01", "vp09", "mp4a", "Opus"}, string(raw.Body[1:1+letters]))
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
