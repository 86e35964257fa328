package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"shoal/server/api"
	"shoal/server/ingest/gate"
	"shoal/server/ingest/whip"
	"shoal/server/live"
)

// publishersDoor is the conductor as protocols ask it.
type publishersDoor struct{ live *live.Live }

var _ gate.Door = publishersDoor{}

// Admit says in the gate's words that nobody has the key.
func (d publishersDoor) Admit(ctx context.Context, r gate.Request) (gate.Admission, error) {
	p, err := d.live.Admit(ctx, live.Request{Key: r.Key, Name: r.Name, Takeover: r.Takeover, From: r.From.String(), Protocol: r.Protocol})
	if errors.Is(err, live.ErrRefused) {
		err = wrongKey{err}
	}
	return gate.Admission{Channel: string(p.Name), Sink: p.Sink, Leave: p.Leave, Cut: p.Cut, Lost: p.Lost, LeftOut: p.LeftOut, RungOut: p.RungOut, Text: p.Text}, err
}

// wrongKey is a gate.ErrKey with the conductor's reason.
type wrongKey struct{ error }

// Is is of errors.Is.
func (wrongKey) Is(kind error) bool { return kind == gate.ErrKey }

// openWHIP opens the port for publishers who use WebRTC, or returns nil if the settings leave it out.
func (s *Settings) openWHIP(door gate.Door, h *house) (*whip.Server, error) {
	if s.WHIP == turnOff {
		return nil, nil
	}
	opened, err := whip.Open(whip.Config{
		Listen: s.WHIP, Public: s.publicIPs(), Door: door, Visitors: h.visitors, Meter: h.metrics, Log: h.log,
	})
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return nil, explainListen("whip", s.WHIP, err)
	}
	if err != nil {
		return nil, fmt.Errorf("WebRTC publishing cannot start (--whip): %w", err)
	}
	return opened, nil
}

var _ api.STUN = relayDoor{}
