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
	server   *Server
	conn     net.Conn
	from     netip.Addr
	log      *slog.Logger
	guard    *guard
	rtmp     *message.ReadWriter
	admitted bool
	key      string // never logged: see redact
}

// run takes the visit from the first byte to the last.
func (v *visit) run(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil { // of the protocol library, on bytes that nobody thought of
			v.log.Error("rtmp: connection ended by a fault of ours", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if err := v.greet(); err != nil {
		v.log.Warn("rtmp: connection refused", "reason", v.plain(err, handshakeMax))
		return
	}
	if err := v.server.limits.blocked(v.from, time.Now()); err != nil {
		if v.server.limits.tell(v.from, time.Now()) {
			v.log.Warn("rtmp: publisher refused", "reason", err)
		}
		v.refuse(err)
		return
	}
	sink, done, err := v.server.Door.Publish(ctx, v.key, v.from)
	if err != nil {
		if errors.Is(err, ErrKey) {
			v.server.limits.failed(v.from, time.Now())
		}
		v.log.Warn("rtmp: publisher refused", "reason", v.redact(err.Error()))
		v.refuse(err)
		return
	}
	v.server.limits.admit(v.from)
	v.admitted = true
	v.guard.admit()
	err = v.publish(newPublication(sink, v.log))
	switch {
	case errors.Is(err, errStopped):
		v.log.Info("rtmp: the publisher stopped")
		done(nil)
	case ctx.Err() != nil:
		done(ctx.Err())
	default:
		v.log.Warn("rtmp: publication ended", "reason", v.plain(err, idleMax))
		done(err)
	}
}

// publish carries messages until the connection or the stream ends. It never returns nil.
func (v *visit) publish(p *publication) (err error) {
	defer func() {
		if r := recover(); r != nil { // done must be called all the same
			v.log.Error("rtmp: publication ended by a fault of ours", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("a fault of ours: %v", r)
		}
	}()
	if err := v.started(); err != nil {
		return err
	}
	v.deadline(firstMediaMax)
	for {
		m, err := v.rtmp.Read()
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
