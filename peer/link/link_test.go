package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"shoal/wire"
	"shoal/wire/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// end is one side of a pair: signals go straight to the other side's link.
type end struct {
	link     *Link
	other    *end
	up       chan struct{}
	messages chan []byte
	done     chan error
}

func (e *end) Signal(_ context.Context, _ *Link, b signal.Body) { e.other.link.Hear(b) }
func (e *end) Up(context.Context, *Link)                        { close(e.up) }
func (e *end) Message(ctx context.Context, _ *Link, data []byte) {
	select {
	case e.messages <- data:
	case <-ctx.Done():
	}
}

// couple runs two links that call each other and returns when both are up.
func couple(t *testing.T, reach Reach) (a, b *end) {
	t.Helper()
	return coupled(t, Open(Config{Reach: reach, Log: quiet}))
}

func coupled(t *testing.T, net *Net) (a, b *end) {
	t.Helper()
	a = &end{up: make(chan struct{}), messages: make(chan []byte, 4), done: make(chan error, 1)}
	b = &end{up: make(chan struct{}), messages: make(chan []byte, 4), done: make(chan error, 1), other: a}
	a.other = b
	a.link, b.link = net.Dial(2, a), net.Answer(1, b)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, e := range []*end{a, b} {
		wg.Go(func() { e.done <- e.link.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); wg.Wait() })
	await(t, a.up)
	await(t, b.up)
	return a, b
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func TestMessagesArriveInOrder(t *testing.T) {
	a, b := couple(t, Loopback)
	var sent [][]byte
	for i := range 40 {
		data := bytes.Repeat([]byte{byte(i)}, 1+i*400)
		sent = append(sent, data)
	}
	sent = append(sent, make([]byte, wire.MessageMax))
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for _, data := range sent {
			for {
				err := a.link.Send(data)
				if errors.Is(err, ErrFull) {
					time.Sleep(time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
				}
				break
			}
		}
	})
	for i, want := range sent {
		if got := await(t, b.messages); !bytes.Equal(got, want) {
			t.Fatalf("message %d has %d bytes, want %d", i, len(got), len(want))
		}
	}
	if err := b.link.Send([]byte("back")); err != nil {
		t.Fatal(err)
	}
	if got := await(t, a.messages); string(got) != "back" {
		t.Fatalf("%q came back", got)
	}
}

// overheard is an end that tells what it has signalled.
type overheard struct {
	*end
	said chan signal.Kind
}

func (o overheard) Signal(ctx context.Context, l *Link, b signal.Body) {
	o.end.Signal(ctx, l, b)
	o.said <- b.Kind
}

// When both call, one gives its own call up and answers: what was heard of that call must not spoil the other.
func TestACallThatCrossedOursIsPassedOver(t *testing.T) {
	net := Open(Config{Reach: Loopback, Log: quiet})
	a := &end{up: make(chan struct{})}
	given := overheard{&end{other: a}, make(chan signal.Kind, signalsMax)}
	b := &end{up: make(chan struct{}), other: a}
	a.other = b
	a.link, given.link, b.link = net.Dial(2, a), net.Dial(1, given), net.Answer(1, b)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = given.link.Run(ctx) })
	for kind := await(t, given.said); kind != signal.Candidate; kind = await(t, given.said) {
	}
	given.link.End()
	wg.Go(func() { _ = a.link.Run(ctx) })
	wg.Go(func() { _ = b.link.Run(ctx) })
	await(t, a.up)
	await(t, b.up)
}

func TestEndIsNoticed(t *testing.T) {
	a, b := couple(t, Loopback)
	a.link.End()
	if err := await(t, a.done); err != nil {
		t.Errorf("the side that ends it: %v", err)
	}
	if err := await(t, b.done); err == nil {
		t.Error("the other side did not say that the link is over")
	}
}

// TestQueueIsBounded sends to somebody who does not read.
func TestQueueIsBounded(t *testing.T) {
	a, _ := couple(t, Loopback)
	data := make([]byte, wire.MessageMax)
	deadline := time.Now().Add(patience)
	for sent := 0; time.Now().Before(deadline); sent += len(data) {
		err := a.link.Send(data)
		if errors.Is(err, ErrFull) {
			if n := a.link.Buffered(); n > QueueMax {
				t.Errorf("%d bytes wait", n)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if sent > 64<<20 {
			t.Fatal("64 MiB were taken")
		}
	}
	t.Fatal("the queue never filled")
}

func TestOversizedEndsTheLink(t *testing.T) {
	a, b := couple(t, Loopback)
	if err := a.link.Send(make([]byte, wire.MessageMax+1)); err != nil {
		t.Fatal(err)
	}
	if err := await(t, b.done); !errors.Is(err, ErrOversized) {
		t.Errorf("%v, want ErrOversized", err)
	}
}

// stranger drives a bare peer connection against a link that answers.
func stranger(t *testing.T, label, protocol string) error {
	t.Helper()
	own := Open(Config{Reach: Loopback, Log: quiet})
	pc, err := own.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose() //nolint:errcheck // a test's end
	if _, err := pc.CreateDataChannel(label, &webrtc.DataChannelInit{Protocol: &protocol}); err != nil {
		t.Fatal(err)
	}
	e := &end{up: make(chan struct{}), messages: make(chan []byte, 4), done: make(chan error, 1)}
	e.link = own.Answer(1, toStranger{e, pc})
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			e.link.Hear(candidate(c.ToJSON()))
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	e.link.Hear(signal.Body{Kind: signal.Offer, Data: offer.SDP})
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return e.link.Run(ctx)
}

type toStranger struct {
	*end
	pc *webrtc.PeerConnection
}

func (s toStranger) Signal(_ context.Context, _ *Link, b signal.Body) {
	if b.Kind == signal.Answer {
		_ = s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: b.Data})
		return
	}
	_ = s.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: b.Data})
}

func TestForeignChannelEndsTheLink(t *testing.T) {
	for _, c := range [][2]string{{"chat", wire.Protocol}, {wire.Label, "shoal.peer.v9"}} {
		if err := stranger(t, c[0], c[1]); !errors.Is(err, ErrForeign) {
			t.Errorf("%v: %v, want ErrForeign", c, err)
		}
	}
}

func TestGarbageSignalsAreSurvived(t *testing.T) {
	n := Open(Config{Reach: Loopback, Log: quiet})
	for _, b := range []signal.Body{
		{Kind: signal.Offer}, {Kind: signal.Offer, Data: "v=0\r\n"}, {Kind: signal.Offer, Data: string(bytes.Repeat([]byte("a=x\r\n"), 1000))},
	} {
		e := &end{up: make(chan struct{}), messages: make(chan []byte), done: make(chan error, 1)}
		e.other = &end{link: n.Answer(9, nil)}
		e.link = n.Answer(1, e)
		for range 2 * signalsMax { // more than fit
			e.link.Hear(signal.Body{Kind: signal.Candidate, Data: "candidate:1 1 udp 1 host.example 9 typ host"})
			e.link.Hear(b)
		}
		time.AfterFunc(time.Second, e.link.End)
		if err := e.link.Run(context.Background()); err == nil && b.Data != "" {
			t.Logf("%.20q was ignored", b.Data)
		}
	}
}

// TestHostileCandidates names a canary on this machine to a link whose reach is the public internet.
func TestHostileCandidates(t *testing.T) {
	canary, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer canary.Close()
	port := canary.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	outside := Open(Config{Reach: Public, Log: quiet})
	e := &end{up: make(chan struct{}), messages: make(chan []byte), done: make(chan error, 1)}
	sink := Open(Config{Reach: Loopback, Log: quiet})
	pc, err := sink.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose() //nolint:errcheck // a test's end
	if _, err := pc.CreateDataChannel(wire.Label, nil); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	e.link = outside.Answer(1, toStranger{e, pc})
	e.link.Hear(signal.Body{Kind: signal.Offer, Data: offer.SDP})
	for i, host := range []string{"127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "64:ff9b::7f00:1", "2002:7f00:1::", "::1", "localhost"} {
		line := fmt.Sprintf("candidate:%d 1 udp 2130706431 %s %d typ host", i, host, port)
		e.link.Hear(signal.Body{Kind: signal.Candidate, Mid: "0", Data: line})
	}
	time.AfterFunc(2*time.Second, e.link.End)
	_ = e.link.Run(context.Background())
	canary.SetReadDeadline(time.Now()) //nolint:errcheck // the read says it too
	if n, from, err := canary.ReadFromUDP(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes came from %v", n, from)
	}
}
