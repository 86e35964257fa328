package api

import (
	"net/http"

	"shoal/id"
	"shoal/server/tracker"
)

// Tracker brings viewers together. Its ServeHTTP takes WebSockets, checks their Origin and their token.
type Tracker interface {
	http.Handler
	// Issue draws a peer and signs a token for it, good for one session of the channel.
	Issue(channel id.Channel, mode tracker.Mode) (token string, peer id.Peer, err error)
	// IssueRecorded is Issue for who plays a recording of the channel.
	IssueRecorded(channel id.Channel, epoch uint64, mode tracker.Mode) (token string, peer id.Peer, err error)
	// Viewers counts who watches a channel now.
	Viewers(channel id.Channel) int
}

const trackerPath = "/api/v1/tracker"

func (a *API) trackerRoutes(mux *http.ServeMux) {
	mux.Handle("GET "+trackerPath, a.rooms.Tracker)
}
