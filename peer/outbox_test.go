package peer

import (
	"bytes"
	"testing"
	"time"

	"shoal/wire"
)

var (
	have  = []byte{wire.TypeHave, 1}
	echo  = []byte{wire.TypeEcho, 2}
	bye   = []byte{wire.TypeBye}
	probe = []byte{wire.TypeProbe, 3}
)

// joining is the outbox for a neighbour that takes several messages in one.
func joining() *outbox {
	o := new(outbox)
	o.heard(wire.Append(nil, wire.Hello{Version: wire.Version, Joins: true}))
	return o
}

func (o *outbox) expect(t *testing.T, now time.Time, m []byte, sent []byte) {
	t.Helper()
	if got := o.add(now, m); !bytes.Equal(got, sent) {
		t.Errorf("%x is followed by %x, want %x", m, got, sent)
	}
}

func TestWhoTakesOneIsSentOne(t *testing.T) {
	var o outbox
	o.expect(t, time.Now(), have, have)
	o.heard(wire.Append(nil, wire.Hello{Version: wire.Version, Echoes: true}))
	o.expect(t, time.Now(), have, have)
	if !o.empty() {
		t.Error("something waits")
	}
}

func TestOneTurnIsOneMessage(t *testing.T) {
	now, o := time.Now(), joining()
	o.expect(t, now, have, nil)
	if o.due(now) || o.due(now.Add(lingerFor-1)) || !o.due(now.Add(lingerFor)) {
		t.Error("HAVE waits otherwise")
	}
	o.expect(t, now, echo, nil)
	if o.due(now) || !o.due(now.Add(echoLingerFor)) {
		t.Error("ECHO waits otherwise")
	}
	o.expect(t, now, bye, nil)
	if !o.due(now) {
		t.Error("BYE waits")
	}
	if got, want := o.take(), wire.AppendJoined(nil, have, echo, bye); !bytes.Equal(got, want) {
		t.Errorf("sent is %x, want %x", got, want)
	}
	if o.take() != nil || o.due(now) {
		t.Error("something is left")
	}
	o.expect(t, now, bye, nil)
	if got := o.take(); !bytes.Equal(got, bye) {
		t.Errorf("one is sent as %x", got)
	}
}

func TestNothingFollowsAProbe(t *testing.T) {
	now, o := time.Now(), joining()
	o.expect(t, now, have, nil)
	o.expect(t, now, probe, nil)
	o.expect(t, now, bye, wire.AppendJoined(nil, have, probe))
	if got := o.take(); !bytes.Equal(got, bye) {
		t.Errorf("then goes %x", got)
	}
}

func TestJoinedFitsIntoAMessage(t *testing.T) {
	now, o := time.Now(), joining()
	piece := append([]byte{wire.TypePiece}, make([]byte, wire.MessageMax-1)...)
	o.expect(t, now, piece, nil)
	o.expect(t, now, bye, piece)
	for range wire.JoinedMost - 1 {
		o.expect(t, now, bye, nil)
	}
	got := o.add(now, bye)
	if m, err := wire.Split(got); err != nil || len(m) != wire.JoinedMost {
		t.Errorf("%d messages, %v", len(m), err)
	}
	half := piece[:wire.MessageMax/2]
	o.expect(t, now, half, nil)
	if got := o.add(now, half); len(got) == 0 || len(got) > wire.MessageMax {
		t.Errorf("a message of %d bytes", len(got))
	}
}
