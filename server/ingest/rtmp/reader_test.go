package rtmp

import (
	"bytes"
	"errors"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"

	"shoal/server/ingest/mend"
)

// A codec that the protocol's reader knows nothing of is answered with what to choose instead; a message that is merely broken is not.
func TestCodecsThatNobodyReads(t *testing.T) {
	for name, c := range map[string]struct {
		raw     rawmessage.Message
		unknown bool
	}{
		"Sorenson":               {rawmessage.Message{Type: typePicture, Body: []byte{0x12, 0, 0, 0}}, true},
		"HEVC as some number it": {rawmessage.Message{Type: typePicture, Body: []byte{0x1C, 0, 0, 0, 0}}, true},
		"VP8":                    {rawmessage.Message{Type: typePicture, Body: []byte("\x90vp08\x00")}, true},
		"Speex":                  {rawmessage.Message{Type: typeSound, Body: []byte{0xB2, 1, 2}}, true},
		"FLAC":                   {rawmessage.Message{Type: typeSound, Body: []byte("\x90fLaC\x00")}, true},
		"broken H.264":           {rawmessage.Message{Type: typePicture, Body: []byte{0x17}}, false},
		"broken HEVC":            {rawmessage.Message{Type: typePicture, Body: []byte("\x90hvc1")}, false},
		"broken AAC":             {rawmessage.Message{Type: typeSound, Body: []byte{0xAF}}, false},
		"short":                  {rawmessage.Message{Type: typePicture, Body: []byte{0x90, 'v'}}, false},
		"nothing":                {rawmessage.Message{Type: typePicture}, false},
		"no media":               {rawmessage.Message{Type: 20, Body: []byte{0x12}}, false},
	} {
		if got := isUnknown(&c.raw); got != c.unknown {
			t.Errorf("%s: %v", name, got)
		}
		if !c.unknown || c.raw.Type == 20 {
			continue
		}
		var wire bytes.Buffer
		both := bytecounter.NewReadWriter(&wire)
		m, err := newMessages(both)
		if err != nil {
			t.Fatal(err)
		}
		c.raw.ChunkStreamID, c.raw.MessageStreamID = 4, messageStream
		if err := rawmessage.NewWriter(both, both.Writer, false).Write(&c.raw); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Read(); !errors.Is(err, mend.ErrCodec) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
