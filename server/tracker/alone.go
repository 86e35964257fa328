package tracker

import (
	"github.com/coder/websocket"

	"shoal/coord"
	"shoal/id"
	"shoal/wire/signal"
)

// heed follows whether the channel's viewers may share. When they may not any more, all are told at once, and who shares is known to nobody from then on:
// neither introduced nor carried, by tracker and relay. When they may again, who joined to share and was left alone has to come again: it was given no
// servers to reach others by.
func (r *room) heed() {
	asked := r.tracker.config.Channels
	alone := asked != nil && !asked.Shares(r.channel)
	if alone == r.alone {
		return
	}
	r.alone = alone
	r.tell(signal.Sharing{Off: alone})
	for _, v := range r.members {
		switch {
		case v.mode != Share:
		case alone:
			r.isolate(v)
		default:
			v.end(websocket.StatusServiceRestart, "sharing", "Viewers may share again. Join again.")
		}
	}
}

// isolate has a viewer known to no other. It stays, and is sent what proves the parts, which peers may have brought it until now.
func (r *room) isolate(v *viewer) {
	r.wean(v, false)
	r.tracker.directory.remove(v.peer)
	r.links.Add(int64(-v.linked))
	v.linked, v.applied = 0, 0
	v.carried, v.strangers = map[id.Peer]*carried{}, nil
	r.step(coord.Left{Peer: v.peer})
}

// ofRecords reports whether a message only says which records its viewer wants.
func ofRecords(m signal.FromViewer) bool {
	switch m.(type) {
	case signal.Records, signal.Follow:
		return true
	}
	return false
}
