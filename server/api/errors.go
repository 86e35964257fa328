package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"shoal/server/record"
)

// problem is an answer that is not what was asked for. Code is for programs, Says for people: what is wrong, and what to do.
type problem struct {
	Status int
	Code   string
	Says   string
}

func (p *problem) Error() string { return p.Says }

var (
	errNoRoute     = &problem{http.StatusNotFound, "not_found", "There is nothing at this address. Check the link, or start at the list of channels."}
	errNoChannel   = &problem{http.StatusNotFound, "not_found", "There is no channel of this name here. Check the link, or ask whoever sent it."}
	errNoRecording = &problem{http.StatusNotFound, "not_found", "This recording is no longer kept, or never was. See what else the channel has."}
	errNoPoster    = &problem{http.StatusNotFound, "no_picture", "There is no picture of this yet, or there will be none. Go on without."}
	errNoClips     = &problem{http.StatusForbidden, "no_clips", "Clips are turned off here."}
	errClipRange   = &problem{http.StatusBadRequest, "clip_range", "There is nothing to clip there: choose a range within what is recorded, from_s before to_s."}
	errClipLength  = &problem{http.StatusBadRequest, "clip_length", fmt.Sprintf("A clip lasts from one second to %d. Choose a range of that length.", int(record.ClipMax.Seconds()))}
	errClipNothing = &problem{http.StatusNotFound, "not_recorded", "Nothing of this broadcast is recorded yet, or nothing will be. Try again in a few seconds; if it stays so, ask whoever runs the channel."}
	errClipsMany   = &problem{http.StatusTooManyRequests, "too_many_requests", fmt.Sprintf("One address may make %d clips a minute. Wait a minute.", clipsPerMinute)}
	errClipsFull   = &problem{http.StatusInsufficientStorage, "full", "There is no room for another clip now. The operator has to free some."}
	errNoDownload  = &problem{http.StatusForbidden, "no_download", "Downloads are turned off here."}
	errGrowing     = &problem{http.StatusNotFound, "still_live", "This recording is still being made: it can be downloaded as soon as its broadcast has ended. It can be watched meanwhile."}
	errLost        = &problem{http.StatusGone, "lost", "A piece of this recording is gone from the server's disk, so it cannot be downloaded whole. What is left can be watched. Tell whoever runs the server: its log names the file."}
	errNotOneFile  = &problem{http.StatusConflict, "not_one_file", "This recording cannot be one file: its picture or sound changed its form in between. It can be watched all the same."}
	errClipForm    = &problem{http.StatusBadRequest, "malformed", `Say as JSON what to clip: {"last_s":30} of what is live, or {"recording":7,"from_s":600,"to_s":640}; and "title", if you like.`}
	errJoinForm    = &problem{http.StatusBadRequest, "malformed", `Say as JSON how you watch: {"mode":"watch"} or {"mode":"share"}, and "recording" with its number if you play one.`}
	errBefore      = &problem{http.StatusBadRequest, "malformed", "Write the number of a recording behind before=."}
	errBeforeClip  = &problem{http.StatusBadRequest, "malformed", "Write the name of a clip behind before=: ten letters and digits, as in its link."}
	errNotLive     = &problem{http.StatusNotFound, "not_live", "This channel is not live now. Try again when the stream has started."}
	errGone        = &problem{http.StatusNotFound, "gone", "This piece of the stream is no longer kept, or never was. Load the playlist again."}
	errTooFarAhead = &problem{http.StatusBadRequest, "too_far_ahead", "The request waits for media too far in the future. Load the playlist without _HLS_msn first."}
	errNotYet      = &problem{http.StatusServiceUnavailable, "not_yet", "The stream has paused: what was asked for has not come. Try again in a second."}
	errMalformed   = &problem{http.StatusBadRequest, "malformed", "The request is not of the form that this address takes. See docs/protocol.md."}
	errManyHere    = &problem{http.StatusTooManyRequests, "too_many_requests", "Too many requests from this address. Wait a minute; an operator can raise the limit (docs/operating.md)."}
	errManyInAll   = &problem{http.StatusServiceUnavailable, "busy", "The server holds as many requests as it can. Try again in a second."}
	errForeign     = &problem{http.StatusForbidden, "cross_origin", "A page of another site may not do this. Open the channel on this server."}
	errPrivate     = &problem{http.StatusForbidden, "private", "This channel is private, and the link holds no pass to it, or a wrong one. Ask for a link whoever runs the channel."}
	errPassOver    = &problem{http.StatusForbidden, "pass_over", "The pass in this link is over. Ask for a new link whoever runs the channel."}
	errInternal    = &problem{http.StatusInternalServerError, "internal", "The server made a mistake. Try again; its log says more."}
	errNoPages     = &problem{http.StatusServiceUnavailable, "no_pages", "This program was built without its pages. Build it with: make build"}
)

// unrouted answers what no route of mux takes. If the address takes other methods it says which: the address is right then.
func unrouted(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var takes []string
		for _, method := range [...]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
			if _, route := mux.Handler(other); route != "/" && route != anyFile {
				takes = append(takes, method)
			}
		}
		if len(takes) == 0 {
			answerProblem(w, r, errNoRoute)
			return
		}
		w.Header().Set("Allow", strings.Join(takes, ", "))
		answerProblem(w, r, &problem{http.StatusMethodNotAllowed, "method", "This address does not take " + clip(r.Method) + ". It takes " + strings.Join(takes, ", ") + "."})
	}
}

// clip keeps a hostile word from filling an answer.
func clip(s string) string { return s[:min(len(s), 16)] }

// answerProblem writes p: a small page to those who asked for a page, JSON to all others.
func answerProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	if wantsPage(r) {
		writeProblemPage(w, r, p)
		return
	}
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	writeJSON(w, p.Status, map[string]body{"error": {p.Code, p.Says}})
}

// wantsPage reports whether a person waits for the answer: outside the API and HLS, but for a file to be taken
// away, with a browser.
func wantsPage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/api/") && (!strings.HasPrefix(r.URL.Path, "/hls/") || strings.HasSuffix(r.URL.Path, "/"+downloadFile)) &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil { // only values of this package are written: none of them can fail
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that has gone needs no answer
}
