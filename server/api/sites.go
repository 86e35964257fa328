package api

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// joinPattern is the one change that pages of other sites may ask for.
const joinPattern = "POST /api/v1/channels/{name}/join"

// siteRoutes answers browsers that ask beforehand whether a page of another site may join.
func (a *API) siteRoutes(mux *http.ServeMux) {
	mux.HandleFunc("OPTIONS /api/v1/channels/{name}/join", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		a.visited(w, r)
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

// visited lets a page of an admitted site read the answer.
func (a *API) visited(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && a.admits(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}

// admits reports whether pages of an origin may play this server's channels as their own: its host matches one of
// Config.Sites. The tracker holds its WebSockets to the same patterns.
func (a *API) admits(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	for _, site := range a.config.Sites {
		if ok, err := path.Match(strings.ToLower(site), strings.ToLower(u.Host)); ok && err == nil {
			return true
		}
	}
	return false
}

// foreign answers what a page of another site asks to change: who is admitted may join, and nobody may do more.
func (a *API) foreign(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == joinPattern && a.admits(r.Header.Get("Origin")) {
			mux.ServeHTTP(w, r)
			return
		}
		answerProblem(w, r, errForeign)
	})
}
