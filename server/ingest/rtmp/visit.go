package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/server/ingest/gate"
)

// Why a visit ends. They are told apart from errors because nothing went wrong, or because the library's text might
// repeat the key.
var (
	errStopped   = errors.New("the publisher stopped")
	errHandshake = errors.New("its RTMP handshake or commands are not valid")
	errPlays     = errors.New("it wants to play a stream, but RTMP is for publishing here: watch in the browser")
)

// visit is one connection.
type visit struct {
	server    *Server
	conn      net.Conn
	from      netip.Addr
	log       *slog.Logger
	guard     *guard
	rtmp      *messages
	admitted  bool
	key       string // never logged: see redact
	takeover  bool
	languages []string // of the sounds, if the publisher said so with the key
}

// run takes the visit from the first byte to the last.
func (v *visit) run(ctx context.Context) {
	meter, protocol := v.server.Meter, v.server.protocol()
	defer func() {
		if p := recover(); p != nil { // of the protocol library, on bytes that nobody thought of
			meter.IngestFault(protocol)
			v.log.Error("connection ended by a fault of ours", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if err := v.greet(); err != nil {
		meter.PublisherRefused(protocol, gate.WhyForm)
		v.log.Warn("connection refused", "because", v.plain(err, handshakeMax))
		return
	}
	if err := v.server.Visitors.Blocked(v.from, time.Now()); err != nil {
		meter.PublisherRefused(protocol, gate.WhyLimit)
		if v.server.Visitors.Tell(v.from, time.Now()) {
			v.log.Warn("publisher refused", "because", err)
		}
		v.refuse(err)
		return
	}
	a, err := v.server.Door.Admit(ctx, gate.Request{Key: v.key, Takeover: v.takeover, From: v.from, Protocol: protocol})
	if err != nil {
		if errors.Is(err, gate.ErrKey) {
			v.server.Visitors.Failed(v.from, time.Now())
		}
		meter.PublisherRefused(protocol, gate.Why(err))
		v.log.Warn("publisher refused", "because", v.redact(err.Error()))
		v.refuse(err)
		return
	}
	v.server.Visitors.Admit(v.from)
	meter.PublisherAdmitted(protocol)
	v.admitted = true
	v.log = v.log.With("channel", a.Channel)
	v.guard.admit()
	a.Leave(v.stay(ctx, a))
}

// stay publishes until the end, and says why it was one: nil if the publisher stopped.
func (v *visit) stay(ctx context.Context, a gate.Admission) error {
	over := make(chan struct{})
	watched := make(chan struct{})
	cut := false
	go func() { // a silent publisher whose place is taken away must not hold its connection
		defer close(watched)
		select {
		case <-a.Cut:
			cut = true
			_ = v.conn.Close()
		case <-over:
		}
	}()
	err := v.publish(newPublication(a, v.languages, v.log))
	close(over)
	<-watched
	switch {
	case errors.Is(err, errStopped):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case cut: // and the connection is closed by us
		return gate.ErrCut
	}
	return gate.InWords(err, v.plain(err, idleMax))
}

// publish carries messages until the connection or the stream ends. It never returns nil.
func (v *visit) publish(p *publication) (err error) {
	defer func() {
		if r := recover(); r != nil { // done must be called all the same
			v.server.Meter.IngestFault(v.server.protocol())
			v.log.Error("publication ended by a fault of ours", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("a fault of ours: %v", r)
		}
	}()
	if err := v.started(); err != nil {
		return err
	}
	v.deadline(firstMediaMax)
	for {
		m, err := v.rtmp.Read()
		var fault *trackFault
		if errors.As(err, &fault) {
			p.misread(fault.track)
			continue
		}
		if err != nil {
			return err
		}
		if c, ok := m.(*message.CommandAMF0); ok && ends(c.Name) {
			return errStopped
		}
		media, err := p.take(m)
		if err != nil {
			return err
		}
		if media {
			v.deadline(idleMax)
		}
	}
}

func ends(command string) bool {
	return command == "deleteStream" || command == "closeStream" || command == "FCUnpublish"
}

func (v *visit) deadline(d time.Duration) {
	_ = v.conn.SetDeadline(time.Now().Add(d)) // fails on a closed connection only, which the next read tells
}

// plain says in the operator's words why a connection ended.
func (v *visit) plain(err error, wait time.Duration) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("nothing useful came for %v", wait)
	case isEOF(err):
		return "the other side closed the connection"
	}
	return v.redact(err.Error())
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// redact takes the key out of a text.
func (v *visit) redact(text string) string {
	if v.key == "" {
		return text
	}
	return strings.ReplaceAll(text, v.key, "(key)")
}
