package api

import (
	"time"

	"shoal/id"
	"shoal/server/record"
)

// Ways knows what is offered of each channel. It does not wait.
type Ways interface {
	// Recorded reports whether the channel's recordings are listed.
	Recorded(channel id.Channel) bool
	// Clips reports whether viewers may make clips of it.
	Clips(channel id.Channel) bool
	// Download reports whether viewers may take its recordings and clips away.
	Download(channel id.Channel) bool
	// Rewind returns how far back its running broadcast may be played; 0 means not at all.
	Rewind(channel id.Channel) time.Duration
	// Latency returns how far behind live its viewers are, unless they ask for something else.
	Latency(channel id.Channel) time.Duration
	// Shares reports whether its viewers may share.
	Shares(channel id.Channel) bool
}

// wayOf is what is offered of one channel.
type wayOf struct {
	recorded, clips, download bool
	rewind, latency           time.Duration
	serverOnly                bool // nobody is asked to share
}

// way returns what is offered of a channel: as Rooms.Ways says, or as Config says of all.
func (a *API) way(channel id.Channel) wayOf {
	if w := a.rooms.Ways; w != nil {
		return wayOf{w.Recorded(channel), w.Clips(channel), w.Download(channel), w.Rewind(channel), w.Latency(channel), !w.Shares(channel)}
	}
	return wayOf{a.config.Record, a.config.Clips, a.config.Download, a.config.Rewind, a.config.Latency, false}
}

// planned returns what is kept of an epoch that runs: settings that were changed since it began are for the next one.
func (a *API) planned(channel id.Channel, epoch uint64) record.Keeping {
	if a.rooms.Recorder != nil {
		if k, ok := a.rooms.Recorder.Planned(channel, epoch); ok {
			return k
		}
	}
	way := a.way(channel)
	return record.Keeping{Keep: way.recorded, Rewind: way.rewind}
}
