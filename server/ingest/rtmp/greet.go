package rtmp

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/server/ingest/gate"
)

// Bounds on what comes before a publication.
const (
	keyMax      = 200 // bytes of a stream key with its query; ours have 43
	commandsMax = 32  // commands before "publish"
)

// Numbers of RTMP that every server uses.
const (
	statusChunkStream = 5
	messageStream     = 0x1000000 // 1, as it stands in the header: little endian
	windowSize        = 2500000
	bandwidthDynamic  = 2
	chunkSizeOut      = 65536
)

// greet does the handshake and reads commands up to "publish", whose key it leaves in v. gortmplib's ServerConn answers
// "publish" before anyone can look at the key; then an encoder believes it is live and retries for minutes. So only its
// handshake and messages are used.
func (v *visit) greet() error {
	v.deadline(handshakeMax)
	v.guard = newGuard(v.conn)
	count := bytecounter.NewReadWriter(v.guard)
	if _, _, err := handshake.DoServer(count, false); err != nil {
		return careful(err)
	}
	var err error
	if v.rtmp, err = newMessages(count); err != nil {
		return err
	}
	app := ""
	for range commandsMax {
		m, err := v.rtmp.Read()
		if err != nil {
			return careful(err)
		}
		c, ok := m.(*message.CommandAMF0)
		if !ok {
			continue
		}
		switch c.Name {
		case "connect":
			app = appIn(c)
			err = v.connected(c)
		case "createStream":
			err = v.rtmp.Write(&message.CommandAMF0{
				ChunkStreamID: c.ChunkStreamID, Name: "_result", CommandID: c.CommandID, Arguments: []any{nil, float64(1)},
			})
		case "play":
			return errPlays
		case "publish":
			v.key, v.takeover, v.languages, err = keyIn(c, app)
			return err
		}
		if err != nil {
			return careful(err)
		}
	}
	return errHandshake
}

// appIn returns the application of a connect command: the path of the address, as a rule "live".
func appIn(c *message.CommandAMF0) string {
	for _, a := range c.Arguments {
		if o, ok := a.(amf0.Object); ok {
			app, _ := o.GetString("app")
			return app
		}
	}
	return ""
}

// keyIn returns the stream key of a publish command. Some encoders have one field for everything and put the key at the
// end of the application.
func keyIn(c *message.CommandAMF0, app string) (key string, takeover bool, languages []string, err error) {
	if len(c.Arguments) < 2 {
		return "", false, nil, errHandshake
	}
	text, ok := c.Arguments[1].(string)
	if !ok {
		return "", false, nil, errHandshake
	}
	key, takeover = gate.ReadKey(text)
	languages = gate.ReadLanguages(text)
	if key == "" {
		languages = append(languages, gate.ReadLanguages(app)...)
		app, inApp := gate.ReadKey(app)
		_, key, _ = strings.Cut(strings.Trim(app, "/"), "/")
		takeover = takeover || inApp
	}
	if len(key) > keyMax {
		return "", false, nil, errHandshake
	}
	if key == "" {
		return "", false, nil, errors.New("it sent no stream key: set the one that \"shoal channel add\" printed")
	}
	return key, takeover, languages, nil
}

// careful passes on errors of the network and of our guard. The library's own repeat what the publisher sent, and that
// may be the key, typed into the wrong field.
func careful(err error) error {
	var network net.Error
	var ours *refusal
	if errors.As(err, &network) || errors.As(err, &ours) || isEOF(err) {
		return err
	}
	return errHandshake
}

// connected answers "connect".
func (v *visit) connected(c *message.CommandAMF0) error {
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: windowSize},
		&message.SetPeerBandwidth{Value: windowSize, Type: bandwidthDynamic},
		&message.SetChunkSize{Value: chunkSizeOut},
		&message.CommandAMF0{
			ChunkStreamID: c.ChunkStreamID, Name: "_result", CommandID: c.CommandID,
			Arguments: []any{
				amf0.Object{{Key: "fmsVer", Value: "FMS/3,0,1,123"}, {Key: "capabilities", Value: float64(31)}},
				amf0.Object{
					{Key: "level", Value: "status"},
					{Key: "code", Value: "NetConnection.Connect.Success"},
					{Key: "description", Value: "Connection succeeded."},
					{Key: "objectEncoding", Value: float64(0)},
				},
			},
		},
	} {
		if err := v.rtmp.Write(m); err != nil {
			return fmt.Errorf("answer the connect command: %w", err)
		}
	}
	return nil
}

// started tells the publisher to send.
func (v *visit) started() error {
	return v.status("status", "NetStream.Publish.Start", "publish start")
}

// refuse tells the publisher why it may not send, so that it stops trying. Only who holds a good key hears more than that
// it is refused.
func (v *visit) refuse(why error) {
	v.deadline(writeMax)
	// The connection ends whether this arrives or not.
	_ = v.status("error", "NetStream.Publish.BadName", v.spoken(why))
}

// spoken is what a publisher who is refused hears.
func (v *visit) spoken(why error) string {
	switch {
	case errors.Is(why, gate.ErrKey):
		return "Stream key refused. Copy it again as it was printed; the server's log has the reason."
	case errors.Is(why, gate.ErrBlocked): // before the key was looked at
		return "Too many wrong stream keys came from your address. Try again in a minute: a right one is taken then."
	}
	return "The stream key is right, but the server cannot take the stream: " + v.redact(why.Error())
}

func (v *visit) status(level, code, description string) error {
	return v.rtmp.Write(&message.CommandAMF0{
		ChunkStreamID: statusChunkStream, MessageStreamID: messageStream, Name: "onStatus",
		Arguments: []any{nil, amf0.Object{
			{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: description},
		}},
	})
}
