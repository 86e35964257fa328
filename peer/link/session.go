package link

import (
	"context"
	"fmt"

	"github.com/pion/webrtc/v4"

	"shoal/wire"
	"shoal/wire/signal"
)

// session is one Run of a link. Pion's callbacks only put things into its channels, and never block.
type session struct {
	*Link
	pc         *webrtc.PeerConnection
	candidates chan webrtc.ICECandidateInit
	opened     chan *channel
	broken     chan error
	described  bool                      // the peer's description is in
	early      []webrtc.ICECandidateInit // candidates that came before it
	crossed    bool                      // they called, too, and gave it up for ours: what is early then is of that call
}

func (s *session) fail(err error) {
	select {
	case s.broken <- err:
	default: // another reason was first
	}
}

func (s *session) listen() {
	s.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		select {
		case s.candidates <- c.ToJSON():
		default: // more than the tracker would carry
		}
	})
	s.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateFailed:
			s.fail(ErrLost)
		case webrtc.PeerConnectionStateClosed:
			s.fail(ErrLeft)
		}
	})
	s.pc.OnDataChannel(func(d *webrtc.DataChannel) {
		if s.Dials || d.Label() != wire.Label || d.Protocol() != wire.Protocol || !d.Ordered() || d.MaxRetransmits() != nil ||
			d.MaxPacketLifeTime() != nil {
			s.fail(ErrForeign)
			return
		}
		s.await(d)
	})
}

// await hands the channel to Run once it is open.
func (s *session) await(d *webrtc.DataChannel) {
	d.OnOpen(func() {
		raw, err := d.Detach()
		if err != nil {
			s.fail(err)
			return
		}
		select {
		case s.opened <- &channel{d, raw}:
		default: // a second channel of the same name
			s.fail(ErrForeign)
		}
	})
}

func (s *session) offer(ctx context.Context) error {
	protocol := wire.Protocol
	d, err := s.pc.CreateDataChannel(wire.Label, &webrtc.DataChannelInit{Protocol: &protocol})
	if err != nil {
		return fmt.Errorf("link: no data channel: %w", err)
	}
	s.await(d)
	offer, err := s.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("link: no offer: %w", err)
	}
	if err := s.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("link: own offer: %w", err)
	}
	s.hearer.Signal(ctx, s.Link, signal.Body{Kind: signal.Offer, Data: offer.SDP})
	return nil
}

func (s *session) heed(ctx context.Context, b signal.Body) error {
	switch b.Kind {
	case signal.Offer:
		if s.Dials || s.described {
			s.crossed = !s.described
			return nil // not what was agreed: the channel, if it ever opens, is what counts
		}
		return s.answer(ctx, b.Data)
	case signal.Answer:
		if !s.Dials || s.described {
			return nil
		}
		if s.crossed {
			s.early = nil
		}
		return s.describe(webrtc.SDPTypeAnswer, b.Data)
	case signal.Candidate:
		line, mid := uint16(b.Line), b.Mid
		c := webrtc.ICECandidateInit{Candidate: b.Data, SDPMid: &mid, SDPMLineIndex: &line}
		switch {
		case s.described:
			s.consider(c)
		case len(s.early) < signal.CandidatesMax:
			s.early = append(s.early, c)
		}
	}
	return nil
}

func (s *session) answer(ctx context.Context, sdp string) error {
	if err := s.describe(webrtc.SDPTypeOffer, sdp); err != nil {
		return err
	}
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("link: no answer: %w", err)
	}
	if err := s.pc.SetLocalDescription(answer); err != nil {
		return fmt.Errorf("link: own answer: %w", err)
	}
	s.hearer.Signal(ctx, s.Link, signal.Body{Kind: signal.Answer, Data: answer.SDP})
	return nil
}

func (s *session) describe(kind webrtc.SDPType, sdp string) error {
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil {
		return fmt.Errorf("link: the peer's description: %w", err)
	}
	s.described = true
	for _, c := range s.early {
		s.consider(c)
	}
	s.early = nil
	return nil
}

// consider adds a candidate. A bad one is not the end of the link: others may do.
func (s *session) consider(c webrtc.ICECandidateInit) {
	if err := s.pc.AddICECandidate(c); err != nil {
		s.net.log.Debug("a candidate is of no use", "peer", s.Peer, "err", err)
	}
}

func candidate(c webrtc.ICECandidateInit) signal.Body {
	b := signal.Body{Kind: signal.Candidate, Data: c.Candidate}
	if c.SDPMid != nil {
		b.Mid = *c.SDPMid
	}
	if c.SDPMLineIndex != nil {
		b.Line = int(*c.SDPMLineIndex)
	}
	return b
}
