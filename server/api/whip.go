package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shoal/server/ingest/whip"
)

// Publications takes what publishers send over WebRTC.
type Publications interface {
	Offer(ctx context.Context, o whip.Offer) (whip.Answer, error)
	Patch(session, key, version string, text []byte) (again []byte, next string, err error)
	End(session, key string) error
}

// STUN names the servers that publishers may learn their own address from.
type STUN interface {
	// STUN returns their addresses for one who reached this server as host.
	STUN(host string) []string
}

const (
	offerType  = "application/sdp"
	changeType = "application/trickle-ice-sdpfrag"
	// offersPerMinute bounds the offers of one network: a class of streamers may be behind one address, and each tries again.
	offersPerMinute = 60
	// offerWithin is how long a publisher may take to send a body.
	offerWithin = 10 * time.Second
)

var (
	errNoWHIP      = &problem{http.StatusNotFound, "not_found", "This server does not take publications over WebRTC: its operator turned them off (--whip)."}
	errTaken       = &problem{http.StatusConflict, "busy", "Somebody publishes to this channel already. Stop that one first, wait three seconds after its line broke, or take over with ?takeover=1."}
	errManyPublish = &problem{http.StatusServiceUnavailable, "full", "The server has as many publishers as it takes. Try again later."}
	errOfferForm   = &problem{http.StatusBadRequest, "malformed", "This is not an SDP offer, or not a change to one, as WHIP (RFC 9725) has them. Send what the encoder's WHIP output makes; docs/publishing.md says how to set it."}
	errOffer       = &problem{http.StatusUnsupportedMediaType, "media_type", "Send the SDP offer as application/sdp, and changes to it as application/trickle-ice-sdpfrag."}
	errNoSession   = &problem{http.StatusNotFound, "gone", "There is no such publication: it has ended. Begin a new one."}
	errNoMatch     = &problem{http.StatusPreconditionRequired, "version", "Say with If-Match which version of the session is changed, or * to begin its connection anew."}
	errVersion     = &problem{http.StatusPreconditionFailed, "version", "The session has changed since: use the ETag of its last answer."}
	errMethod      = &problem{http.StatusMethodNotAllowed, "method", "WHIP uses POST here, and PATCH and DELETE at the address that it answers."}
)

func (a *API) whipRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /whip/{name}", a.offer)
	mux.HandleFunc("PATCH /whip/{name}/{session}", a.patch)
	mux.HandleFunc("DELETE /whip/{name}/{session}", a.endSession)
	mux.HandleFunc("OPTIONS /whip/", a.whipOptions)
	mux.HandleFunc("/whip/", func(w http.ResponseWriter, r *http.Request) { // other methods are kept for later (RFC 9725)
		w.Header().Set("Allow", "OPTIONS, POST, PATCH, DELETE")
		answerProblem(w, r, errMethod)
	})
}

// openWhip sets what lets pages of other sites publish: a stream key is asked for, and no cookie.
func openWhip(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch")
}

func (a *API) whipOptions(w http.ResponseWriter, r *http.Request) {
	openWhip(w)
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "OPTIONS, POST, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Accept-Post", offerType)
	a.nameSTUN(w, r)
	w.WriteHeader(http.StatusNoContent)
}

// nameSTUN names servers for ICE (RFC 9725, section 4.6).
func (a *API) nameSTUN(w http.ResponseWriter, r *http.Request) {
	if a.rooms.STUN == nil {
		return
	}
	for _, at := range a.rooms.STUN.STUN((&url.URL{Host: r.Host}).Hostname()) {
		w.Header().Add("Link", "<"+at+`>; rel="ice-server"`)
	}
}

// bearer returns the token of a request, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// body reads a request's body of a type and with a bound.
func (a *API) body(w http.ResponseWriter, r *http.Request, want string, max int64) ([]byte, error) {
	if is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || is != want {
		return nil, errOffer
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(offerWithin)) // a recorder in a test has none
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max))
	if large := tooLarge(r, "The SDP", err); large != nil {
		return nil, large
	}
	if err != nil {
		return nil, errOfferForm
	}
	return text, nil
}

func (a *API) offer(w http.ResponseWriter, r *http.Request) {
	openWhip(w)
	if a.rooms.Publications == nil {
		answerProblem(w, r, errNoWHIP)
		return
	}
	if !a.offers.allow(clientOf(r)) {
		answerProblem(w, r, errManyHere)
		return
	}
	key := bearer(r)
	if key == "" {
		askForKey(w)
		answerProblem(w, r, errNeedsKey)
		return
	}
	text, err := a.body(w, r, offerType, whip.OfferMax)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	name := r.PathValue("name")
	answer, err := a.rooms.Publications.Offer(r.Context(), whip.Offer{
		Name: name, Key: key, Takeover: r.URL.Query().Get("takeover") == "1", From: clientOf(r), SDP: text,
	})
	if err != nil {
		a.refuseWhip(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Location", "/whip/"+url.PathEscape(name)+"/"+answer.Session)
	h.Set("ETag", answer.Version)
	h.Set("Accept-Patch", changeType)
	h.Set("Content-Type", offerType)
	h.Set("Cache-Control", "no-store")
	a.nameSTUN(w, r)
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(answer.SDP) // a publisher that has gone needs no answer
}

func (a *API) patch(w http.ResponseWriter, r *http.Request) {
	openWhip(w)
	if a.rooms.Publications == nil {
		answerProblem(w, r, errNoWHIP)
		return
	}
	match := r.Header.Get("If-Match")
	if match == "" {
		answerProblem(w, r, errNoMatch)
		return
	}
	text, err := a.body(w, r, changeType, whip.FragmentMax)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	again, version, err := a.rooms.Publications.Patch(r.PathValue("session"), bearer(r), match, text)
	if err != nil {
		a.refuseWhip(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if again == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("ETag", version)
	h.Set("Content-Type", changeType)
	_, _ = w.Write(again)
}

func (a *API) endSession(w http.ResponseWriter, r *http.Request) {
	openWhip(w)
	if a.rooms.Publications == nil {
		answerProblem(w, r, errNoWHIP)
		return
	}
	if err := a.rooms.Publications.End(r.PathValue("session"), bearer(r)); err != nil {
		a.refuseWhip(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

// refuseWhip answers with what the room said. What it says of an offer is written for publishers, and repeats nothing of it.
func (a *API) refuseWhip(w http.ResponseWriter, r *http.Request, err error) {
	var known *problem
	switch {
	case errors.Is(err, whip.ErrKey):
		askForKey(w)
		known = errWrongKey
	case errors.Is(err, whip.ErrBusy):
		known = errTaken
	case errors.Is(err, whip.ErrBlocked): // which is an ErrFull, too
		known = errManyKeys
	case errors.Is(err, whip.ErrFull):
		known = errManyPublish
	case errors.Is(err, whip.ErrGone):
		known = errNoSession
	case errors.Is(err, whip.ErrVersion):
		known = errVersion
	case errors.Is(err, whip.ErrMedia):
		known = &problem{http.StatusNotAcceptable, "media", sentence(err)}
	case errors.Is(err, whip.ErrMalformed):
		known = errOfferForm
		a.config.Log.Debug("an offer was refused", "reason", err)
	default:
		a.refuse(w, r, err)
		return
	}
	answerProblem(w, r, known)
}

// askForKey says how a stream key is shown.
func askForKey(w http.ResponseWriter) { w.Header().Set("WWW-Authenticate", `Bearer realm="shoal"`) }

// sentence writes an error as one.
func sentence(err error) string {
	text := fmt.Sprint(err)
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
