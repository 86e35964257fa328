package link

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"

	"shoal/id"
	"shoal/wire"
	"shoal/wire/signal"
)

// Why a link ended or could not send.
var (
	ErrFull      = errors.New("link: the other side does not read what it is sent")
	ErrNotOpen   = errors.New("link: not open")
	ErrSlow      = errors.New("link: it did not open in time")
	ErrLost      = errors.New("link: the path is lost")
	ErrForeign   = errors.New("link: the other side opened a channel that is not ours")
	ErrOversized = errors.New("link: a message above the limit, or one of text")
	ErrLeft      = errors.New("link: the other side closed it")
)

// Hearer hears of a link from the goroutines of its Run. Up comes at most once, and before the first Message.
type Hearer interface {
	// Signal asks to carry b to the link's peer by way of the tracker.
	Signal(ctx context.Context, l *Link, b signal.Body)
	Up(ctx context.Context, l *Link)
	// Message hands over one message. As long as it blocks, the other side is slowed down. data is the hearer's to keep.
	Message(ctx context.Context, l *Link, data []byte)
}

// Link is a connection to one peer.
type Link struct {
	Peer id.Peer
	// Dials says that this side makes the offer.
	Dials bool

	net     *Net
	hearer  Hearer
	signals chan signal.Body
	end     chan struct{}
	endOnce sync.Once
	channel atomic.Pointer[channel]
	flow    flow // of who asks what is Buffered
}

// channel is an open data channel: rtc counts, raw reads and writes.
type channel struct {
	rtc *webrtc.DataChannel
	raw datachannel.ReadWriteCloser
}

// Dial returns a link that will offer; Answer one that waits for an offer. Run brings them to life.
func (n *Net) Dial(peer id.Peer, h Hearer) *Link { return n.link(peer, h, true) }

// Answer returns a link that waits for the peer's offer.
func (n *Net) Answer(peer id.Peer, h Hearer) *Link { return n.link(peer, h, false) }

func (n *Net) link(peer id.Peer, h Hearer, dials bool) *Link {
	return &Link{
		Peer: peer, net: n, hearer: h, Dials: dials, signals: make(chan signal.Body, signalsMax), end: make(chan struct{}),
	}
}

// Hear takes in a signal of the peer. One that finds the queue full is lost, as on any network.
func (l *Link) Hear(b signal.Body) {
	select {
	case l.signals <- b:
	default:
	}
}

// End makes Run return. It does not wait.
func (l *Link) End() { l.endOnce.Do(func() { close(l.end) }) }

// Send queues one message. On an error the link is of no more use.
func (l *Link) Send(data []byte) error {
	c := l.channel.Load()
	if c == nil {
		return ErrNotOpen
	}
	held := int(c.rtc.BufferedAmount())
	if held-min(c.window(), receiveMax)+len(data) > QueueMax { // what is under way is not yet late
		return ErrFull
	}
	_, err := c.raw.Write(data)
	return err
}

// Buffered returns how many bytes wait to be sent, here or in a queue on the way. Pion's own count goes on until the other side has
// acknowledged them, a round trip and more later. One goroutine asks.
func (l *Link) Buffered() int {
	c := l.channel.Load()
	if c == nil {
		return 0
	}
	stats, held := c.rtc.Transport().Stats(), int(c.rtc.BufferedAmount())
	if held <= windowLeast {
		held = 0
	}
	return l.flow.waits(time.Now(), held, int(stats.CongestionWindow), 1000*stats.SmoothedRoundTripTime)
}

// window is how many bytes may be under way.
func (c *channel) window() int { return int(c.rtc.Transport().Stats().CongestionWindow) }

// Run holds the link until ctx is done, End is called, or something ends it, and says what. When it returns, all is closed.
func (l *Link) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	pc, err := l.net.api.NewPeerConnection(l.net.config)
	if err != nil {
		cancel()
		return err
	}
	s := session{
		Link: l, pc: pc, opened: make(chan *channel, 1), broken: make(chan error, 1),
		candidates: make(chan webrtc.ICECandidateInit, signal.CandidatesMax),
	}
	var reader sync.WaitGroup
	defer reader.Wait()
	defer pc.GracefulClose() //nolint:errcheck // nothing is left to do about it
	defer cancel()           // first, so that a Message that blocks lets go
	s.listen()
	if l.Dials {
		if err := s.offer(ctx); err != nil {
			return err
		}
	}
	late := time.NewTimer(OpenWithin)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.end:
			return nil
		case err := <-s.broken:
			return err
		case <-late.C:
			return ErrSlow
		case b := <-l.signals:
			if err := s.heed(ctx, b); err != nil {
				return err
			}
		case c := <-s.candidates:
			l.hearer.Signal(ctx, l, candidate(c))
		case c := <-s.opened:
			late.Stop()
			l.channel.Store(c)
			l.hearer.Up(ctx, l)
			reader.Go(func() { s.fail(l.read(ctx, c.raw)) })
		}
	}
}

// read passes messages on until the channel ends.
func (l *Link) read(ctx context.Context, raw datachannel.ReadWriteCloser) error {
	buffer := make([]byte, wire.MessageMax)
	pace := rate.NewLimiter(paceMax, receiveMax)
	for {
		n, text, err := raw.ReadDataChannel(buffer)
		if text || errors.Is(err, io.ErrShortBuffer) {
			return ErrOversized
		}
		if err != nil {
			return ErrLeft
		}
		if err := pace.WaitN(ctx, n); err != nil {
			return err
		}
		l.hearer.Message(ctx, l, append(make([]byte, 0, n), buffer[:n]...))
	}
}
