package tracker

import (
	"time"

	"shoal/wire/signal"
)

// credible bounds a report by what the time since the last one allows.
func credible(r signal.Report, past time.Duration) signal.Report {
	ms := uint64(max(0, min(past, time.Hour)).Milliseconds())
	bound := func(n, perSecond uint64) uint64 { return min(n, perSecond*ms/1000) }
	return signal.Report{
		HTTPBytes:   bound(r.HTTPBytes, reportedBytesPerSecond),
		PeerBytes:   bound(r.PeerBytes, reportedBytesPerSecond),
		UploadBytes: bound(r.UploadBytes, reportedBytesPerSecond),
		Verified:    bound(r.Verified, reportedPiecesPerSecond),
		Refused:     bound(r.Refused, reportedPiecesPerSecond),
		Stalls:      bound(r.Stalls, reportedStallsPerSecond),
		StalledMS:   min(r.StalledMS, ms),
	}
}
