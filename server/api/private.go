package api

import (
	"errors"
	"net/http"
	"strings"

	"shoal/id"
	"shoal/server/rights"
)

// Rights says who may watch.
type Rights interface {
	// Private reports whether a channel is watched with a pass only.
	Private(name id.Name) bool
	// May returns why who holds pass may not watch the channel.
	May(name id.Name, pass string) error
}

// tokenKey is where addresses hold a pass: a header would make browsers ask beforehand for each part.
const tokenKey = "token"

// mayWatch reports whether r may have anything of the channel in its route, and answers it if not.
func (a *API) mayWatch(w http.ResponseWriter, r *http.Request) bool {
	name, err := id.ParseName(r.PathValue("name"))
	if err != nil || !a.private(name) {
		return true // the room behind says that there is no such channel
	}
	switch err := a.rooms.Rights.May(name, r.URL.Query().Get(tokenKey)); {
	case err == nil:
		return true
	case errors.Is(err, rights.ErrOver):
		answerProblem(w, r, errPassOver)
	default:
		answerProblem(w, r, errPrivate)
	}
	return false
}

// admitted reports whether r may know anything of a channel.
func (a *API) admitted(r *http.Request, name id.Name) bool {
	return !a.private(name) || a.rooms.Rights.May(name, r.URL.Query().Get(tokenKey)) == nil
}

// watched is a door that opens to those who may watch the channel in its route, also from pages of other sites.
func (a *API) watched(door http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.visited(w, r)
		if a.mayWatch(w, r) {
			door(w, r)
		}
	}
}

func (a *API) private(name id.Name) bool {
	return a.rooms.Rights != nil && a.rooms.Rights.Private(name)
}

// keeping returns how long an answer may be kept, and of a private channel only by who asked.
func (a *API) keeping(r *http.Request, cache string) string {
	if name, err := id.ParseName(r.PathValue("name")); err == nil && a.private(name) {
		return strings.Replace(cache, "public", "private", 1)
	}
	return cache
}
