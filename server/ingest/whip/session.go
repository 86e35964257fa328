package whip

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"shoal/server/ingest/gate"
)

// Bounds on time.
const (
	// connectMax is how long a publisher may take to connect, and then to send its first picture or sound.
	connectMax = 15 * time.Second
	// idleMax is how long it may send neither.
	idleMax = 10 * time.Second
	// tickEvery is how often a session looks at what it waits for.
	tickEvery = 20 * time.Millisecond
	// gatherMax is how long our own side of a connection may take to be ready: it has one port and asks nobody.
	gatherMax = 5 * time.Second
)

// eventsMax bounds the packets that wait for a session's goroutine: when it is stuck for so long, packets are lost, as they
// would be on the way.
const eventsMax = 512

// Why a session ends.
var (
	errStopped = errors.New("the publisher stopped")
	errBroken  = errors.New("the connection broke")
	errConnect = fmt.Errorf("no connection came about within %v: can the server's UDP port be reached?", connectMax)
	errSilent  = fmt.Errorf("neither picture nor sound came for %v", idleMax)
)

// event is something that a connection's goroutines tell the session's.
type event struct {
	track  int
	packet *rtp.Packet
	report *rtcp.SenderReport // instead of a packet
}

// session is one publisher's connection, from its offer to its end.
type session struct {
	// set once
	server  *Server
	id      string
	key     [sha256.Size]byte
	offer   wish
	place   gate.Admission
	log     *slog.Logger
	began   time.Time
	peer    *webrtc.PeerConnection // set by open
	events  chan event
	ending  chan error    // why it must end; the first counts
	over    chan struct{} // closed when it has ended
	readers sync.WaitGroup

	mu      sync.Mutex // guards the rest
	version string
	ufrag   string // of the publisher
	closed  bool
	seen    [2]bool   // tracks that came
	sources [2]uint32 // their SSRCs, 0 before they came

	// owned by run
	orders [2]order
	stream *publication
	heard  time.Time // when media last came
}

func newSession(s *Server, w wish, o Offer, place gate.Admission, log *slog.Logger) *session {
	v := &session{
		server: s, id: secret(), version: `"` + secret()[:8] + `"`, key: sha256.Sum256([]byte(o.Key)), offer: w, ufrag: w.ufrag, place: place, log: log,
		began: time.Now(), events: make(chan event, eventsMax), ending: make(chan error, 1), over: make(chan struct{}),
		stream: newPublication(place.Sink, w, log),
	}
	v.orders = [2]order{{wait: pictureWait}, {wait: soundWait}}
	return v
}

// end asks the session to end.
func (v *session) end(why error) {
	select {
	case v.ending <- why:
	default: // it has a reason already
	}
}

func (v *session) stop() { v.end(errStopped) }

// open makes the connection, and returns the answer. The offer is a stranger's: should it make a library panic, only this session ends.
func (v *session) open() (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = v.server.fault(v.log, p)
		}
	}()
	if v.peer, err = v.server.connection(v.offer); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	v.peer.OnConnectionStateChange(func(now webrtc.PeerConnectionState) {
		switch now {
		case webrtc.PeerConnectionStateConnected:
			v.log.Debug("the connection came about")
		case webrtc.PeerConnectionStateClosed: // he hung up
			v.stop()
		case webrtc.PeerConnectionStateFailed:
			v.end(errBroken)
		}
	})
	v.peer.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { v.read(t, r) })
	text, err := v.agree(v.offer.text)
	return []byte(text), err
}

// agree answers an offer.
func (v *session) agree(offer string) (string, error) {
	if err := v.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: the offer cannot be used: %w", ErrMalformed, err)
	}
	answer, err := v.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: the offer cannot be answered: %w", ErrMalformed, err)
	}
	ready := webrtc.GatheringCompletePromise(v.peer)
	if err := v.peer.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: the offer cannot be answered: %w", ErrMalformed, err)
	}
	select {
	case <-ready:
	case <-time.After(gatherMax):
		return "", errors.New("our own side of the connection does not get ready")
	}
	return finished(v.peer.LocalDescription().SDP, v.offer.formats, v.server.candidates)
}

// patch takes the publisher's side of the connection, as Server.Patch says.
func (v *session) patch(f fragment, version string) (again []byte, next string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = v.server.fault(v.log, p)
			v.end(err)
		}
	}()
	v.mu.Lock()
	defer v.mu.Unlock()
	if version != Any && version != v.version {
		return nil, "", ErrVersion
	}
	if v.closed {
		return nil, "", ErrGone
	}
	if f.ufrag == v.ufrag { // candidates: publishers are answered where they ask from
		return nil, v.version, nil
	}
	if version != Any {
		return nil, "", ErrVersion
	}
	offer, err := v.offer.restarted(f)
	if err != nil {
		return nil, "", err
	}
	answer, err := v.agree(offer)
	if err != nil {
		return nil, "", err
	}
	if again, err = answerFragment(answer); err != nil {
		return nil, "", err
	}
	v.ufrag, v.version = f.ufrag, `"`+secret()[:8]+`"`
	v.log.Info("the connection begins anew")
	return again, v.version, nil
}

// run is the session's goroutine: it ends the session when it returns.
func (v *session) run(ctx context.Context) {
	defer close(v.over)
	err := v.conduct(ctx)
	v.close()
	switch {
	case errors.Is(err, errStopped):
		err = nil
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	v.place.Leave(err)
}

// close closes the connection and waits for its readers.
func (v *session) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	if v.peer == nil {
		return
	}
	if err := v.peer.Close(); err != nil {
		v.log.Debug("closing a connection", "err", err)
	}
	v.readers.Wait()
}

// conduct carries media until the session must end, and returns why.
func (v *session) conduct(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = v.server.fault(v.log, p)
		}
	}()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case why := <-v.ending:
			return why
		case <-v.place.Cut:
			return gate.ErrCut
		case e := <-v.events:
			if err := v.hear(e, time.Now()); err != nil {
				return err
			}
		case now := <-tick.C:
			if err := v.look(now); err != nil {
				return err
			}
		}
	}
}

// hear takes an event.
func (v *session) hear(e event, now time.Time) error {
	if e.report != nil {
		v.stream.times.report(e.track, e.report.RTPTime, ntp(e.report.NTPTime))
		return nil
	}
	if !v.orders[e.track].push(e.packet, now) {
		return nil
	}
	if len(e.packet.Payload) > 0 {
		v.heard = now
	}
	return v.drain(e.track, now)
}

// drain hands on what is in order.
func (v *session) drain(track int, now time.Time) error {
	for {
		packet, lost := v.orders[track].pop(now)
		if packet == nil {
			return nil
		}
		if lost > 0 && v.place.Lost != nil {
			v.place.Lost(lost)
		}
		if err := v.stream.take(track, packet, lost, now.Sub(v.began)); err != nil {
			return err
		}
	}
}

// look does what is due.
func (v *session) look(now time.Time) error {
	switch since := now.Sub(v.began); {
	case v.heard.IsZero() && since > connectMax:
		return errConnect
	case !v.heard.IsZero() && now.Sub(v.heard) > idleMax:
		return errSilent
	}
	for track := range v.orders {
		if err := v.drain(track, now); err != nil {
			return err
		}
	}
	at := now.Sub(v.began)
	if err := v.stream.tick(at); err != nil {
		return err
	}
	v.mu.Lock()
	source, here := v.sources[picture], v.seen[picture]
	v.mu.Unlock()
	if here && v.stream.wantsKey(at) {
		// It fails on a closed connection only, which its state tells.
		_ = v.peer.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: source}})
	}
	return nil
}

// ntp converts a time of RFC 5905 to one since 1900.
func ntp(t uint64) time.Duration {
	return time.Duration(t>>32)*time.Second + time.Duration((t&0xFFFFFFFF)*uint64(time.Second)>>32)
}
