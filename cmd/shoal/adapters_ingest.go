package main

import (
	"context"
	"errors"

	"shoal/server/ingest/gate"
	"shoal/server/live"
)

// publishersDoor is the conductor as protocols ask it.
type publishersDoor struct{ live *live.Live }

var _ gate.Door = publishersDoor{}

// Admit says in the gate's words that nobody has the key.
func (d publishersDoor) Admit(ctx context.Context, r gate.Request) (gate.Admission, error) {
	p, err := d.live.Admit(ctx, live.Request{Key: r.Key, Name: r.Name, Takeover: r.Takeover, From: r.From.String(), Protocol: r.Protocol})
	if errors.Is(err, live.ErrRefused) {
		err = gate.ErrKey
	}
	return gate.Admission{Sink: p.Sink, Leave: p.Leave, Cut: p.Cut, Lost: p.Lost}, err
}
