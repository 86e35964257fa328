package door

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"shoal/wire/signal"
)

const (
	// pingEvery keeps the conversation alive through proxies; silentMax is when it counts as dead: two pings unheard.
	pingEvery = 15 * time.Second
	silentMax = 40 * time.Second
	// sendWithin bounds the sending of one message.
	sendWithin = 10 * time.Second
)

// Frame is one thing that the tracker said: a message, or a signed record in binary form.
type Frame struct {
	Message signal.FromTracker
	Record  []byte
}

// Hear takes in a frame. As long as it blocks, the tracker is slowed down.
type Hear func(ctx context.Context, f Frame)

// Talk holds one conversation with the tracker: it says hello and what comes through say, until ctx is done or the
// conversation ends, and says why. A *Refusal holds the tracker's own words.
func Talk(ctx context.Context, client *http.Client, pass Pass, say <-chan signal.FromViewer, hear Hear) error {
	dialing, cancel := context.WithTimeout(ctx, answerWithin)
	conn, res, err := websocket.Dial(dialing, pass.tracker, &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{signal.Subprotocol}, CompressionMode: websocket.CompressionDisabled,
	})
	cancel()
	if err != nil {
		if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
			return &Refusal{res.StatusCode, "tracker", "the tracker does not take connections"}
		}
		return fmt.Errorf("the tracker cannot be reached: %w", err)
	}
	defer conn.CloseNow() //nolint:errcheck // nothing is left to do about it
	if conn.Subprotocol() != signal.Subprotocol {
		return errors.New("the tracker speaks another protocol; is it another version?")
	}
	conn.SetReadLimit(signal.MessageMax)
	ctx, cancel = context.WithCancel(ctx)
	var speaker sync.WaitGroup
	defer speaker.Wait()
	defer cancel()
	spoken := make(chan error, 1)
	speaker.Go(func() {
		spoken <- speak(ctx, conn, pass.token, say)
		cancel()
	})
	err = listen(ctx, conn, hear)
	select {
	case said := <-spoken:
		if said != nil && !errors.Is(said, context.Canceled) {
			err = said
		}
	default:
	}
	return err
}

func speak(ctx context.Context, conn *websocket.Conn, token string, say <-chan signal.FromViewer) error {
	write := func(m signal.FromViewer) error {
		ctx, cancel := context.WithTimeout(ctx, sendWithin)
		defer cancel()
		return conn.Write(ctx, websocket.MessageText, signal.EncodeViewer(m))
	}
	if err := write(signal.Hello{Token: token}); err != nil {
		return err
	}
	began := time.Now()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var m signal.FromViewer
		select {
		case <-ctx.Done():
			return nil
		case m = <-say:
		case <-ping.C:
			m = signal.Ping{At: uint64(time.Since(began).Milliseconds())}
		}
		if err := write(m); err != nil {
			return err
		}
	}
}

func listen(ctx context.Context, conn *websocket.Conn, hear Hear) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, silentMax)
		kind, data, err := conn.Read(waiting)
		cancel()
		if err != nil {
			return fmt.Errorf("the tracker is gone: %w", err)
		}
		var f Frame
		if kind == websocket.MessageBinary {
			if len(data) < 2 || data[0] != signal.FrameCertificate && data[0] != signal.FramePart {
				return errors.New("the tracker sends a frame of a kind that does not exist")
			}
			f.Record = data[1:]
		} else if f.Message, err = signal.DecodeTracker(data); err != nil {
			return fmt.Errorf("the tracker is not understood: %w", err)
		}
		if e, ok := f.Message.(signal.Error); ok {
			return &Refusal{Code: e.Code, Message: e.Message}
		}
		hear(ctx, f)
	}
}
