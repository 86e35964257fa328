package api

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/origin"
)

// Lobby is where connections wait without a goroutine each.
type Lobby interface {
	// Wait takes conn over. All who wait with an equal key are given what ask returns once; nil sends them away. read was read
	// of the next request; left is called when conn waits no more.
	Wait(key any, conn net.Conn, read []byte, ask func(context.Context) []byte, left func())
}

type connKey struct{}

// Connected lets doors know which connection requests come on: it is for http.Server.ConnContext.
func Connected(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// join has an answer's header go out together with what follows, if the connection can.
func join(r *http.Request) {
	if c, can := r.Context().Value(connKey{}).(interface{ More() }); can {
		c.More()
	}
}

// awaited is what requests have in common that get the same answer.
type awaited struct {
	name   id.Name
	track  segment.Track
	reload origin.Reload
	gzip   bool
}

// waits has a blocking reload wait in the lobby if what it asks for is not there yet. It returns false if the request is still to be
// answered here.
func (a *API) waits(w http.ResponseWriter, r *http.Request, name id.Name, track segment.Track, reload origin.Reload) bool {
	if a.rooms.Lobby == nil || a.config.AccessLog || !reload.Blocking || !plain(r) || !a.rooms.Origin.Waits(name, track, reload) {
		return false
	}
	from := clientOf(r)
	if problem := a.holds.take(from); problem != nil {
		a.refuse(w, r, problem)
		return true
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil { // a recorder in a test has no connection
		a.holds.release(from)
		return false
	}
	read, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // as much as there is
	header := w.Header()
	a.rooms.Lobby.Wait(awaited{name, track, reload, accepts(r, "gzip")}, conn, read, func(ctx context.Context) (answer []byte) {
		defer func() {
			if why := recover(); why != nil { // as the HTTP server does for whom it answers itself
				a.config.Log.Error("the server made a mistake: who waited is sent away", "route", r.Pattern, "why", why, "stack", string(debug.Stack()))
				answer = nil
			}
		}()
		text, err := a.rooms.Origin.Media(ctx, name, track, reload)
		if ctx.Err() != nil {
			return nil
		}
		p := &page{header: header, status: http.StatusOK}
		a.answerPlaylist(p, r.WithContext(ctx), text, err)
		return p.bytes(a.config.Now())
	}, func() { a.holds.release(from) })
	return true
}

// plain reports whether a request is as players send it: what follows on the connection is the next one.
func plain(r *http.Request) bool {
	return r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoAtLeast(1, 1) && r.ContentLength == 0 && !r.Close && r.Header.Get("Upgrade") == ""
}

// page is an answer that is written once and sent to many.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is of http.ResponseWriter.
func (p *page) Header() http.Header { return p.header }

// WriteHeader is of http.ResponseWriter.
func (p *page) WriteHeader(status int) { p.status = status }

// Write is of http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) { return p.body.Write(b) }

// bytes returns the answer as it goes over a connection.
func (p *page) bytes(now time.Time) []byte {
	p.header.Set("Content-Length", strconv.Itoa(p.body.Len()))
	p.header.Set("Date", now.UTC().Format(http.TimeFormat))
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(p.status) + " " + http.StatusText(p.status) + "\r\n")
	_ = p.header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	b.Write(p.body.Bytes())
	return b.Bytes()
}
