package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"shoal/server/ingest/gate"
)

// wrongMax is how many wrong keys an address may send in a minute.
const wrongMax = 10

func TestTooManyWrongKeys(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	for range wrongMax {
		p := dial(t, addr, "wrong")
		if err := p.Initialize(t.Context()); err == nil {
			t.Fatal("a wrong key is taken")
		}
		p.Close()
	}
	p := dial(t, addr, rightKey)
	if err := p.Initialize(t.Context()); err == nil {
		t.Error("the right key is taken after too many wrong ones")
	}
	p.Close()
	waitFor(t, book, "10 wrong stream keys")
	if n := strings.Count(book.String(), "\n"); n != wrongMax+1 {
		t.Errorf("%d lines", n)
	}
}

// silent serves one end of a pipe in a bubble of fake time and returns how long the server bore the other end, which
// sends what says and no more.
func silent(t *testing.T, d gate.Door, says func(net.Conn)) (lasted time.Duration, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		book := &logBook{}
		s := &Server{Door: d, Visitors: &gate.Visitors{}, Meter: gate.Unmetered{}, Log: slog.New(slog.NewTextHandler(book, nil))}
		start := time.Now()
		ended := make(chan struct{})
		go func() {
			s.serve(context.Background(), ours)
			lasted = time.Since(start)
			close(ended)
		}()
		says(theirs)
		<-ended
		log = book.String()
		_ = theirs.Close()
	})
	return lasted, log
}

// discard reads what the server says until it hangs up.
func discard(c net.Conn) { go func() { _, _ = io.Copy(io.Discard, c) }() }

// enters publishes with the right key, and sends one frame if media is set.
func enters(t *testing.T, media bool) func(net.Conn) {
	return func(c net.Conn) {
		count := bytecounter.NewReadWriter(c)
		if _, _, err := handshake.DoClient(count, false, false); err != nil {
			t.Error(err)
			return
		}
		discard(c)
		w := message.NewReadWriter(count, count, false)
		say := func(m message.Message) {
			if err := w.Write(m); err != nil {
				t.Error(err)
			}
		}
		say(&message.CommandAMF0{ChunkStreamID: 3, Name: "connect", CommandID: 1, Arguments: []any{amf0.Object{{Key: "app", Value: "live"}}}})
		say(&message.CommandAMF0{ChunkStreamID: 3, Name: "publish", CommandID: 5, Arguments: []any{nil, rightKey}})
		if media {
			say(&message.Video{ChunkStreamID: 6, MessageStreamID: messageStream, Codec: message.CodecH264, Type: message.VideoTypeAU, AU: []byte{0, 0, 0, 4, 0x65, 1, 2, 3}})
		}
		for range 20 { // what is neither picture nor sound keeps nobody alive
			time.Sleep(time.Second)
			_ = w.Write(&message.UserControlPingResponse{ServerTime: 1}) // fails when the server has hung up
		}
	}
}

func TestSilenceIsEnded(t *testing.T) {
	if d, log := silent(t, newDoor(), discard); d != handshakeMax || !strings.Contains(log, "nothing useful came for 5s") {
		t.Errorf("saying nothing lasted %v:\n%s", d, log)
	}
	slow := func(c net.Conn) {
		discard(c)
		for range 100 {
			if _, err := c.Write([]byte{3}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	if d, _ := silent(t, newDoor(), slow); d > handshakeMax {
		t.Errorf("a byte a second lasted %v", d)
	}
	for media, most := range map[bool]time.Duration{false: firstMediaMax, true: idleMax} {
		d := newDoor()
		if lasted, log := silent(t, d, enters(t, media)); lasted != most || strings.Contains(log, "WARN") { // the door says it

			t.Errorf("a silent publisher lasted %v:\n%s", lasted, log)
		}
		if err := <-d.ended; !errors.Is(err, os.ErrDeadlineExceeded) || err.Error() != "nothing useful came for 10s" {
			t.Errorf("the door heard %v", err)
		}
	}
}

// Whose place is taken away ends for that reason, and not because its connection was closed; the door alone says it.
func TestWhosePlaceIsTakenAway(t *testing.T) {
	d := newDoor()
	d.cut = make(chan struct{})
	addr, book := run(t, d)
	_, w := publisher(t, addr, h264Track())
	if err := w.WriteH264(w.Tracks[0], 0, 0, [][]byte{idr}); err != nil {
		t.Fatal(err)
	}
	close(d.cut)
	if err := <-d.ended; !errors.Is(err, gate.ErrCut) {
		t.Errorf("it ended with %v", err)
	}
	if text := book.String(); strings.Contains(text, "WARN") {
		t.Error(text)
	}
}
