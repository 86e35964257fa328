package main

import (
	"context"
	"errors"
	"net/netip"

	"shoal/server/ingest"
	"shoal/server/ingest/rtmp"
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
