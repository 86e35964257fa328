package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"shoal/id"
	"shoal/server/record"
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
	ask, err := parseJoin(http.MaxBytesReader(w, r.Body, joinBodyMax))
	if err != nil {
		answerProblem(w, r, cmp.Or(tooLarge(r, "What says how you watch", err), errJoinForm))
		return
	}
	c, err := a.named(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	token, peer, err := a.issue(c.ID, ask)
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
	if ask.Mode == tracker.Share && a.rooms.Relay != nil && !a.way(c.ID).serverOnly {
		answer.ICE = a.rooms.Relay.ICE(c.ID, peer, (&url.URL{Host: r.Host}).Hostname())
	}
	writeJSON(w, http.StatusOK, answer)
}

// asked is what a viewer who joins says.
type asked struct {
	Mode      tracker.Mode `json:"mode"`
	Recording uint64       `json:"recording"` // the epoch of the recording that is played; 0 is live
}

// issue signs a token: for a recording only if there is one.
func (a *API) issue(channel id.Channel, ask asked) (token string, peer id.Peer, err error) {
	if ask.Recording == 0 {
		return a.rooms.Tracker.Issue(channel, ask.Mode)
	}
	if a.rooms.Recordings == nil {
		return "", 0, errNoRecording
	}
	if _, err := a.rooms.Recordings.Find(record.Key{Channel: channel, Epoch: ask.Recording}); err != nil {
		return "", 0, err
	}
	return a.rooms.Tracker.IssueRecorded(channel, ask.Recording, ask.Mode)
}

func parseJoin(body io.Reader) (asked, error) {
	var ask asked
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&ask); err != nil {
		return asked{}, err
	}
	if decoder.More() || ask.Mode != tracker.Watch && ask.Mode != tracker.Share {
		return asked{}, errors.New("mode is watch or share")
	}
	return ask, nil
}
