package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"shoal/id"
	"shoal/server/tracker"
)

// Relay gives a viewer the means to reach others.
type Relay interface {
	// ICE returns the servers for a viewer who reached this server as host.
	ICE(channel id.Channel, peer id.Peer, host string) []ICEServer
}

// ICEServer is an RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

const (
	joinBodyMax = 1 << 10
	// joinWithin is how long a client may take to send the body.
	joinWithin = 10 * time.Second
)

func (a *API) joinRoutes(mux *http.ServeMux) {
	mux.HandleFunc(joinPattern, a.join)
}

// join gives a viewer a token for the tracker, which is where a session begins.
func (a *API) join(w http.ResponseWriter, r *http.Request) {
	a.visited(w, r)
	if !a.joins.allow(clientOf(r)) {
		answerProblem(w, r, errManyHere)
		return
	}
	if !a.mayWatch(w, r) {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(joinWithin)) // a recorder in a test has none
	mode, err := parseJoin(http.MaxBytesReader(w, r.Body, joinBodyMax))
	if err != nil {
		answerProblem(w, r, errMalformed)
		return
	}
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	token, peer, err := a.rooms.Tracker.Issue(c.ID, mode)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer := struct {
		Token        string      `json:"token"`
		Peer         string      `json:"peer"`
		Tracker      string      `json:"tracker"`
		ICE          []ICEServer `json:"ice,omitempty"`
		Channel      string      `json:"channel"`
		ServerTimeMS int64       `json:"serverTimeMs"`
	}{Token: token, Peer: peer.String(), Tracker: trackerPath, Channel: c.ID.String(), ServerTimeMS: a.config.Now().UnixMilli()}
	if mode == tracker.Share && a.rooms.Relay != nil {
		answer.ICE = a.rooms.Relay.ICE(c.ID, peer, (&url.URL{Host: r.Host}).Hostname())
	}
	writeJSON(w, http.StatusOK, answer)
}

func parseJoin(body io.Reader) (tracker.Mode, error) {
	var ask struct {
		Mode tracker.Mode `json:"mode"`
	}
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&ask); err != nil {
		return "", err
	}
	if decoder.More() || ask.Mode != tracker.Watch && ask.Mode != tracker.Share {
		return "", errors.New("mode is watch or share")
	}
	return ask.Mode, nil
}
