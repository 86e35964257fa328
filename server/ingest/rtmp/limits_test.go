package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
)

func TestConnectionsOfOneAddress(t *testing.T) {
	var l limits
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range waitingMax {
		if err := l.enter(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.enter(a); !errors.Is(err, errWaiting) {
		t.Errorf("one too many: %v", err)
	}
	if err := l.enter(b); err != nil {
		t.Errorf("another address: %v", err)
	}
	l.admit(a)
	if err := l.enter(a); err != nil {
		t.Errorf("after one was admitted: %v", err)
	}
	l.leave(a, false)
	l.leave(b, true)
	for range waitingMax {
		l.leave(a, true)
	}
	if l.total != 0 || len(l.visitors) != 0 {
		t.Errorf("%d connections and %d addresses are left", l.total, len(l.visitors))
	}
}

func TestConnectionsInAll(t *testing.T) {
	var l limits
	for i := range connectionsMax {
		if err := l.enter(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.enter(netip.MustParseAddr("192.0.2.1")); !errors.Is(err, errFull) {
		t.Errorf("one too many: %v", err)
	}
}

func TestWrongKeysOfOneAddress(t *testing.T) {
	var l limits
	now := time.Now()
	a := netip.MustParseAddr("2001:db8::1")
	neighbour, other := netip.MustParseAddr("2001:db8::ffff:2"), netip.MustParseAddr("2001:db8:0:1::1")
	for i := range failuresMax {
		if err := l.blocked(a, now); err != nil {
			t.Fatalf("after %d wrong keys: %v", i, err)
		}
		l.failed(a, now.Add(time.Duration(i)*time.Second))
	}
	if l.blocked(a, now.Add(30*time.Second)) == nil || l.blocked(neighbour, now.Add(30*time.Second)) == nil {
		t.Error("ten wrong keys block nothing")
	}
	if err := l.blocked(other, now); err != nil {
		t.Errorf("another network: %v", err)
	}
	if err := l.blocked(a, now.Add(failuresIn)); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	for i := range visitorsMax + 50 {
		l.failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if n := len(l.visitors); n > visitorsMax {
		t.Errorf("%d addresses are remembered", n)
	}
}

func TestTooManyWrongKeys(t *testing.T) {
	d := newDoor()
	addr, book := run(t, d)
	for range failuresMax {
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
	if n := strings.Count(book.String(), "\n"); n != failuresMax+1 {
		t.Errorf("%d lines", n)
	}
}

// silent serves one end of a pipe in a bubble of fake time and returns how long the server bore the other end, which
// sends what says and no more.
func silent(t *testing.T, d Door, says func(net.Conn)) (lasted time.Duration, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		book := &logBook{}
		s := &Server{Door: d, Log: slog.New(slog.NewTextHandler(book, nil))}
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
			say(&message.Video{ChunkStreamID: 6, MessageStreamID: messageStream, Codec: message.CodecH264, Type: message.VideoTypeAU, AU: joinUnits([][]byte{idr})})
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
		if lasted, log := silent(t, d, enters(t, media)); lasted != most || !strings.Contains(log, "nothing useful came for 10s") {
			t.Errorf("a silent publisher lasted %v:\n%s", lasted, log)
		}
		if err := <-d.ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the door heard %v", err)
		}
	}
}
