package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/channel"
	"shoal/server/ingest"
	"shoal/server/ingest/rtmp"
	"shoal/server/ingest/whip"
	"shoal/server/live"
)

// rtmpDoor is the conductor as RTMP asks it.
type rtmpDoor struct{ live *live.Live }

var _ rtmp.Door = rtmpDoor{}

// Publish says in RTMP's words that nobody has the key.
func (d rtmpDoor) Publish(ctx context.Context, key string, from netip.Addr) (ingest.Sink, func(error), error) {
	sink, leave, err := d.live.Publish(ctx, key, from)
	if errors.Is(err, live.ErrRefused) {
		err = rtmp.ErrKey
	}
	return sink, leave, err
}

// whipDoor is the conductor as WHIP asks it, whose addresses name the channel as well.
type whipDoor struct {
	channels *channel.Registry
	live     *live.Live
}

var _ whip.Door = whipDoor{}

// Admit says in WHIP's words why the channel cannot be published to.
func (d whipDoor) Admit(ctx context.Context, r whip.Request) (whip.Admission, error) {
	_, name, known, err := d.channels.Admit(ctx, r.Key)
	if err != nil {
		return whip.Admission{}, err
	}
	if !known || name != id.Name(r.Name) {
		return whip.Admission{}, whip.ErrKey
	}
	sink, leave, err := d.live.Publish(ctx, r.Key, r.From)
	switch {
	case errors.Is(err, live.ErrRefused):
		err = whip.ErrKey
	case errors.Is(err, live.ErrBusy):
		err = fmt.Errorf("%w: %w", whip.ErrBusy, err)
	case errors.Is(err, live.ErrFull):
		err = fmt.Errorf("%w: %w", whip.ErrFull, err)
	}
	return whip.Admission{Sink: sink, Leave: leave}, err
}

// openWHIP opens the port for publishers who use WebRTC, or returns nil if the settings leave it out.
func (s *Settings) openWHIP(door whip.Door, h *house) (*whip.Server, error) {
	if s.WHIP == whipOff {
		return nil, nil
	}
	opened, err := whip.Open(whip.Config{Listen: s.WHIP, Public: s.publicIPs(), Door: door, Meter: h.metrics, Log: h.log})
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return nil, explainListen("whip", s.WHIP, err)
	}
	if err != nil {
		return nil, fmt.Errorf("WebRTC publishing cannot start (--whip): %w", err)
	}
	return opened, nil
}

// runWHIP runs it, or waits in its place if there is none.
func (h *house) runWHIP(ctx context.Context) error {
	if h.whip == nil {
		<-ctx.Done()
		return nil
	}
	return h.whip.Run(ctx)
}

var _ api.STUN = relayDoor{}
